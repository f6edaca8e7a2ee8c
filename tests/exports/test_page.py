"""The page that shows a library by itself, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exported_material import HOSTILE, a_clip, a_video
from PIL import Image

from shotlog.exports import Chosen, Target, format_named, video_object
from shotlog.exports.html.markup import Markup, element, linked
from shotlog.exports.tables.cells import short_clock


def written(folder: Path, *videos: Chosen) -> Path:
    place = folder / "export.html"
    format_named("html").write(videos, Target(place, folder))
    return place


def pictured(folder: Path, size: tuple[int, int] = (320, 180)) -> Chosen:
    """A video whose first clip has a thumbnail."""
    Image.new("RGB", size, (200, 30, 30)).save(folder / "clip_001.jpg")
    first = a_clip(1, 0, 15, "A red boat leaves the harbour.")
    first = replace(first, clip=replace(first.clip, thumb="clip_001.jpg"))
    return a_video(first, a_clip(2, 15, 30, "Two gulls sit on a pole."))


@pytest.fixture
def opened(chromium: Any) -> Iterator[Any]:
    """Opens a page by its file's name; what it asked for and complained of is kept."""
    page = chromium.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    yield page
    page.close()


def shown(page: Any, path: Path) -> None:
    page.goto(path.as_uri())
    foreign = [each for each in page.asked if not each.startswith("data:")]
    assert foreign == [path.as_uri()]
    assert page.said == []


@pytest.mark.slow
def test_it_shows_pictures_texts_and_times_and_asks_nobody(opened: Any, tmp_path: Path) -> None:
    shown(opened, written(tmp_path, pictured(tmp_path)))
    clips = opened.locator(".clip")
    assert clips.count() == 2
    assert clips.nth(0).locator("h3").inner_text() == "0:00 – 0:15"
    assert "A red boat" in clips.nth(0).inner_text()
    size = clips.nth(0).locator("img").evaluate("each => [each.naturalWidth, each.naturalHeight]")
    assert size == [160, 90]
    assert clips.nth(1).locator("img").count() == 0


@pytest.mark.slow
def test_the_box_leaves_the_clips_that_hold_all_words(opened: Any, tmp_path: Path) -> None:
    other = a_video(a_clip(1, 0, 15, "Rain."), name="night.mp4")
    shown(opened, written(tmp_path, pictured(tmp_path), other))
    found = opened.locator("output")
    assert found.inner_text() == "3 clips"
    for words, told in (("GULLS pole", "1 of 3 clips"), ("beach boat", "1 of 3 clips")):
        opened.fill("input", words)
        found.get_by_text(told).wait_for()
        assert opened.locator(".clip:visible").count() == 1
        assert opened.locator("section:visible").count() == 1
    opened.fill("input", "night")
    opened.locator("section:has-text('night.mp4'):visible").wait_for()
    found.get_by_text("1 of 3 clips").wait_for()


@pytest.mark.slow
def test_a_name_without_end_leaves_room_for_the_clips(opened: Any, tmp_path: Path) -> None:
    endless = "x" * 5000
    shown(opened, written(tmp_path, a_video(a_clip(1, 0, 15, "Sea."), name=f"{endless}.mp4")))
    assert opened.locator("h2").bounding_box()["height"] < 100
    assert opened.locator("h2").inner_text().startswith(endless)
    assert opened.locator("section").bounding_box()["height"] < 600


@pytest.mark.slow
def test_words_that_mean_harm_are_only_shown(opened: Any, tmp_path: Path) -> None:
    video = a_video(a_clip(1, 0, 15, HOSTILE), name=HOSTILE, title=HOSTILE)
    source = replace(video.row.source, url="javascript:alert(1)//", public_url=HOSTILE)
    row = replace(video.row, source=source, tags=(HOSTILE,), description=HOSTILE)
    video = replace(video, row=row, video=video_object(row, video.scan, video.clips))
    opened.on("dialog", lambda dialog: pytest.fail(f"{dialog.message} ran"))
    shown(opened, written(tmp_path, video))
    assert opened.locator("script").count() == 1
    assert opened.locator("img").count() == 0
    assert opened.locator("a").count() == 0
    assert "<script>alert(1)</script>" in opened.locator("h2").inner_text()
    assert opened.locator("output").inner_text() == "1 clip"


@pytest.mark.slow
def test_a_script_that_is_not_its_own_does_not_run(opened: Any, tmp_path: Path) -> None:
    path = written(tmp_path, pictured(tmp_path))
    text = path.read_text("utf-8")
    path.write_text(text.replace("<main>", "<main><script>document.title='run'</script>"), "utf-8")
    opened.goto(path.as_uri())
    assert opened.title() == "Shot log"
    assert "Content Security Policy" in opened.said[0]


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    video = pictured(tmp_path)
    (tmp_path / "clip_001.jpg").write_bytes(b"no picture")
    text = written(tmp_path, video).read_text("utf-8")
    assert "<img" not in text
    (tmp_path / "clip_001.jpg").unlink()
    assert "<img" not in written(tmp_path, video).read_text("utf-8")


def test_a_page_without_videos_says_so(tmp_path: Path) -> None:
    assert "Nothing fits." in written(tmp_path).read_text("utf-8")


def test_nothing_in_the_page_leads_out_of_it_but_links(tmp_path: Path) -> None:
    text = written(tmp_path, pictured(tmp_path)).read_text("utf-8")
    assert not re.search(r'(src|href|url)\s*[=(]\s*"?(?!data:|https?://bucket\.example/)\w', text)


def test_text_is_escaped_once_and_markup_never() -> None:
    assert element("p", "a < b & c") == "<p>a &lt; b &amp; c</p>\n"
    assert element("p", Markup("<b>x</b>"), class_='"x"') == (
        '<p class="&quot;x&quot;"><b>x</b></p>\n'
    )


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "java\nscript:alert(1)", "//x", "http://["],
)
def test_an_address_that_a_browser_might_run_is_no_link(address: str) -> None:
    assert "<a" not in linked(address, "here")


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (7.5, "0:07.5"), (600, "10:00"), (3675.001, "1:01:15.001")]
)
def test_times_are_short_where_they_can_be(seconds: float, told: str) -> None:
    assert short_clock(seconds) == told
