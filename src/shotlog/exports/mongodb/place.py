"""Where documents go: a server, a database, a collection. The address may hold a password."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass

from pydantic import SecretStr

from shotlog.errors import MissingToolError, SettingError
from shotlog.settings import Settings

SCHEMES = ("mongodb://", "mongodb+srv://")
CLIPS_SUFFIX = "_clips"
LONGEST_DATABASE_BYTES = 63
LONGEST_COLLECTION_BYTES = 200
"""MongoDB bounds database and collection together by 255 bytes."""

_EXAMPLE = "For example: mongodb://localhost:27017"


@dataclass(frozen=True, slots=True)
class Place:
    """A collection on a server. Made by :func:`place`, which checks it."""

    uri: SecretStr
    database: str
    collection: str

    @property
    def hosts(self) -> str:
        """The servers alone, without user, password and options."""
        return _hosts(self.uri.get_secret_value())

    @property
    def is_looked_up(self) -> bool:
        """Whether DNS says which servers there are."""
        return self.uri.get_secret_value().startswith("mongodb+srv://")

    @property
    def clips_collection(self) -> str:
        """Where the clips of a video go that is too large for one document."""
        return self.collection + CLIPS_SUFFIX

    def __str__(self) -> str:
        """For people, and without secrets: ``localhost:27017/shotlog.videos``."""
        return f"{self.hosts}/{self.database}.{self.collection}"


def place_of(settings: Settings) -> Place:
    """What section ``[MongoDB]`` names. Raises SettingError; it never shows the address."""
    uri = settings.mongodb_uri.get_secret_value() if settings.mongodb_uri else ""
    return place(uri, settings.mongodb_database, settings.mongodb_collection)


def place(uri: str, database: str, collection: str) -> Place:
    """Raises SettingError where one of them cannot be meant; it never shows the address."""
    uri = uri.strip()
    if not uri:
        raise SettingError(
            "There is no MongoDB address.",
            hint=f"Set SHOTLOG_MONGODB_URI, or URI in section [MongoDB] of config.ini. {_EXAMPLE}.",
        )
    _check_uri(uri)
    _check_database(database)
    _check_collection(collection)
    return Place(SecretStr(uri), database, collection)


def require_pymongo() -> None:
    """Raises MissingToolError where pymongo is not installed."""
    if importlib.util.find_spec("pymongo") is None:
        raise MissingToolError(
            "Documents are sent to MongoDB by pymongo, which is not installed.",
            hint="pip install 'shotlog[mongodb]'",
        )


def bad_address() -> SettingError:
    """Says what an address looks like, and nothing of the one that was given."""
    return SettingError(
        "The MongoDB address cannot be read.",
        hint=f"{_EXAMPLE}, or mongodb://USER:PASSWORD@HOST:27017/?authSource=admin, with "
        "every : / ? # [ ] @ % of the password percent-encoded.",
    )


def _check_uri(uri: str) -> None:
    if not uri.startswith(SCHEMES):
        raise SettingError(
            f"A MongoDB address begins with {' or '.join(SCHEMES)}.", hint=f"{_EXAMPLE}."
        )
    rest = uri.partition("://")[2]
    before_path = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password with a bare @, / or ? would end up in what is taken for the host, and be shown.
    if rest.count("@") > before_path.count("@") or before_path.count("@") > 1 or not _hosts(uri):
        raise bad_address()


def _hosts(uri: str) -> str:
    rest = uri.partition("://")[2]
    return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]


def _check_database(name: str) -> None:
    if not name or re.search(r'[/\\. "$*<>:|?\0]', name) or _size(name) > LONGEST_DATABASE_BYTES:
        raise SettingError(
            f"{name!r} cannot be the name of a MongoDB database.",
            hint=f'It has 1 to {LONGEST_DATABASE_BYTES} bytes, and none of / \\ . " $ * < > : | ? '
            "nor a space.",
        )


def _check_collection(name: str) -> None:
    dotted = name.startswith(".") or name.endswith(".") or ".." in name
    if (
        not name
        or dotted
        or re.search(r"[$\0]", name)
        or name.startswith("system.")
        or _size(name) > LONGEST_COLLECTION_BYTES - len(CLIPS_SUFFIX)
    ):
        raise SettingError(
            f"{name!r} cannot be the name of a MongoDB collection.",
            hint=f"It has 1 to {LONGEST_COLLECTION_BYTES - len(CLIPS_SUFFIX)} bytes, no $, does "
            "not begin with system., and dots stand within it, one at a time.",
        )


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))
