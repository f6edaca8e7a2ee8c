"""The limit on a media process's memory, and whether it has been reached."""

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


def return_large_blocks() -> None:
    """Keeps glibc from raising that size as large blocks are freed; does nothing elsewhere.

    Raised, it lets the pictures that an encoder held lie between smaller blocks that are still in
    use, so that each of a long video's encoders takes new memory.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
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
