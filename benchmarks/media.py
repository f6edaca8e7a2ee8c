"""The sources that are measured: loops of real videos, made once by the ffmpeg program and kept."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "media"
ORIGINALS = Path(__file__).parents[2] / "shared" / "media"
REELS = ("testvideo.mp4", "car-detection.mp4", "bottle-detection.mp4")
STILL_REEL = "bottle-detection.mp4"

LOOP_SECONDS = 6
REEL_START_SECONDS = 5
KEY_FRAME_SECONDS = 2
STILL_FPS = 4
SOUND = "anoisesrc=color=pink:amplitude=0.1:sample_rate=48000"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of file as cameras, phones and platforms write it."""

    name: str
    width: int
    height: int
    rate_fps: int
    bits_per_second: int
    """Of the picture, about what cameras write."""
    over_caps: bool
    """Whether it is larger or faster than 720p at 30 frames a second."""
    still: bool = False
    """A camera that stands still, without noise, and a picture that changes four times a second, as
    lectures and shared screens have; else a moving camera with noise."""


KINDS = (
    Kind("1080p60", 1920, 1080, 60, 16_000_000, True),
    Kind("4k30", 3840, 2160, 30, 40_000_000, True),
    Kind("portrait", 1080, 1920, 30, 12_000_000, True),
    Kind("720p30", 1280, 720, 30, 6_000_000, False),
)
LECTURES = (
    Kind("lecture-1080p12", 1920, 1080, 12, 700_000, True, still=True),
    Kind("lecture-720p30", 1280, 720, 30, 700_000, False, still=True),
)
"""What is measured at lengths of hours: quick to decode, small on the disk."""


@dataclass(frozen=True, slots=True)
class Material:
    """Where sources are kept, of which kinds, and how long each is."""

    folder: Path
    seconds: int
    kinds: tuple[Kind, ...] = KINDS

    def source(self, kind: Kind) -> Path:
        """The file, made where it is not there yet."""
        path = self.folder / f"{kind.name}-{self.seconds}s.mp4"
        if not path.exists():
            _make(path, kind, self.seconds)
        return path

    def chosen(self, over_caps: bool | None = None) -> tuple[Kind, ...]:
        """All kinds; or those over the caps, or within."""
        return tuple(
            kind for kind in self.kinds if over_caps is None or kind.over_caps is over_caps
        )

    def sources(self, *, over_caps: bool | None = None) -> tuple[Path, ...]:
        """One of each kind; of those over the caps, or within, only."""
        return tuple(self.source(kind) for kind in self.chosen(over_caps))

    def looped(self, kind: Kind, seconds: int) -> Path:
        """The same pictures over and over, copied, so that hours cost no encoding."""
        path = self.folder / f"{kind.name}-{self.seconds}s-looped-{seconds}s.mp4"
        if not path.exists():
            source = ["-stream_loop", "-1", "-i", str(self.source(kind))]
            _ffmpeg([*source, "-t", str(seconds), "-c", "copy"], path)
        return path


def _make(path: Path, kind: Kind, seconds: int) -> None:
    """One loop of pictures, copied as often as it takes, with sound that never repeats."""
    path.parent.mkdir(parents=True, exist_ok=True)
    loop = path.with_name(f"{kind.name}-loop.mp4")
    if not loop.exists():
        _make_loop(loop, kind)
    pictures = ["-stream_loop", "-1", "-i", str(loop)]
    sound = ["-f", "lavfi", "-i", SOUND]
    codec = ["-c:v", "copy", "-c:a", "aac", "-b:a", "128k"]
    _ffmpeg([*pictures, *sound, *codec, "-t", str(seconds)], path)


def _make_loop(path: Path, kind: Kind) -> None:
    """The reels behind one another, enlarged; a moving camera pans slowly and has noise."""
    reels = (STILL_REEL,) if kind.still else REELS
    inputs: list[str] = []
    chains = []
    for number, reel in enumerate(reels):
        place = ["-ss", str(REEL_START_SECONDS), "-t", str(LOOP_SECONDS // len(reels))]
        inputs += [*place, "-i", str(ORIGINALS / reel)]
        chains.append(f"[{number}:v]{_chain(kind)}[v{number}]")
    joined = "".join(f"[v{number}]" for number in range(len(reels)))
    graph = ";".join([*chains, f"{joined}concat=n={len(reels)}[v]"])
    codec = ["-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p"]
    codec += ["-b:v", str(kind.bits_per_second)]
    codec += ["-g", str(KEY_FRAME_SECONDS * kind.rate_fps)]
    _ffmpeg([*inputs, "-filter_complex", graph, "-map", "[v]", *codec], path)


def _chain(kind: Kind) -> str:
    if kind.still:
        return (
            f"fps={STILL_FPS},scale={kind.width}:{kind.height},setsar=1,fps={kind.rate_fps},"
            "format=yuv420p"
        )
    wide, high = kind.width * 11 // 10, kind.height * 11 // 10
    return (
        f"scale={wide}:{high}:force_original_aspect_ratio=increase,setsar=1,fps={kind.rate_fps},"
        f"crop={kind.width}:{kind.height}:(iw-ow)/2*(1+sin(t/3)):(ih-oh)/2*(1+cos(t/4)),"
        "noise=alls=6:allf=t,format=yuv420p"
    )


def _ffmpeg(arguments: list[str], path: Path) -> None:
    """Writes ``path`` whole or not at all."""
    part = path.with_name(f".{path.name}.part.mp4")
    head = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"]
    subprocess.run([*head, *arguments, "-movflags", "+faststart", str(part)], check=True)
    part.replace(path)
