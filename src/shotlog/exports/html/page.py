"""One page that shows a library by itself: no server, no further file, no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path

from shotlog.exports.html.markup import Markup, element, joined, linked
from shotlog.exports.html.thumbnails import small_jpeg
from shotlog.exports.objects import ClassObject, SegmentObject, VideoObject
from shotlog.exports.selection import Chosen, Counting, Target, Written
from shotlog.exports.tables.cells import short_clock
from shotlog.rows import ClipRow
from shotlog.storage import atomic_write, inside
from shotlog.wording import spoken_size


def write_html(videos: Iterable[Chosen], target: Target) -> Written:
    """The clips with their pictures, texts and times, and a box that filters them.

    Written as it streams. Raises LibraryError, DiskFullError.
    """
    counted = Counting(videos)
    with atomic_write(target.place) as file:
        file.write(_head().encode())
        for each in counted:
            for part in _video(each, target.library):
                file.write(part.encode())
        file.write(_foot(counted.videos, counted.clips).encode())
    return counted.written(target.place)


@cache
def _held(name: str) -> str:
    return (resources.files("shotlog.exports.html") / name).read_text("utf-8")


def _hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _head() -> str:
    """Only this very style and script are let run, and only pictures that lie in the page shown."""
    style, script = _held("page.css"), _held("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash_of(style)}; "
        f"script-src {_hash_of(script)}; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Shot log</title>
<style>{style}</style>
</head>
<body>
<header class="top">
<h1>Shot log</h1>
<form hidden role="search">
<label>Filter <input type="search" autocomplete="off" spellcheck="false"></label>
<output class="quiet" aria-live="polite"></output>
</form>
</header>
<main>
"""


def _foot(videos: int, clips: int) -> str:
    said = "Nothing fits." if not videos else f"Videos: {videos:,}, clips: {clips:,}."
    return f"""</main>
<footer>{said} Times count from a video's first frame.</footer>
<script>{_held("page.js")}</script>
</body>
</html>
"""


def _video(chosen: Chosen, library: Path) -> Iterator[Markup]:
    video, key = chosen.video, chosen.row.id
    yield Markup(f'<section aria-labelledby="v-{key}">\n')
    name = element("bdi", video.title or video.file_name)
    yield element("h2", name, id=f"v-{key}")
    yield _facts(video)
    if video.description:
        yield element("p", video.description)
    yield _tags(video.tags, video.classes)
    if video.error:
        yield element("p", video.error.message, class_="bad")
    if chosen.clips:
        yield Markup('<ol class="clips">\n')
        for row, segment in chosen.pairs:
            yield _clip(row, segment, library)
        yield Markup("</ol>\n")
    yield Markup("</section>\n")


def _facts(video: VideoObject) -> Markup:
    facts: list[tuple[str, str]] = []
    if video.title:
        facts.append(("File", element("bdi", video.file_name)))
    if media := video.media:
        facts += [
            ("Length", short_clock(media.duration_seconds)),
            ("Picture", f"{media.width}×{media.height}, {media.fps:.4g} fps, {media.video_codec}"),
        ]
    if video.file_size is not None:
        facts.append(("Size", spoken_size(video.file_size)))
    if video.last_modified:
        facts.append(("Modified", f"{video.last_modified:%Y-%m-%d %H:%M} UTC"))
    if video.scenes:
        facts.append(("Scenes", f"{len(video.scenes)}"))
    facts.append(("Source", linked(video.public_url, element("bdi", video.public_url))))
    pairs = (
        element("div", joined(element("dt", name), element("dd", told))) for name, told in facts
    )
    return element("dl", joined(*pairs))


def _clip(row: ClipRow, segment: SegmentObject, library: Path) -> Markup:
    heading = f"{short_clock(segment.start_seconds)} – {short_clock(segment.end_seconds)}"
    parts = [element("h3", linked(segment.segment_url, element("span", heading)))]
    if segment.description:
        parts.append(element("p", segment.description))
    elif segment.error:
        parts.append(element("p", segment.error.message, class_="bad"))
    if segment.heard:
        parts.append(element("p", segment.heard, class_="heard"))
    parts.append(_tags(segment.tags, segment.classes))
    picture = _picture(row, library)
    text = element("div", joined(*parts))
    return element("li", joined(picture, text), class_="clip")


def _picture(row: ClipRow, library: Path) -> Markup:
    jpeg = small_jpeg(inside(library, row.clip.thumb)) if row.clip.thumb else None
    image = Markup("")
    if jpeg is not None:
        data = base64.b64encode(jpeg.data).decode()
        image = Markup(
            f'<img src="data:image/jpeg;base64,{data}" width="{jpeg.width}" '
            f'height="{jpeg.height}" alt="" loading="lazy" decoding="async">'
        )
    return element("div", image, class_="picture")


def _tags(tags: Iterable[str], classes: Iterable[ClassObject]) -> Markup:
    items = [element("li", tag) for tag in tags]
    items += [element("li", f"{each.group}: {each.name}", class_="class") for each in classes]
    return element("ul", joined(*items), class_="tags") if items else Markup("")
