"""A media process's memory: kept flat, limited, and whether the limit has been reached."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

if sys.platform == "linux":
    import resource

SPARE_BYTES = 32 * 1000**2
"""With less than this left, a failure is put down to the limit."""

LARGE_BYTES = 128 * 1024
"""Blocks from this size on go back to the system as soon as they are freed; glibc's own default."""
_M_MMAP_THRESHOLD = -3
"""Of malloc.h."""


def give_back_freed_memory() -> None:
    """Keeps the GNU C library from hoarding freed memory in this process, for good.

    Its threshold for giving back rises by itself (mallopt(3)) to the size of what was freed, up to
    32 MB; then encoders that come and go, one a clip, leave holes of 25 MB each at 720p.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def limit_memory(limit_bytes: int) -> None:
    """Lets this process allocate no more than this, for good; on Linux alone."""
    if sys.platform == "linux":
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        allowed = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))


def memory_is_short(needed_bytes: int = SPARE_BYTES) -> bool:
    """Whether this much more would not be had.

    Codecs do not always say that memory was what they lacked.
    """
    if sys.platform != "linux":
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if limit == resource.RLIM_INFINITY:
        return False
    # proc(5): the sixth number of statm is data and stack, in pages
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    return pages * resource.getpagesize() + needed_bytes > limit
