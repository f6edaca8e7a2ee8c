"""What may stand behind ``local:``, before anything is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from shotlog.describers import make_describer
from shotlog.describers.local.model_files import is_local, parse_name
from shotlog.errors import MissingToolError, SettingError
from shotlog.settings import load_settings


def test_a_name_of_the_hub_is_known_by_itself() -> None:
    found = parse_name("local:Qwen/Qwen2.5-VL-3B-Instruct")
    assert (found.folder, found.short) == (None, "Qwen/Qwen2.5-VL-3B-Instruct")
    assert found.identity() == {"model": "Qwen/Qwen2.5-VL-3B-Instruct"}


@pytest.mark.parametrize("written", ["local:./mine", "local:~/mine", "local:mine"])
def test_a_folder_is_known_by_what_is_in_it(tmp_path: Path, written: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    found = parse_name(written)
    assert found.folder == (tmp_path / "mine").resolve()
    assert found.short == "mine"
    assert str(tmp_path) not in str(found.identity())


@pytest.mark.parametrize("name", ["local:", "local:nothing", "local:a/b/c", "local:/not/there"])
def test_what_can_be_no_model_is_a_wrong_setting(name: str) -> None:
    assert is_local(name)
    with pytest.raises(SettingError):
        parse_name(name)


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"config\.json is missing"):
        parse_name(f"local:{tmp_path}")


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed here")
def test_without_the_extra_the_install_line_is_named() -> None:
    with pytest.raises(MissingToolError, match=r"shotlog\[local\]"):
        make_describer(load_settings({"model": "local:Qwen/Qwen2.5-VL-3B-Instruct"}))
