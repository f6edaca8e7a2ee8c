"""Whole Qwen-VL models with random weights, asked in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from pictures import question, shown

from shotlog.describers.asking import Asker, Completion, ModelQuestion, Sampling
from shotlog.describers.local.asker import LocalAsker
from shotlog.describers.local.model import LocalModel, Place
from shotlog.errors import (
    DescribeInterruptedError,
    DescribeRefusedError,
    EndpointRefusedError,
)
from shotlog.testing.tiny_models import Family

pytestmark = pytest.mark.needs_torch

EXACT = Place("cpu", "float32", "")


@pytest.fixture
def asker(tiny_model: Path) -> Iterator[Asker]:
    made = LocalAsker(f"local:{tiny_model}", batch=4, dtype="float32")
    yield made
    made.close()


def ask_together(asker: Asker, questions: list[ModelQuestion]) -> list[Completion]:
    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(asker.ask, questions))


def test_a_clip_gets_the_same_words_alone_and_beside_others(asker: Asker) -> None:
    questions = [
        question(shown(2 + number, number, width=120 + 30 * number), max_tokens=8 + number)
        for number in range(5)
    ]
    questions.append(question(words="Sum it up.", max_tokens=6))
    alone = [asker.ask(each) for each in questions]
    assert ask_together(asker, questions) == alone
    assert len({each.text for each in alone}) >= 5


def test_every_frame_counts(asker: Asker) -> None:
    one, other = shown(4, 1), shown(4, 2)
    mixed = replace(one, jpegs=(*one.jpegs[:3], other.jpegs[3]))
    said = [asker.ask(question(each, max_tokens=24)).text for each in (one, mixed)]
    assert said[0] != said[1]


def test_tokens_are_counted_and_a_cut_answer_is_told(asker: Asker) -> None:
    texts = [asker.ask(question(shown(2, seed), max_tokens=5)) for seed in range(8)]
    for each in texts:
        assert each.prompt_tokens is not None
        assert each.prompt_tokens > 20
        assert each.completion_tokens is not None
        assert each.completion_tokens == 5 if each.cut else 1 <= each.completion_tokens <= 5
        assert len(each.text) <= each.completion_tokens - (0 if each.cut else 1)
        assert not each.schema_told


def test_a_seed_draws_the_same_words_again(asker: Asker) -> None:
    drawn = [
        question(shown(2), sampling=Sampling(temperature=1.5, top_p=0.95, seed=seed))
        for seed in (1, 1, 2)
    ]
    first, again, other = ask_together(asker, drawn)
    assert first.text == again.text != other.text


def test_a_penalty_on_repetition_spreads_the_letters(endless_model: Path) -> None:
    asker = LocalAsker(f"local:{endless_model}", dtype="float32")
    penalty = Sampling(frequency_penalty=20.0)
    plain = asker.ask(question(shown(3), max_tokens=54)).text
    spread = asker.ask(question(shown(3), max_tokens=54, sampling=penalty)).text
    asker.close()
    assert max(map(spread.count, spread)) <= 3 < max(map(plain.count, plain))


def test_the_models_own_marks_in_the_users_words_are_only_words(asker: Asker) -> None:
    words = "What does <|video_pad|><|im_end|> mean?"
    assert asker.ask(question(shown(2), words=words)).prompt_tokens


def test_a_place_for_every_token_that_the_model_makes_of_the_pictures(tiny_model: Path) -> None:
    model = LocalModel(tiny_model, EXACT)
    prepared = model.prepare(question(shown(5)))
    config = json.loads((tiny_model / "config.json").read_text())
    groups, rows, columns = prepared.grid
    assert groups == 3
    assert list(prepared.tokens).count(config["video_token_id"]) == groups * rows * columns // 4
    assert prepared.patches is not None
    assert len(prepared.patches) == groups * rows * columns


def test_only_qwen3_is_told_the_time_of_each_group_of_frames(tiny_model: Path) -> None:
    from transformers import AutoTokenizer

    prepared = LocalModel(tiny_model, EXACT).prepare(question(shown(4)))
    text = AutoTokenizer.from_pretrained(tiny_model).decode(prepared.tokens)
    told = "<0.2 seconds><|vision_start|>" in text and "<1.2 seconds><|vision_start|>" in text
    assert told == (tiny_model.name == "qwen3_vl")
    assert text.count("<|vision_start|>") == (2 if told else 1)


def test_pictures_are_made_smaller_where_the_context_is_full(tiny_model: Path) -> None:
    model = LocalModel(tiny_model, EXACT)
    prepared = model.prepare(question(shown(40, width=640, height=480)))
    assert 3000 < len(prepared.tokens) < 8192


def test_words_past_the_context_are_refused_with_both_numbers(asker: Asker) -> None:
    with pytest.raises(DescribeRefusedError, match="8192"):
        asker.ask(question(words="word " * 2000))


def test_a_frame_that_is_no_picture_is_refused_and_the_others_are_answered(asker: Asker) -> None:
    good = shown(2)
    broken = replace(good, jpegs=(good.jpegs[0], b"no JPEG"))
    with ThreadPoolExecutor(2) as pool:
        bad, fine = (pool.submit(asker.ask, question(each)) for each in (broken, good))
        with pytest.raises(DescribeRefusedError, match="Frame 2 of 2"):
            bad.result()
        assert fine.result().completion_tokens


def test_closing_ends_an_answer_under_way(tiny_model: Path) -> None:
    asker = LocalAsker(f"local:{tiny_model}", dtype="float32")
    asker.ask(question(max_tokens=1))
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(asker.ask, question(max_tokens=7000, words="Go on."))
        asker.close()
        with pytest.raises(DescribeInterruptedError):
            asking.result()
    asker.close()
    with pytest.raises(DescribeInterruptedError):
        asker.ask(question())


def test_an_identity_follows_the_files_not_the_folder(
    tiny_models: dict[Family, Path], tmp_path: Path
) -> None:
    first = tiny_models["qwen2_vl"]
    moved = tmp_path / first.name
    shutil.copytree(first, moved)
    here, there = LocalAsker(f"local:{first}"), LocalAsker(f"local:{moved}")
    assert here.identity() == there.identity()
    assert str(tmp_path) not in str(there.identity())
    (moved / "config.json").write_text((moved / "config.json").read_text() + " ")
    assert there.identity() != here.identity()
    for each in (here, there):
        each.close()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("config.json", '{"model_type": "bert"}', "it is a bert model"),
        ("config.json", "{", "config.json cannot be used"),
        ("model.safetensors", "nothing", "weights cannot be read"),
        ("tokenizer.json", "{}", "tokenizer cannot be read"),
    ],
)
def test_a_broken_checkpoint_is_told_with_what_is_wrong(
    tiny_models: dict[Family, Path], tmp_path: Path, file: str, text: str, said: str
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(tiny_models["qwen2_vl"], folder)
    (folder / file).write_text(text)
    asker = LocalAsker(f"local:{folder}")
    with pytest.raises(EndpointRefusedError, match=said):
        asker.ask(question())
    asker.close()


def test_weights_that_are_missing_are_not_made_up(
    tiny_models: dict[Family, Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "part"
    shutil.copytree(tiny_models["qwen2_vl"], folder)
    weights = load_file(folder / "model.safetensors")
    weights.pop("lm_head.weight")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(EndpointRefusedError, match="1 of its weights are missing"):
        LocalModel(folder, EXACT)


def test_a_model_that_is_nowhere_says_how_to_bring_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    asker = LocalAsker("local:Qwen/Qwen2.5-VL-3B-Instruct")
    with pytest.raises(EndpointRefusedError, match="HF_HOME"):
        asker.check()
    asker.close()


def test_a_look_says_what_would_run_where_without_loading_it(tiny_model: Path) -> None:
    asker = LocalAsker(f"local:{tiny_model}", device="cpu")
    found = asker.check()
    assert found.model == tiny_model.name
    assert found.address.startswith(f"{tiny_model.name} on cpu (")
    asker.close()
