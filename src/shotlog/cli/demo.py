"""``shotlog demo``: the whole road on videos made here, from a bucket on this machine."""

from __future__ import annotations

import shlex
import sys
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shotlog.api import Origin
from shotlog.cli.library import show
from shotlog.cli.run import execute
from shotlog.settings import load_settings
from shotlog.sources import Choice
from shotlog.storage import make_folder
from shotlog.testing import videos
from shotlog.testing.bucket import Bucket, user_listing

PORT = 8765
"""Asked for first, so that a second demo finds the same addresses and has nothing to do."""

RECIPES = {
    "landscape 1080p60.mp4": videos.Recipe(1920, 1080, Fraction(60), 8, videos.landscape),
    "street.mp4": videos.Recipe(1280, 720, Fraction(25), 20, videos.street),
    "phone, upright.mov": videos.Recipe(
        640, 360, Fraction(30), 12, videos.portrait, rotation_degrees=90
    ),
    "night;silent.mp4": videos.Recipe(854, 480, Fraction(24), 16, videos.night, sound=False),
    "slides variable.mp4": videos.Recipe(960, 540, Fraction(20), 18, videos.slides, irregular=True),
    "broken upload.mkv": videos.Recipe(640, 360, Fraction(25), 16, videos.street),
    "a name with four blanks.mp4": videos.Recipe(320, 240, Fraction(10), 2, videos.street),
}
BROKEN = "broken upload.mkv"
KEPT_OF_BROKEN = 0.6


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the bucket and the library are made.")
    ] = Path("demo"),
) -> int:
    """Try shotlog on a small bucket, made and served here.

    The bucket's listing is mangled just as a well-known awk line does it. One video is broken and
    one row of the listing is beyond repair, to show what becomes of them.
    \f
    Example:
      shotlog demo
    """
    console = Console()
    bucket_folder, library = folder / "bucket", folder / "library"
    console.print(f"Making {len(RECIPES)} videos in {bucket_folder} …", highlight=False)
    make_bucket(bucket_folder)
    listing = folder / "videos.csv"
    with _served(bucket_folder) as bucket:
        listing.write_text(user_listing(bucket.entries, bucket.prefix), encoding="utf-8")
        console.print(f"$ shotlog run --csv {listing} --output {library}", style="bold")
        origin = Origin(csv=listing)
        code = execute(origin, load_settings({"output": library}), Choice())
    if code not in (0, 2):
        return code
    console.print()
    console.print(f"$ shotlog show {library}", style="bold")
    show(library, None, failed=False, limit=100, as_json=False)
    console.print()
    console.print(f"The clips are in {library / 'videos'}. To see all of it in the browser:")
    command = f"{_program()} serve {shlex.quote(str(library))} --open"
    console.print(command, style="bold", highlight=False, soft_wrap=True)
    return 0


def _program() -> str:
    """How this program was called, so that what is printed works in the same shell."""
    called = Path(sys.argv[0])
    return shlex.quote(sys.argv[0]) if called.name == "shotlog" else "shotlog"


def make_bucket(folder: Path) -> None:
    """Makes the demo's videos, unless they are there."""
    make_folder(folder)
    missing = {name: recipe for name, recipe in RECIPES.items() if not (folder / name).exists()}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(_make, [folder / name for name in missing], missing.values()))
    (folder / "notes.txt").write_text("not a video\n", encoding="utf-8")


def _make(path: Path, recipe: videos.Recipe) -> None:
    part = path.with_name(f"part-{path.name}")
    videos.make_video(part, recipe)
    if path.name == BROKEN:
        videos.truncated(part, KEPT_OF_BROKEN)
    part.replace(path)


def _served(folder: Path) -> Bucket:
    try:
        return Bucket(folder, port=PORT)
    except OSError:
        return Bucket(folder)
