"""Runs one step of one video or clip, and turns whatever befalls it into a record."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from shotlog.errors import DescribeRefusedError, LibraryError, ShotlogError, from_os_error
from shotlog.records import Failure

log = logging.getLogger("shotlog.run")

Result = TypeVar("Result")


def attempt(step: str, name: str, call: Callable[[], Result]) -> Result | Failure:
    """What ``call`` returns, or why it did not, as a record that costs ``name`` alone.

    Raises LibraryError, DiskFullError: what keeps the library from being written ends the run.
    """
    try:
        return call()
    except LibraryError:
        raise
    except ShotlogError as error:
        log.warning("%s: %s: %s", name, step, error)
        for_good = isinstance(error, DescribeRefusedError) and error.for_good
        return Failure(step, error.code, error.what, error.hint, error.retryable, for_good=for_good)
    except OSError as error:
        raise from_os_error(error, error.filename or "the library's folder") from error
    except Exception as error:
        kind = type(error).__name__
        log.exception("%s: %s: a fault of shotlog itself", name, step)
        return Failure(
            step,
            "internal",
            f"A fault of shotlog itself ({kind}); the log holds the details.",
            "Please report it with the lines of shotlog.log.",
        )
