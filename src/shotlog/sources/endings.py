"""Which names are videos: by the ending, since not a byte has moved yet. Pure."""

from __future__ import annotations

VIDEO_ENDINGS = frozenset(
    "3g2 3gp 3gpp amv asf av1 avi divx dv dvr-ms f4v flv h264 h265 264 265 hevc insv ivf lrv m1v "
    "m2p m2t m2ts m2v m4v mj2 mjpeg mjpg mkv mod mov mp4 mp4v mpe mpeg mpg mpv mts mxf nut obu ogm "
    "ogv qt rm rmvb tod ts vob webm wmv wtv y4m 360".split()
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
    if not stop or len(ending) > _LONGEST_ENDING or not ending.isascii() or ending.isdigit():
        return "" if stem or not stop else base
    return ending if ending.isalnum() else ""


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
