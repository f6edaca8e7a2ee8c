"""A collection on a MongoDB server: what it holds, and what is put there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from pymongo import MongoClient, ReadPreference, ReplaceOne, WriteConcern
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.uri_parser import split_options

from shotlog.errors import DatabaseInterruptedError, SettingError
from shotlog.exports.mongodb.documents import SCHEMA_VERSION, Document, Made
from shotlog.exports.mongodb.failures import UNAUTHORIZED, in_our_words, reason, unauthorized
from shotlog.exports.mongodb.indexes import OF_CLIPS, OF_VIDEOS, make_indexes
from shotlog.exports.mongodb.place import Place, bad_address
from shotlog.retries import RetryPolicy, retrying

Result = TypeVar("Result")

PATIENCE_MS = 10_000
"""How long a server is looked for, and a connection is waited for."""
ANSWER_MS = 60_000
"""How long one answer is waited for."""
PAGE = 5_000
"""Stamps of documents that are read at a time."""
CLIPS_AT_A_TIME = 500
MOST_BYTES = 16 * 1024**2
"""Of a document, where the server does not say."""
MARGIN_BYTES = 16_384
"""Left of the server's largest document."""

TRIES = RetryPolicy(attempts=4, base_seconds=0.5, cap_seconds=8.0)


@dataclass(frozen=True, slots=True)
class Refused:
    """A video whose document, or some of whose clips, are not there, and why."""

    video_id: str
    file_name: str
    reason: str


