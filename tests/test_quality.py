"""What is no description of a clip, and what is one although it looks odd."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlog.fields import read_fields
from shotlog.quality import (
    flags_of,
    is_empty,
    is_in_another_language,
    is_refusal,
    normalized,
    repeats,
    shows_nothing,
)
from shotlog.records import Signals

PROSE = (
    "A woman in a red coat walks along a wet pavement at night. Neon signs are reflected in the "
    "puddles, and a tram passes from left to right behind her. She stops at a crossing, looks at "
    "her phone, and puts it back into her pocket. When the light turns green, she crosses the "
    "street together with two men who carry a ladder. The camera follows her from behind, at "
    "walking pace, and comes to rest when she enters a small shop. In the window hang strings of "
    "paper lanterns, and a cat sleeps between two stacks of books. Somebody inside waves to her."
)

LIST = "\n".join(
    f"- {color} {thing}, {place}"
    for color, thing, place in (
        ("A red", "forklift", "to the left of the gate"),
        ("A blue", "barrel", "on a pallet"),
        ("A yellow", "helmet", "on the head of the man who speaks"),
        ("A white", "van", "parked with open doors"),
        ("A green", "sign", "above the emergency exit"),
        ("A grey", "door", "half closed"),
        ("A black", "cable", "across the floor, taped down"),
        ("A brown", "box", "carried by two people"),
        ("An orange", "cone", "next to a spill of oil"),
        ("A silver", "ladder", "leaning against the wall"),
    )
)

SONG = """A singer stands alone on a dark stage and sings:
Row, row, row your boat, gently down the stream,
Merrily, merrily, merrily, merrily, life is but a dream.
Row, row, row your boat, gently down the creek,
If you see a little mouse, don't forget to squeak.
Row, row, row your boat, gently to the shore,
If you see a lion there, don't forget to roar.
Merrily, merrily, merrily, merrily, life is but a dream.
Na na na na, na na na na, hey hey hey, goodbye."""

SUBTITLES = (
    "The subtitles read: - Go! Go! Go! - Where are you? - Here. - No. - Yes. - No. - Yes. "
    "- I'm sorry, I can't do this any more. - Stay with me. Stay with me, please. Stay. "
    "- They are coming. - How many? - Ten, twenty, I can't see. - Run! Run! Run! Run!"
)

NUMBERS = "The counter on the screen runs down: " + ", ".join(str(n) for n in range(60, 0, -1))

CHINESE = (
    "画面中，一名身穿蓝色工作服的工人站在仓库里，正在操作一台黄色的叉车。背景中可以看到整齐堆放的纸箱和"
    "金属货架。随后，另一名工人走进画面，两人交谈了几句，并一起检查货物上的标签。墙上的电子屏显示时间为"
    "下午三点二十五分。镜头从左向右缓慢移动，最后停在敞开的大门上，门外停着一辆白色的货车。"
)

REFRAIN = (
    "We will, we will rock you. " * 4
    + "Buddy, you're a boy, make a big noise, playing in the street. "
    + "We will, we will rock you. " * 4
)

COUNTED = (
    "A drill sergeant counts: "
    + "one, two, three, four, " * 6
    + "while soldiers march over a gravel yard in step, rifles on their shoulders; at the command "
    "to halt they stop and turn to the left."
)

TABLE = "| person | coat | place |\n|---|---|---|\n" + "\n".join(
    f"| {('man', 'woman', 'child')[n % 3]} {n} | {('red', 'blue', 'green', 'white')[n % 4]} "
    f"| {('left', 'right', 'centre', 'far back', 'at the door')[n % 5]} |"
    for n in range(60)
)

LEADERS = "A table of contents: Introduction " + "." * 60 + " 5"

SOUND = (
    REFRAIN,
    COUNTED,
    TABLE,
    LEADERS,
    PROSE,
    LIST,
    SONG,
    SUBTITLES,
    NUMBERS,
    CHINESE,
    PROSE + "\n\n" + LIST + "\n\n" + SONG,
)


@pytest.mark.parametrize("text", SOUND, ids=lambda text: text[:20])
def test_sound_answers_pass(text: str) -> None:
    assert not is_empty(text)
    assert not is_refusal(text)
    assert flags_of(text, cut=False, language=None) == ()


@pytest.mark.parametrize("text", ["", " \n", "...", "-- ", "`", "。"])
def test_signs_without_a_word_are_empty(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize("text", ["5", "犬", "A dog."])
def test_few_words_are_words(text: str) -> None:
    assert not is_empty(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't assist with that request.",
        "I’m sorry, I can’t help with this.",
        "Sorry, but I cannot describe the people in this video.",
        "Sorry, I can't assist with that.",
        "I apologize, but I am unable to view or analyze videos.",
        "I am sorry. I cannot provide a description of the content of this video.",
        "Unfortunately, I'm not able to see the frames you mention.",
        "I cannot identify the person in the image.",
        "I don't have the ability to watch video clips.",
        "I'm sorry, but I don't see any video attached. Could you upload it again?",
        "As an AI language model, I cannot view videos directly.",
        "No video was provided. Please share the video so that I can describe it.",
        "It looks like no image was attached to your message.",
        "**I'm unable to fulfill this request.**",
        "I won't describe this content.",
        "抱歉，我无法描述该视频的内容。",
        "很抱歉，我不能协助处理这个请求。",
        "对不起，我不能提供帮助。",
        "作为一个人工智能语言模型，我无法观看视频。",
        "我无法查看这段视频，请提供更多信息。",
        "申し訳ありませんが、そのご要望にはお応えできません。",
        "죄송하지만 그 요청은 도와드릴 수 없습니다.",
        "Es tut mir leid, aber ich kann dieses Video leider nicht beschreiben.",
        "Je suis désolé, mais je ne peux pas décrire cette vidéo.",
        "Lo siento, pero no puedo ayudar con esa solicitud.",
        "Извините, но я не могу описать это видео.",
    ],
)
def test_a_refusal_is_known(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "\"I'm sorry, I can't watch this video,\" says the woman and turns away.",
        "“I'm sorry, I can't show you the picture,” says the guard.",
        "A man says he is sorry that he cannot help with the request of a woman at a counter.",
        "A woman shakes her head. A caption reads: Sorry, we cannot process your request.",
        "The screen shows an error: no image is attached. A technician restarts the camera.",
        "A robot holds a sign that says it cannot see the video on the wall.",
        "I see a dog that can't open the door of a kitchen.",
        "No people are visible in the clip. A road lies in fog.",
        "No image is shown; the screen stays black for most of the time.",
        "一名男子说：“对不起，我不能帮助你。”随后他离开房间。",
        "屏幕上显示无法访问该内容的提示，一名女子关上电脑。",
        f"{PROSE} I'm sorry, I can't assist with that video, says a voice.",
    ],
)
def test_who_cannot_do_something_in_the_clip_refuses_nothing(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "the " * 40,
        "A man walks. " * 12,
        f"{PROSE[:120]} " + "The man is walking on the street and looks at the camera. " * 6,
        "The scene shows a street, a street, " + "a street, " * 40,
        "他走了。" * 20,
        "画面显示一个人，" * 15,
        "!" * 120,
        " ".join(f"At {second} s, the man is still standing there." for second in range(40)),
        f"{PROSE} " + ", ".join(["a car and a tree and a house"] * 40),
        "\n".join(
            f"{n}. The person holds the phone and looks at the screen." for n in range(1, 25)
        ),
    ],
    ids=lambda text: text[:30],
)
def test_the_same_over_and_over_is_repetition(text: str) -> None:
    assert repeats(text)


GERMAN = "Eine Frau mit rotem Mantel geht auf der Straße, und ein Hund läuft neben ihr her."
FRENCH = "Une femme avec un manteau rouge marche dans la rue, et un chien court sur le trottoir."
SPANISH = "Una mujer con un abrigo rojo camina por la calle y un perro está al lado de ella."
RUSSIAN = "Женщина в красном пальто идёт по улице, рядом бежит собака."
JAPANESE = "赤いコートを着た女性が通りを歩いていて、犬がそばを走っています。"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "zh"),
        (PROSE, "de"),
        (PROSE, "ru"),
        (CHINESE, "en"),
        (CHINESE, "ja"),
        (JAPANESE, "zh-CN"),
        (GERMAN, "en"),
        (FRENCH, "German"),
        (SPANISH, "fr"),
        (RUSSIAN, "en"),
    ],
)
def test_another_language_is_known(text: str, language: str) -> None:
    assert is_in_another_language(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "en"),
        (LIST, "en"),
        (SONG, "en-US"),
        (CHINESE, "zh"),
        (JAPANESE, "ja"),
        (GERMAN, "de"),
        (FRENCH, "fr"),
        (SPANISH, "es"),
        (RUSSIAN, "ru"),
        ("A road.", "zh"),
        (PROSE, "tlh"),
        (PROSE, None),
        ('A sign above the door reads "出口在右边，请勿停车，谢谢您的配合，祝您愉快".', "en"),
        (
            "一个人走过一家写着“Starbucks Coffee and the best donuts in town”的店，然后上车离开。",
            "zh",
        ),
        ("Stand-up comedy, New York, USA: Jerry Seinfeld, Madison Square Garden.", "de"),
    ],
)
def test_the_right_language_and_what_cannot_be_told_pass(text: str, language: str | None) -> None:
    assert not is_in_another_language(text, language)


def test_what_was_cut_is_flagged() -> None:
    assert flags_of(PROSE[:-20], cut=True, language="en") == ("cut",)


def test_a_text_may_have_more_than_one_flag() -> None:
    assert flags_of("The man walks. " * 30, cut=True, language="zh") == (
        "cut",
        "repetition",
        "language",
    )


def test_the_same_words_are_the_same_however_they_are_set() -> None:
    assert normalized("An empty  road, at night.") == normalized("an empty road at NIGHT")
    assert normalized("An empty road.") != normalized("An empty street.")


@pytest.mark.parametrize(
    ("black", "frozen", "nothing"), [(0.0, 0.0, False), (14.0, 0.0, True), (0.0, 15.0, True)]
)
def test_black_and_frozen_clips_show_nothing(black: float, frozen: float, nothing: bool) -> None:
    signals = Signals(
        duration_seconds=15.0,
        shot_count=1,
        brightness=0.5,
        contrast=0.2,
        sharpness=0.005,
        motion=0.05,
        motion_peak=0.1,
        still_seconds=2.0,
        frozen_seconds=0.0,
        black_seconds=0.0,
        colors=(),
        has_audio=True,
        loudness_db=-23.0,
        silent_seconds=0.0,
        portrait=False,
    )
    assert shows_nothing(replace(signals, black_seconds=black, frozen_seconds=frozen)) is nothing


@given(st.text(st.sampled_from("aA .,!?\"'{}[]:$\\\n一。，あ가д0-*|"), max_size=400))
def test_no_text_is_too_odd_to_be_looked_at(text: str) -> None:
    assert isinstance(is_refusal(text), bool)
    assert flags_of(text, cut=False, language="en") is not None
    assert read_fields(text).fields is None
