"""The text of a listing, block by block or line by line, in flat memory."""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from shotlog.errors import ListingError
from shotlog.sources.endings import is_video_name

STANDARD_INPUT = "-"
A_VIDEO = "It is named as a video is. For videos of this machine give their folder: --dir FOLDER."
BLOCK_BYTES = 1 << 18
LONGEST_LINE = 1 << 22
"""Characters; a longer line is taken for a sign that the file is no listing."""


def shown(path: Path) -> str:
    """The listing's name in messages."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, or standard input for ``-``. Raises ListingError if it cannot be opened."""
    if str(path) == STANDARD_INPUT:
        yield sys.stdin.buffer
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise ListingError(
            f"{path} cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from None
    with file:
        yield file


def text_blocks(stream: BinaryIO, name: str) -> Iterator[str]:
    """The stream as text, without a byte order mark.

    Raises ListingError, naming ``name``, line and byte, where it is not UTF-8 or cannot be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines_before, bytes_in_line = 0, 0
    first = True
    while True:
        block = _read(stream, name)
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            whole = pending + block
            good = whole[: error.start]
            line = lines_before + good.count(b"\n") + 1
            last = good.rfind(b"\n")
            column = error.start - last if last >= 0 else bytes_in_line + error.start + 1
            raise _not_utf8(name, line, column, whole[error.start]) from None
        done = (pending + block)[: len(pending) + len(block) - len(decoder.getstate()[0])]
        lines_before += done.count(b"\n")
        last = done.rfind(b"\n")
        bytes_in_line = bytes_in_line + len(done) if last < 0 else len(done) - last - 1
        if first and text:
            _require_text(text, name)
            text, first = text.removeprefix("\ufeff"), False
        if text:
            yield text
        if not block:
            return


def text_lines(blocks: Iterable[str], name: str) -> Iterator[str]:
    """The lines with their ends (``\\n``, ``\\r\\n`` or ``\\r``). Raises ListingError."""
    rest = ""
    for block in blocks:
        text = rest + block
        # A "\r" at the very end may be the first half of "\r\n".
        cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        yield from io.StringIO(text[:cut], newline="")
        rest = text[cut:]
        if len(rest) > LONGEST_LINE:
            raise ListingError(
                f"{name} has a line of more than {LONGEST_LINE:,} characters.",
                hint="Check that it is a listing.",
            )
    yield from io.StringIO(rest, newline="")


def _read(stream: BinaryIO, name: str) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except OSError as error:
        raise ListingError(
            f"{name} cannot be read: {error.strerror}.",
            hint="Check the disk, or copy the file elsewhere.",
        ) from None


def _require_text(text: str, name: str) -> None:
    if text.count("\0") * 4 > len(text):
        raise ListingError(
            f"{name} is no text in UTF-8: much of it is zero bytes.",
            hint=A_VIDEO
            if is_video_name(name)
            else "If it is a listing in UTF-16, save it as UTF-8.",
        )


def _not_utf8(name: str, line: int, column: int, byte: int) -> ListingError:
    if is_video_name(name):
        hint = A_VIDEO
    elif line == 1 and column == 1 and byte in (0xFE, 0xFF):
        hint = "It looks like UTF-16; save it as 'CSV UTF-8', or with `iconv -f UTF-16 -t UTF-8`."
    else:
        hint = "Save it as UTF-8, say with `iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW`."
    return ListingError(
        f"{name} is not UTF-8: line {line}, byte {column} is 0x{byte:02X}.", hint=hint
    )
