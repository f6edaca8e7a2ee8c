"""Libraries that are empty, without clip files, or made of videos that lie on the web."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

import shotlog
from shotlog.catalog import Catalog
from shotlog.records import Source
from shotlog.testing.bucket import Bucket
from web.films import small_film
from web.looking import PHONE, Looker
from web.serving import Served

WHERE_TEXT_BEGINS = """(element) => {
    const first = document.createRange();
    first.setStart(element.firstChild, 0);
    first.setEnd(element.firstChild, 1);
    const box = element.getBoundingClientRect();
    return [first.getBoundingClientRect().right, (box.left + box.right) / 2];
}"""


def test_an_empty_library_says_how_it_is_filled(tmp_path: Path) -> None:
    Catalog.open(tmp_path / "shotlog.db").close()
    with Served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        text = client.get("/").text
        assert "This library is empty." in text
        assert f"shotlog run --csv videos.csv --output {tmp_path}" in text
        assert client.get("/api/videos").json()["videos"] == []
        assert client.get("/api/search?q=x").json()["hits"] == []


def test_a_library_of_an_older_layout_says_how_it_is_brought_up_to_date(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        catalog._connection.execute("PRAGMA user_version = 3")
    with Served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "layout 3" in answer.text
    assert "Run `shotlog run` on this library once" in answer.text


def test_a_video_without_clip_files_is_shown_by_its_pictures(tmp_path: Path) -> None:
    film = small_film(tmp_path / "films" / "film.mp4")
    shotlog.run(dir=film.parent, output=tmp_path / "log", clips=False, segment_length=2)
    with Served(tmp_path / "log") as served, httpx.Client(base_url=served.url) as client:
        card = client.get("/api/videos").json()["videos"][0]
        text = client.get(card["address"]).text
        assert "No clip files were made of this video." in text
        assert "<video" not in text
        assert client.get(card["thumb"]).status_code == 200


@pytest.mark.slow
def test_a_source_on_the_web_is_asked_for_only_where_a_person_wants_it(
    tmp_path: Path, chromium: Browser
) -> None:
    film = small_film(tmp_path / "films" / "film.mp4")
    with Bucket(film.parent) as bucket:
        shotlog.run(urls=[bucket.url("film.mp4")], output=tmp_path / "log", segment_length=2)
        fetched = len(bucket.requests)
        with Served(tmp_path / "log") as served, Looker(chromium, served.url, None) as looker:
            page = looker.open("/")
            page.locator("#grid a").click()
            page.wait_for_selector("#controls:not([hidden])")
            page.keyboard.press("k")
            page.wait_for_selector("[data-playing]")
            assert (looker.troubles, len(bucket.requests)) == ([], fetched)
            looker.allow(bucket.url("")[: -len("/vids/")])
            page.get_by_role("link", name=re.compile("^Play the source from 127")).click()
            page.wait_for_selector("#controls:not([hidden])")
            page.keyboard.press("]")
            expect(page.locator("#time")).to_have_text("0:02.0")
            page.keyboard.press("k")
            page.wait_for_selector("[data-playing]")
            assert len(bucket.requests) > fetched
            assert looker.troubles == []


@pytest.mark.slow
def test_a_clip_whose_file_is_gone_is_told(
    tmp_path: Path, library: Path, chromium: Browser
) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(library, copied)
    for clip in copied.glob("videos/*/clips/clip_002.mp4"):
        clip.unlink()
    with Served(copied) as served, Looker(chromium, served.url, None) as looker:
        page = looker.open("/")
        page.get_by_role("link", name="Sun over the hills").click()
        page.wait_for_selector("#controls:not([hidden])")
        expect(page.locator("#trouble")).not_to_be_visible()
        page.keyboard.press("]")
        expect(page.locator("#trouble")).to_contain_text("shotlog verify tells more")
        page.locator("#clip-3 .when").click()
        page.wait_for_selector("[data-playing]")
        expect(page.locator("#clip-3")).to_have_attribute("aria-current", "true")


@pytest.mark.slow
def test_more_videos_come_as_the_page_is_scrolled(tmp_path: Path, chromium: Browser) -> None:
    names = [f"film {number:03}.mp4" for number in range(120)]
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        urls = [f"https://bucket.example/{name}" for name in names]
        sources = [Source(url, url, name) for url, name in zip(urls, names, strict=True)]
        catalog.add_sources(catalog.begin_run({}), sources, lambda source: source.id)
    with Served(tmp_path) as served, Looker(chromium, served.url, None) as looker:
        page = looker.open("/?sort=name")
        cards = page.locator("#grid .name")
        for _ in range(20):
            if cards.count() == len(names):
                break
            page.keyboard.press("End")
            page.mouse.wheel(0, 20_000)
            page.wait_for_timeout(100)
        expect(cards).to_have_text(names)
        assert looker.troubles == []
        plain = looker.open("/?sort=name", java_script_enabled=False)
        expect(plain.locator("#grid .name")).to_have_count(48)
        plain.get_by_role("link", name="More videos").click()
        expect(plain.locator("#grid .name")).to_have_text(names[48:96])


@pytest.mark.slow
@pytest.mark.parametrize("phone", [False, True])
def test_names_of_any_length_and_direction_keep_the_page_in_shape(
    tmp_path: Path, chromium: Browser, phone: bool
) -> None:
    endless, arabic = f"{'x' * 5000}.mp4", "رحلة إلى البحر (2024) نسخة.mp4"
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        urls = {name: f"https://bucket.example/{at}" for at, name in enumerate((endless, arabic))}
        sources = [Source(url, url, name) for name, url in urls.items()]
        catalog.add_sources(catalog.begin_run({}), sources, lambda source: source.id)
        catalog._connection.execute("UPDATE videos SET title = 'A film' WHERE number = 1")
    with Served(tmp_path) as served, Looker(chromium, served.url, None) as looker:
        page = looker.open("/?sort=name", phone=phone)
        expect(page.locator("#grid .file")).to_have_text([endless])
        whole = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(whole) == 0
        name = page.locator("#grid .name", has_text="2024")
        left, middle = name.evaluate(WHERE_TEXT_BEGINS)
        assert left > middle, "a text that is written from the right begins there"
        page.locator("#grid a").first.click()
        page.wait_for_selector(".of-file")
        assert page.evaluate(whole) == 0
        box = page.locator("header.bar").bounding_box()
        assert box is not None
        assert box["height"] < 250
        assert looker.troubles == []


@pytest.mark.slow
def test_a_name_without_end_keeps_the_list_of_failures_in_shape(
    tmp_path: Path, chromium: Browser
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"this is no video")
    listed = [{"file_name": f"{'x' * 5000}.mp4", "public_url": broken.as_uri()}]
    (tmp_path / "listing.json").write_text(json.dumps(listed), encoding="utf-8")
    shotlog.run(json=tmp_path / "listing.json", output=tmp_path / "log")
    with Served(tmp_path / "log") as served, Looker(chromium, served.url, None) as looker:
        page = looker.open("/run", phone=True)
        box = page.locator(".causes").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= PHONE["width"]
        assert box["height"] < 250
        assert looker.troubles == []
