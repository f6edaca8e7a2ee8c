"""Which names are videos: by the ending, since not a byte has moved yet. Pure."""

from __future__ import annotations

VIDEO_ENDINGS = frozenset(
    (
        *("mp4", "m4v", "mp4v", "mov", "qt", "f4v", "3gp", "3gpp", "3g2", "mj2", "insv", "lrv"),
        *("mkv", "webm", "avi", "divx", "wmv", "asf", "flv", "amv", "rm", "rmvb", "ogv", "ogm"),
        *("mpg", "mpeg", "mpe", "mpv", "m1v", "m2v", "m2p", "vob", "mod", "tod"),
        *("ts", "m2ts", "mts", "m2t", "mxf", "dv", "nut", "wtv", "dvr-ms", "360"),
        *("h264", "264", "h265", "265", "hevc", "av1", "obu", "ivf", "y4m", "mjpeg", "mjpg"),
    )
)
"""Containers and raw streams of video that FFmpeg reads, in lower case."""

_LONGEST_ENDING = 12


def ending_of(name: str) -> str:
    """What follows the last full stop, in lower case; empty where that is no ending.

    ``v1.2 final``, ``take.3`` and ``St. Moritz`` have none; ``.hidden`` is all ending.
    """
    base = name.rpartition("/")[2]
    stem, stop, ending = base.rpartition(".")
    ending = ending.lower()
    if ending in VIDEO_ENDINGS and stop:
        return ending
    if stop and not stem:
        return base
    known_form = ending.isascii() and ending.isalnum() and not ending.isdigit()
    return ending if stop and known_form and len(ending) <= _LONGEST_ENDING else ""


def is_video_name(name: str) -> bool:
    """Whether the name ends as videos do."""
    return ending_of(name) in VIDEO_ENDINGS and not is_resource_fork(name)


def may_be_video(name: str) -> bool:
    """Whether nothing speaks against it: it ends as videos do, or has no ending at all."""
    ending = ending_of(name)
    return (not ending or ending in VIDEO_ENDINGS) and not is_resource_fork(name)


def is_resource_fork(name: str) -> bool:
    """macOS leaves a ``._clip.mp4`` beside ``clip.mp4`` on foreign disks; it holds no video."""
    return name.rpartition("/")[2].startswith("._")
