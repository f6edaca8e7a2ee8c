"""``--rclone REMOTE:PATH``: lists a remote with the user's own rclone and settings."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from shotlog.errors import ListingError, MissingToolError, SettingError
from shotlog.records import ListingReport, Source
from shotlog.sources.addresses import Prefix
from shotlog.sources.intake import Intake
from shotlog.sources.json_items import array_items
from shotlog.sources.lsjson import lsjson_rows
from shotlog.sources.text import text_blocks

END_SECONDS = 5
"""How long a listing that is no longer wanted has to end by itself."""

_LAST_WORDS_BYTES = 4096

_HINTS = (
    ("didn't find section", "`rclone listremotes` shows the remotes that there are."),
    ("directory not found", "Check the path: `rclone lsf REMOTE:` shows the top folders."),
    ("object not found", "Check the path: `rclone lsf REMOTE:` shows the top folders."),
    ("accessdenied", "The remote's key may not list this bucket: check it with `rclone config`."),
    ("403", "The remote's key may not list this bucket: check it with `rclone config`."),
    ("no such host", "Check the network, and the remote's endpoint with `rclone config`."),
)

_SECRETS = (
    (re.compile(r"//[^/\s@]*@"), "//…@"),
    (re.compile(r"\?[^\s\"']*"), "?…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), r"\1 …"),
    (
        re.compile(
            r"(?i)([\w-]*(?:key|secret|token|passw\w*|credential|signature|auth\w*|pass)[\w-]*)"
            r"(\"?\s*[:=]\s*\"?)[^\s,;\"'&]+"
        ),
        r"\1\2…",
    ),
    (re.compile(r"(?=[A-Za-z0-9+/_=-]*\d)(?=[A-Za-z0-9+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{20,}"), "…"),
)


def read_rclone(
    remote: str, *, public_url: str | None, report: ListingReport, program: str = "rclone"
) -> Iterator[Source]:
    """The videos of a remote, as rclone finds them; their addresses are below ``public_url``.

    Raises SettingError without a usable ``public_url``, MissingToolError where ``program`` is not
    installed, ListingError when it fails, be it after some videos, or finds no video.
    """
    if public_url is None:
        raise SettingError(
            "--rclone lists names, and not where they are reached.",
            hint="Give the web address below which they lie with --public-url, "
            "say --public-url https://mybucket.online/vids/.",
        )
    prefix = Prefix.of_option(public_url)
    with _listing(remote, program) as stream:
        items = array_items(text_blocks(stream, remote), remote)
        yield from Intake(report, shown=remote, prefix=prefix).sources(lsjson_rows(items, remote))


@contextmanager
def _listing(remote: str, program: str) -> Iterator[BinaryIO]:
    """What rclone prints. Raises ListingError at the end if rclone says that it failed."""
    arguments = [program, "lsjson", "-R", "--files-only", "--no-mimetype", "--", remote]
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=complaints)
        except OSError as error:
            raise _not_started(program, error) from None
        stream = cast("BinaryIO", process.stdout)
        try:
            yield stream
            stream.read()
            process.wait()
        except ListingError:
            # What rclone says of itself explains a list that breaks off better than its bytes do.
            if _ended(process) and process.returncode:
                raise _failed(remote, process.returncode, complaints) from None
            raise
        finally:
            _end(process, stream)
        if process.returncode:
            raise _failed(remote, process.returncode, complaints)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ends by itself within :data:`END_SECONDS`."""
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes], stream: BinaryIO) -> None:
    stream.close()
    if process.poll() is None:
        process.terminate()
        if not _ended(process):
            process.kill()
            process.wait()


def _not_started(program: str, error: OSError) -> MissingToolError:
    if isinstance(error, FileNotFoundError):
        what = f"{program} is not installed, or not on the PATH."
    else:
        what = f"{program} cannot be started: {error.strerror}."
    return MissingToolError(
        what,
        hint="Install it with `sudo apt install rclone` (Debian, Ubuntu) or `brew install rclone` "
        "(macOS), or list the bucket where it is installed and give the file with --csv.",
    )


def _failed(remote: str, status: int, complaints: BinaryIO) -> ListingError:
    complaints.seek(0, 2)
    complaints.seek(max(0, complaints.tell() - _LAST_WORDS_BYTES))
    said = complaints.read().decode("utf-8", "replace")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = without_secrets(lines[-1]) if lines else "it gave no reason"
    hint = next((hint for sign, hint in _HINTS if sign in said.casefold()), "")
    return ListingError(
        f"rclone could not list {without_secrets(remote)} (exit {status}): {last.rstrip('.')}.",
        hint=hint or f"Try `rclone lsf {without_secrets(remote)}` by hand.",
    )


def without_secrets(line: str) -> str:
    """A line of rclone's log without its date and without whatever looks like a secret."""
    line = re.sub(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\s*(\w+\s*:\s*)?", "", line)
    for pattern, instead in _SECRETS:
        line = pattern.sub(instead, line)
    return line[:300]
