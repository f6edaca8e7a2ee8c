"""Reads settings from options, the environment and ``config.ini``."""

from __future__ import annotations

import configparser
import difflib
import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from shotlog.errors import SettingError
from shotlog.settings.kinds import addresses_of, words_of
from shotlog.settings.model import Settings
from shotlog.settings.refusals import reason_of

DEFAULT_FILE = "config.ini"
ENVIRONMENT_PREFIX = "SHOTLOG_"

CALLED_OTHERWISE = {"endpoint": "public_endpoint", "hear": "hearing"}
"""Options of the command that programs know by another name."""

FREE_SECTIONS = {"keywords": ("keywords", words_of), "endpoints": ("endpoint_names", addresses_of)}
"""Sections whose keys are the user's own names, with the field they fill."""
FREE_FIELDS = frozenset(field for field, _ in FREE_SECTIONS.values())


def ini_places() -> dict[tuple[str, str], str]:
    """``(section, key)`` of every setting in ``config.ini``, with its field's name."""
    places = {}
    for name, info in Settings.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict):
            places[str(extra["section"]), str(extra["key"])] = name
    return places


def environment_name(field: str) -> str:
    return ENVIRONMENT_PREFIX + field.upper()


def load_settings(
    options: Mapping[str, object],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from the options given, the environment, the file and the defaults, in that order.

    ``options`` holds only what was really given. Without ``file``, ``config.ini`` in the current
    folder is read if it is there. Raises SettingError naming the place, the value and the remedy.
    """
    environment = os.environ if environment is None else environment
    origins: dict[str, str] = {}
    values: dict[str, object] = {}
    path = file if file is not None else Path(DEFAULT_FILE)
    if file is not None or path.is_file():
        for name, (value, origin) in _read_ini(path).items():
            values[name], origins[name] = value, origin
    for name in Settings.model_fields:
        variable = environment_name(name)
        if name not in FREE_FIELDS and environment.get(variable):
            values[name], origins[name] = environment[variable], variable
    for name, given in options.items():
        values[name], origins[name] = given, "--" + name.replace("_", "-")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise _as_setting_error(error, origins) from None


def _read_ini(path: Path) -> dict[str, tuple[object, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        with path.open(encoding="utf-8-sig") as lines:
            parser.read_file(lines)
    except OSError as error:
        raise SettingError(
            f"The settings file {path} cannot be read: {error.strerror}.",
            hint="Check the path given with --config.",
        ) from None
    except UnicodeDecodeError:
        raise SettingError(
            f"The settings file {path} is not UTF-8.", hint="Save it as UTF-8."
        ) from None
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        where = f" at line {line}" if line else ""
        raise SettingError(
            f"The settings file {path} is not in the ini format{where}.",
            hint="It needs lines like 'SegmentLength = 15' under headings like '[Processing]'.",
        ) from None
    return _named(parser, path)


def _named(parser: configparser.ConfigParser, path: Path) -> dict[str, tuple[object, str]]:
    places = ini_places()
    folded = {(section.lower(), key.lower()): name for (section, key), name in places.items()}
    found: dict[str, tuple[object, str]] = {}
    for section in parser.sections():
        if section.lower() in FREE_SECTIONS:
            field, read = FREE_SECTIONS[section.lower()]
            named = {key: read(text) for key, text in parser.items(section)}
            found[field] = (named, f"{path} [{section}]")
            continue
        for key, text in parser.items(section):
            name = folded.get((section.lower(), key.lower()))
            if name is None:
                raise _unknown_key(path, section, key, places)
            if text.strip():
                found[name] = (text.strip(), f"{path} [{section}] {key}")
    return found


def _unknown_key(
    path: Path, section: str, key: str, places: Mapping[tuple[str, str], str]
) -> SettingError:
    by_key: dict[str, list[tuple[str, str]]] = {}
    for place in places:
        by_key.setdefault(place[1].lower(), []).append(place)
    near = difflib.get_close_matches(key.lower(), by_key, n=1, cutoff=0.5)
    # The same key stands in several sections: the one that was meant is the likest to this.
    likely = by_key[near[0]] if near else list(places)
    wanted = difflib.SequenceMatcher(b=f"{section} {key}".lower())

    def likeness(place: tuple[str, str]) -> float:
        wanted.set_seq1(" ".join(place).lower())
        return wanted.ratio()

    nearest_section, nearest = max(likely, key=likeness)
    return SettingError(
        f"{path} has an unknown setting, [{section}] {key}.",
        hint=f"The nearest known one is [{nearest_section}] {nearest}.",
    )


def _as_setting_error(error: ValidationError, origins: Mapping[str, str]) -> SettingError:
    """Of pydantic's findings the first, without the value where it may be secret."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    reason = reason_of(first["type"], first.get("ctx", {}), first["msg"], first["input"])
    if name not in Settings.model_fields:
        near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0)
        if name:
            nearest = CALLED_OTHERWISE.get(name, near[0])
            return SettingError(
                f"There is no setting {name!r}.", hint=f"The nearest known one is {nearest!r}."
            )
        return SettingError(f"{reason}.", hint="Change one of the two.")
    where = origins.get(name, name)
    secret = "Secret" in str(Settings.model_fields[name].annotation)
    seen = "" if secret else f" {first['input']!r}"
    return SettingError(
        f"{where}: the value{seen} will not do: {reason}.",
        hint=f"What it sets: {Settings.model_fields[name].description}.",
    )
