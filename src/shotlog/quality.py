"""Whether a model's words on a clip can be trusted to be a description. Pure.

Each check errs on the side of letting a text pass: what is flagged is asked about again, which
costs, and a sound text must not be called doubtful.
"""

from __future__ import annotations

import re
import unicodedata
import zlib

from shotlog import languages
from shotlog.records import AnswerFlag, Signals

VERSION = "1"
"""Raised with every change of the checks: answers that passed others are other answers."""

REFUSAL_CHARACTERS = 200
"""Within so many characters of its start a refusal says so; later, somebody in the clip does."""

LONGEST_LOOP = 60
"""Words (or Chinese signs) in the longest phrase whose repetition is looked for."""
LOOP_TIMES = 8
"""A phrase so many times in a row is a loop; a chorus comes four or five times."""
SENTENCE_LOOP_TIMES = 5
"""The same for a phrase of at least :data:`SENTENCE_WORDS` words."""
SENTENCE_WORDS = 8
LOOP_WORDS = 24
"""Words that a loop takes up at least; "Go! Go! Go!" is sound."""
LOOP_SHARE = 0.4
"""Share of the whole text that a loop takes up at least."""
MOST_WORDS = 4000
"""Words looked at; the longest answer that servers give by default is shorter."""

SAME_SENTENCE_TIMES = 10
"""One sentence of four words or more so often, anywhere in the text, is repetition where it takes
up :data:`SAME_SENTENCE_SHARE` of it; a refrain in a song comes eight times."""
SAME_SENTENCE_SHARE = 0.4

PACKED_CHARACTERS = 600
"""A shorter text is not judged by how far it can be deflated."""
PACKED_SHARE = 0.12
"""Deflated size over size in UTF-8. Prose and songs lie above 0.3, lists of 80 alike lines at 0.15,
and text that goes on and on with small changes ("At 3 s he walks. At 4 s he walks.") at 0.1."""

SAME_SIGN_RUN = 100
"""One sign so often in a row, letters or not; lines in tables are shorter."""

NOTHING_SHARE = 0.9
"""Share of a clip that is black or frozen from which many clips may well be described alike."""

SAID_OFTEN = 8
"""Different clips that may share one description; fixed cameras in empty rooms reach a few."""

_MARKS = "\"'“”‘’«»「『*_#> \t\n"
_QUOTES = '"“”«「『'
_START = r"(?:^|[.!?]\s+)"
_NOT_ABLE = (
    r"(?:can(?:no|')t|can not|(?:am|'m) (?:not able|unable)|won't|will not"
    r"|(?:do not|don't) (?:see|have (?:access|the ability)))"
)
_DONE = (
    r"(?:describe|view|see|watch|analy[sz]e|process|identify|access|interpret|provide|generate"
    r"|discuss|display|open|play|continue|fulfill|complete|see any|to)"
)
_SHOWN = r"(?:video|image|picture|frame|clip|content|media|request|people|person|file|description)"
_REFUSALS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_START}(?:(?:sorry|unfortunately|(?:my )?apologies)\b[^.!?]{{0,30}}?)?\bI\b"
        rf"[^.!?]{{0,40}}?{_NOT_ABLE}\b[^.!?]{{0,30}}?"
        rf"\b(?:assist|comply|help (?:you )?with (?:that|this|your)"
        rf"|{_DONE}\b[^.!?]{{0,60}}?\b{_SHOWN}s?\b)",
        rf"{_START}(?:I(?:'m| am) sorry\W{{1,3}}(?:but )?)?I (?:do not|don't) see "
        rf"(?:any|an?|the) {_SHOWN}s?\b",
        rf"{_START}as an? (?:AI|artificial intelligence|(?:large )?language model|text-based)\b"
        rf"[^.!?]{{0,60}}\b(?:can(?:no|')t|can not|unable|not able|do not|don't)\b",
        rf"^(?:(?:sorry|it (?:seems|looks|appears)|there (?:is|was|are))\b[^.!?]{{0,20}}?)?"
        rf"\bno {_SHOWN}s?(?: (?:was|were|has been|have been|is|are))? "
        rf"(?:provided|attached|given|uploaded|included)\b",
        r"^(?:非常|很|十分|实在|真的)?(?:抱歉|对不起|不好意思|對不起)[^。！？]{0,20}"
        r"(?:无法|不能|没法|無法|不可以|没有办法)[^。！？]{0,12}"
        r"(?:描述|回答|提供|协助|帮助|帮你|帮您|处理|查看|观看|访问|分析|识别|满足|讨论|協助|處理)",
        r"^(?:作为|作為|我是)(?:一个|一個|一名)?(?:人工智能|AI|语言模型|大模型|語言模型)[^。！？]{0,30}"
        r"(?:无法|不能|没有|無法)",
        r"^我?(?:无法|不能)(?:描述|查看|观看|访问|分析|处理)(?:该|这个|这段|此|您|你)[^。！？]{0,8}"
        r"(?:视频|图片|图像|内容|请求)",
        r"^(?:大変)?(?:申し訳|すみません)[^。]{0,30}(?:できません|出来ません|できかねます)",
        r"^죄송[^.。]{0,40}(?:수 없습니다|수 없어요)",
        r"^(?:es )?tut mir leid\b[^.!?]{0,20}\bich (?:kann|darf)\b[^.!?]{0,60}\bnicht\b",
        r"^je (?:suis )?désolée?\b[^.!?]{0,20}\bje ne (?:peux|suis)\b",
        r"^lo siento\b[^.!?]{0,20}\bno puedo\b",
        r"^(?:извините|простите|к сожалению)\b[^.!?]{0,20}\bя не (?:могу|в состоянии)\b",
    )
)
_TOKEN = re.compile(r"[぀-ヿ㐀-鿿가-힣]|[^\W_぀-ヿ㐀-鿿가-힣]+")
_SENTENCE = re.compile(r"[^.!?。！？\n]+")
_SAME_SIGN = re.compile(rf"(\S)\1{{{SAME_SIGN_RUN - 1},}}")


