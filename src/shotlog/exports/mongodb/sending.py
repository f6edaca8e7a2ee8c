"""Sends what a collection does not have yet.

The documents themselves say which library and which revision they are of, so nothing is kept here
of what was sent: a document that somebody deleted, a database put back to last week's state, a
write that was never acknowledged are all found by comparing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shotlog.exports.building import video_object
from shotlog.exports.library_files import Rows
from shotlog.exports.mongodb.documents import Made, Stamp, made
from shotlog.exports.mongodb.place import Place
from shotlog.exports.mongodb.server import Refused, Server
from shotlog.exports.objects import VideoObject
from shotlog.exports.selection import Chosen

BATCH_DOCUMENTS = 200
BATCH_BYTES = 16 * 1000**2

PARTS = (
    "These documents hold the clips that fit, and no others; an export without filters to the same "
    "collection makes them whole."
)

Changed = tuple[str, int]
"""A video's id and its revision."""


class Followed(Rows, Protocol):
    """What sending asks of a catalog."""

    def library_id(self) -> str: ...
    def changed_since(self, revision: int) -> Iterator[Changed]: ...


@dataclass
class Sent:
    """What an export to a database came to."""

    place: str
    """Host, database and collection, without secrets."""
    documents: int = 0
    """Videos written now."""
    clips: int = 0
    """Of these videos."""
    unchanged: int = 0
    """Videos that were there already as they are."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of it, a sentence each."""
    refused: list[Refused] = field(default_factory=list)
    """Videos that the server did not take."""


def _nothing() -> None:
    return None


def differing(catalog: Followed, server: Server, sent: Sent) -> Iterator[Changed]:
    """The videos of which the collection has no document of the present revision.

    Both sides are streamed in the order of revisions, and compared. Counts those that are the same.
    """
    held = server.held(catalog.library_id())
    there = next(held, None)
    for video_id, revision in catalog.changed_since(0):
        here = (revision, video_id)
        while there is not None and there < here:
            there = next(held, None)
        if there == here:
            sent.unchanged += 1
        else:
            yield video_id, revision


def send(
    catalog: Followed,
    server: Server,
    changed: Iterable[Changed],
    sent: Sent,
    *,
    only_ended: bool = False,
    written: Callable[[], object] = _nothing,
) -> None:
    """Writes the documents of these videos, batch by batch, and counts them in ``sent``.

    What no run has begun is left out; with ``only_ended``, what a run has in hand too. ``written``
    is called after each batch. Raises DatabaseRefusedError, DatabaseInterruptedError; what was
    counted before is there.
    """
    library = catalog.library_id()
    pieces = (
        piece
        for video_id, revision in changed
        if (piece := _piece(catalog, server, video_id, Stamp(library, revision), only_ended))
    )
    _write(server, pieces, sent, written)


def export(
    catalog: Followed, where: Place, chosen: Iterable[Chosen] | None, *, everything: bool = False
) -> Sent:
    """Sends what differs; with ``everything`` all; of ``chosen``, where given, what fits.

    Raises SettingError, DatabaseRefusedError, DatabaseInterruptedError.
    """
    sent = Sent(str(where))
    with Server(where) as server:
        sent.notes += server.prepare()
        if chosen is not None:
            _send_chosen(catalog.library_id(), server, chosen, sent)
            sent.notes.append(PARTS)
        elif everything:
            send(catalog, server, catalog.changed_since(0), sent)
        else:
            send(catalog, server, differing(catalog, server, sent), sent)
    return sent


def _send_chosen(library: str, server: Server, videos: Iterable[Chosen], sent: Sent) -> None:
    """They have no revision, so that the next :func:`send` makes whole documents of them again."""
    stamp = Stamp(library, None)
    _write(server, (_made(server, each.row.id, each.video, stamp) for each in videos), sent)


def _piece(
    catalog: Rows, server: Server, video_id: str, stamp: Stamp, only_ended: bool
) -> Made | None:
    row = catalog.video(video_id)
    if row is None or not (row.status or (row.scan_key and not only_ended)):
        return None
    video = video_object(
        row, catalog.scan(video_id), catalog.clips(video_id), catalog.transcript(video_id)
    )
    return _made(server, video_id, video, stamp)


def _made(server: Server, video_id: str, video: VideoObject, stamp: Stamp) -> Made:
    clips_in, most_bytes = server.place.clips_collection, server.most_bytes
    return made(video_id, video, stamp, clips_in=clips_in, most_bytes=most_bytes)


def _write(
    server: Server, pieces: Iterable[Made], sent: Sent, written: Callable[[], object] = _nothing
) -> None:
    for batch in _batches(pieces):
        refused = server.write(batch)
        lost = {each.video_id for each in refused}
        sent.refused += refused
        there = [each for each in batch if each.id not in lost]
        sent.documents += len(there)
        sent.clips += sum(each.segments for each in there)
        written()


def _batches(pieces: Iterable[Made]) -> Iterator[Sequence[Made]]:
    batch: list[Made] = []
    size = 0
    for piece in pieces:
        batch.append(piece)
        size += piece.size_bytes
        if len(batch) == BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