class Server:
    """One collection and, beside it, that of clips. A context manager; for one thread at a time.

    Methods raise DatabaseRefusedError and DatabaseInterruptedError, which never show the address.
    """

    def __init__(
        self,
        place: Place,
        *,
        stop: threading.Event | None = None,
        tries: RetryPolicy = TRIES,
        page: int = PAGE,
    ) -> None:
        """Connects to nothing yet. Raises SettingError for an address that cannot be read.

        Waits between tries end as soon as ``stop`` is set. ``page`` is how many stamps are read at
        a time.
        """
        self._page_length = page
        self.place = place
        self._stop = stop or threading.Event()
        self._tries = tries
        self._clips_ready = False
        self._most_bytes: int | None = None
        self._client = _client(place)
        database = self._client[place.database]
        concern = self._client.write_concern
        if not concern.acknowledged or not concern.document:
            concern = WriteConcern("majority", wtimeout=ANSWER_MS)
        self._videos, self._clips = (
            database.get_collection(
                name, write_concern=concern, read_preference=ReadPreference.PRIMARY
            )
            for name in (place.collection, place.clips_collection)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self._client.close()

    def prepare(self) -> tuple[str, ...]:
        """Connects and makes the indexes that are not there; returns what to know, as sentences."""
        hello = self._once(lambda: self._client.admin.command("hello"))
        self._most_bytes = int(hello.get("maxBsonObjectSize", MOST_BYTES)) - MARGIN_BYTES
        return self._once(lambda: make_indexes(self._videos, OF_VIDEOS))

    @property
    def most_bytes(self) -> int:
        """Of a document, as the server said when it was prepared."""
        if self._most_bytes is None:
            raise RuntimeError("a server is prepared before it is written to")
        return self._most_bytes

    def held(self, library: str) -> Iterator[tuple[int, str]]:
        """Revision and id of each whole document of this library, in that order.

        Of documents of another shape nothing is said. Answered from an index; read in pages.
        """
        behind, length = (0, ""), self._page_length
        while True:
            page = self._again(partial(self._page, library, behind[0], length))
            new = [each for each in page if each > behind]
            yield from new
            if len(page) < length:
                return
            # Videos may share a revision; those of the last one come again.
            length = self._page_length if new else 2 * length
            behind = max(behind, page[-1])

    def _page(self, library: str, revision: int, length: int) -> list[tuple[int, str]]:
        """A range and no more, so that the index alone holds the answer."""
        where = {
            "library": library,
            "schema_version": SCHEMA_VERSION,
            "revision": {"$gte": revision},
        }
        order = [("revision", 1), ("_id", 1)]
        found = self._videos.find(where, {"_id": 1, "revision": 1}).sort(order).limit(length)
        return [(int(each["revision"]), str(each["_id"])) for each in found]

    def write(self, batch: Sequence[Made]) -> tuple[Refused, ...]:
        """Puts these in the place of what is there, and says which were refused.

        Once it returns, the rest is acknowledged. May be called again with the same.
        """
        refused = [
            Refused(
                each.id,
                str(each.video["file_name"]),
                f"without its clips, or one of them alone, it is larger than the "
                f"{self.most_bytes:,} bytes that the server takes of a document",
            )
            for each in batch
            if not each.fits
        ]
        fitting = [each for each in batch if each.fits]
        for each in fitting:
            if each.clips:
                refused += self._write_clips(each)
        lacking = {each.video_id for each in refused}
        videos = [_unfinished(each.video) if each.id in lacking else each.video for each in fitting]
        codes = self._replace(self._videos, videos) if videos else {}
        for index, code in codes.items():
            video = videos[index]
            refused.append(Refused(video["_id"], video["file_name"], reason(code)))
        self._tidy([each for index, each in enumerate(fitting) if index not in codes])
        return tuple(refused)

    def _write_clips(self, large: Made) -> tuple[Refused, ...]:
        if not self._clips_ready:
            self._again(lambda: make_indexes(self._clips, OF_CLIPS))
            self._clips_ready = True
        codes: list[int] = []
        for begin in range(0, len(large.clips), CLIPS_AT_A_TIME):
            page = large.clips[begin : begin + CLIPS_AT_A_TIME]
            codes += self._replace(self._clips, page).values()
        if not codes:
            return ()
        told = f"{len(codes)} of its clips were refused: {reason(codes[0])}"
        return (Refused(large.id, str(large.video["file_name"]), told),)

    def _tidy(self, written: Sequence[Made]) -> None:
        """Clips that no video's document speaks of any more."""
        within = [each.id for each in written if not each.clips]
        if within:
            self._again(lambda: self._clips.delete_many({"video_id": {"$in": within}}))
        for each in written:
            if each.clips:
                there = [clip["index"] for clip in each.clips]
                stale = {"video_id": each.id, "index": {"$nin": there}}
                self._again(partial(self._clips.delete_many, stale))

    def _replace(
        self, collection: Collection[Document], documents: Sequence[Document]
    ) -> dict[int, int]:
        """Returns the error's number for each document that was refused, by its place."""
        requests = [ReplaceOne({"_id": each["_id"]}, each, upsert=True) for each in documents]

        def write() -> dict[int, int]:
            try:
                collection.bulk_write(requests, ordered=False)
            except BulkWriteError as error:
                return self._codes(error.details or {})
            return {}

        return self._again(write)

    def _codes(self, details: Mapping[str, Any]) -> dict[int, int]:
        """The details hold whole documents; the numbers are enough."""
        codes = {each["index"]: int(each["code"]) for each in details.get("writeErrors", ())}
        if UNAUTHORIZED in codes.values():
            raise unauthorized(self.place) from None
        if details.get("writeConcernErrors"):
            raise DatabaseInterruptedError(
                f"{self.place} took the documents, and did not say in time that they are safe.",
                hint="See that enough members of the replica set are up, and export again.",
            ) from None
        return codes

    def _once(self, call: Callable[[], Result]) -> Result:
        with in_our_words(self.place):
            return call()

    def _again(self, call: Callable[[], Result]) -> Result:
        return retrying(lambda: self._once(call), self._tries, stop=self._stop)


def _unfinished(video: Document) -> Document:
    """So that the next export does not take it for whole."""
    return {**video, "revision": None}


def _client(place: Place) -> MongoClient[Document]:
    """What the address says itself of times is left as it is. Raises SettingError.

    pymongo would only warn of options that it does not know, and go on without TLS, say.
    """
    uri = place.uri.get_secret_value()
    given = uri.lower()
    _check_options(uri.partition("?")[2])
    times = {
        "serverSelectionTimeoutMS": PATIENCE_MS,
        "connectTimeoutMS": PATIENCE_MS,
        "socketTimeoutMS": ANSWER_MS,
    }
    chosen: dict[str, Any] = {
        name: value for name, value in times.items() if f"{name.lower()}=" not in given
    }
    try:
        return MongoClient(uri, appname="shotlog", tz_aware=True, connect=False, **chosen)
    except (PyMongoError, ValueError, TypeError):
        raise bad_address() from None


def _check_options(text: str) -> None:
    wrong = [each.partition("=")[0] for each in text.split("&") if each and not _is_option(each)]
    if wrong:
        names = ", ".join(name for name in wrong if name.isalnum()) or "one of them"
        raise SettingError(
            f"Options of the MongoDB address are unknown, or their values are wrong: {names}.",
            hint="MongoDB's manual lists them under Connection String Options.",
        )


def _is_option(pair: str) -> bool:
    try:
        split_options(pair, validate=True, warn=False)
    except (PyMongoError, ValueError, TypeError):
        return False
    return True