def is_empty(text: str) -> bool:
    """Whether no letter, digit or sign of writing is in it."""
    return not any(unicodedata.category(letter)[0] in "LN" for letter in text)


def is_refusal(text: str) -> bool:
    """Whether the model says that it cannot or will not describe the clip.

    Only what it says in its own name at the start counts: words in quotation marks are the clip's.
    Knows English and Chinese, and the common phrase in Japanese, Korean, German, French, Spanish
    and Russian.
    """
    start = text.replace("’", "'").strip()
    if start[:1] in _QUOTES:
        return False
    start = start.lstrip(_MARKS)[:REFUSAL_CHARACTERS]
    return any(pattern.search(start) for pattern in _REFUSALS)


def repeats(text: str) -> bool:
    """Whether it says the same over and over, as a model does that has lost its way."""
    if _SAME_SIGN.search(text):
        return True
    words = [found.group().casefold() for found in _TOKEN.finditer(text)][:MOST_WORDS]
    return _loops(words) or _says_one_sentence(text, len(words)) or _packs_small(text)


def is_in_another_language(text: str, language: str | None) -> bool:
    """Whether it is surely not in the language asked for (:func:`shotlog.languages.is_in`)."""
    return language is not None and languages.is_in(text, language) is False


def shows_nothing(signals: Signals) -> bool:
    """Whether the clip is black or frozen, so that many such are rightly described alike."""
    longest = NOTHING_SHARE * signals.duration_seconds
    return max(signals.black_seconds, signals.frozen_seconds) >= longest


def normalized(text: str) -> str:
    """The words alone, in small letters: what makes two descriptions the same."""
    return " ".join(found.group().casefold() for found in _TOKEN.finditer(text))


def flags_of(text: str, *, cut: bool, language: str | None) -> tuple[AnswerFlag, ...]:
    """What is doubtful about a description that is neither empty nor a refusal."""
    found: dict[AnswerFlag, bool] = {
        "cut": cut,
        "repetition": repeats(text),
        "language": is_in_another_language(text, language),
    }
    return tuple(flag for flag, holds in found.items() if holds)


def _loops(words: list[str]) -> bool:
    """Whether a phrase of up to :data:`LONGEST_LOOP` words follows upon itself again and again."""
    for length in range(1, min(LONGEST_LOOP, len(words) // SENTENCE_LOOP_TIMES) + 1):
        times = SENTENCE_LOOP_TIMES if length >= SENTENCE_WORDS else LOOP_TIMES
        fewest = max(times * length, LOOP_WORDS, int(LOOP_SHARE * len(words)))
        run = length
        for place in range(length, len(words)):
            run = run + 1 if words[place] == words[place - length] else length
            if run >= fewest:
                return True
    return False


def _says_one_sentence(text: str, words: int) -> bool:
    counts: dict[str, int] = {}
    for sentence in _SENTENCE.findall(text):
        said = normalized(sentence)
        if said.count(" ") >= 3:
            counts[said] = counts.get(said, 0) + 1
    return any(
        times >= SAME_SENTENCE_TIMES
        and times * (said.count(" ") + 1) >= SAME_SENTENCE_SHARE * words
        for said, times in counts.items()
    )


def _packs_small(text: str) -> bool:
    data = text.encode("utf-8", "replace")
    return len(text) >= PACKED_CHARACTERS and len(zlib.compress(data)) < PACKED_SHARE * len(data)
