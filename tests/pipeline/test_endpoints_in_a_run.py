"""Whole runs against every kind of model server: the form found out, and remembered."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from running import PATIENCE_SECONDS, count, results, shotlog, small_video, start

import shotlog as library
from shotlog.testing.endpoint import Endpoint
from shotlog.testing.flavours import FakeForm, FakeName

QWEN = "Qwen/Qwen2.5-VL-7B-Instruct"
KEY = "sk-very-secret-key-0123456789"

FORMS: dict[FakeName, FakeForm] = {
    "openai": "images",
    "vllm": "frames",
    "vllm-old": "clip",
    "sglang": "clip",
    "ollama": "images",
    "llama.cpp": "images",
    "lm-studio": "images",
    "dashscope": "list",
    "pai-eas-vllm": "frames",
    "pai-eas-sglang": "clip",
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("film") / "film.mp4", 4.0)


@pytest.mark.parametrize("flavour", sorted(FORMS))
def test_a_video_is_described_and_a_second_run_finds_nothing_out_anew(
    flavour: FakeName, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOTLOG_ACCESS_KEY", KEY)
    folder = tmp_path / "log"
    with Endpoint(models=(QWEN,), flavour=flavour, key=KEY) as endpoint:
        url = endpoint.url
        report = library.run(dir=film.parent, output=folder, public_endpoint=url)
        first = [each.question for each in endpoint.requests]
        again = library.run(dir=film.parent, output=folder, redo="describe", public_endpoint=url)
        later = [each.question for each in endpoint.requests][len(first) :]
    assert (report.exit_code, again.exit_code) == (0, 0)
    assert [each.form for each in later if each] == [FORMS[flavour]]
    assert {each.form for each in first if each} == {FORMS[flavour]}
    assert results(folder)["film.mp4"]["segments"][0]["description"]
    assert count(folder, "SELECT count(*) FROM endpoints") == 1
    assert not holds(folder, KEY)


def test_a_server_that_is_not_there_yet_is_told_at_once_and_asked_again(
    film: Path, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"http://127.0.0.1:{port}/v1"
        words = ["run", "--dir", film.parent, "--output", tmp_path / "log", "--endpoint", url]
        with start(*words) as process:
            assert process.stdout is not None
            told = next(line for line in process.stdout if line.startswith("Note: "))
            taken.close()
            with Endpoint(port=port) as endpoint:
                process.communicate(timeout=PATIENCE_SECONDS)
                assert endpoint.answered
    assert "cannot be reached. Check that it runs" in told
    assert "asked again" in told
    assert process.returncode == 0


def holds(folder: Path, secret: str) -> bool:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return any(secret.encode() in path.read_bytes() for path in files)


def test_a_name_from_the_settings_stands_for_all_its_addresses(film: Path, tmp_path: Path) -> None:
    with Endpoint(models=(QWEN,)) as one, Endpoint(models=(QWEN,)) as other:
        (tmp_path / "config.ini").write_text(f"[Endpoints]\nlab = {one.url} {other.url}\n")
        library.run(
            dir=film.parent, output=tmp_path / "log", public_endpoint="lab", segment_length=1
        )
    assert one.answered + other.answered == 4


def test_one_address_that_refuses_the_key_does_not_end_a_run_that_another_answers(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOTLOG_ACCESS_KEY", KEY)
    with Endpoint(models=(QWEN,), key="another") as shut, Endpoint(models=(QWEN,)) as open_:
        both = f"{shut.url} {open_.url}"
        report = library.run(dir=film.parent, output=tmp_path / "log", public_endpoint=both)
        doctor = shotlog("doctor", "--endpoint", both, SHOTLOG_ACCESS_KEY=KEY)
    assert report.exit_code == 0
    assert results(tmp_path / "log")["film.mp4"]["status"] == "done"
    assert doctor.returncode == 0
    for url in (shut.url, open_.url):
        assert url in doctor.stdout


def test_a_run_ends_at_once_where_every_address_refuses_the_key(film: Path, tmp_path: Path) -> None:
    with Endpoint(key=KEY) as one, Endpoint(key=KEY) as other:
        both = f"{one.url} {other.url}"
        report = library.run(dir=film.parent, output=tmp_path / "log", public_endpoint=both)
        asked = one.requests + other.requests
    assert report.exit_code == 2
    assert not asked
    assert count(tmp_path / "log", "SELECT count(*) FROM clips") == 0


def test_doctor_tells_what_an_endpoint_is_and_takes() -> None:
    with Endpoint(models=(QWEN,), flavour="vllm") as endpoint:
        done = shotlog("doctor", "--endpoint", endpoint.url)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0
    for words in (
        "vLLM 0.33.0",
        QWEN,
        "travel as frames",
        "as the formula says",
        "keeps a JSON schema",
    ):
        assert words in said


def test_doctor_marks_a_server_that_looks_at_other_frames() -> None:
    with Endpoint(models=(QWEN,), flavour="openai") as endpoint:
        done = shotlog("doctor", "--endpoint", endpoint.url)
    assert re.search(r"^!\s+frames .*tokens for 4 frames", done.stdout, re.MULTILINE)
    assert "other frames" not in done.stdout, "it is said once"


def test_doctor_tells_what_was_refused_in_the_server_s_words() -> None:
    with Endpoint(models=(QWEN,), flavour="ollama") as endpoint:
        done = shotlog("doctor", "--endpoint", endpoint.url, SHOTLOG_SEND="frames")
    assert done.returncode == 1
    assert "invalid message format" in done.stdout


def test_doctor_takes_a_name_and_the_address_inside_the_vpc(tmp_path: Path) -> None:
    with Endpoint(models=(QWEN,), flavour="sglang") as endpoint:
        path = tmp_path / "lab.ini"
        path.write_text(f"[QwenVL]\nVpcEndpoint = lab\n[Endpoints]\nlab = {endpoint.url}\n")
        named = shotlog("doctor", "--config", path, "--endpoint", "lab")
        inside = shotlog("doctor", "--config", path, "--use-vpc")
    assert (named.returncode, inside.returncode) == (0, 0)
    assert "SGLang 0.5.23" in named.stdout
    assert "travel as clip" in inside.stdout


def test_doctor_says_when_the_key_is_wrong() -> None:
    with Endpoint(models=(QWEN,), flavour="vllm", key=KEY) as endpoint:
        done = shotlog("doctor", "--endpoint", endpoint.url, SHOTLOG_ACCESS_KEY="another")
    assert done.returncode == 1
    assert "SHOTLOG_ACCESS_KEY" in " ".join(done.stdout.split())
