"""What a person does, in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from web.looking import SCHEMES, Looker, Scheme
from web.serving import Served


def names(page: Page) -> list[str]:
    return [each.strip() for each in page.locator("#grid .name").all_inner_texts()]


def open_hills(looker: Looker, **options: object) -> Page:
    page = looker.open("/")
    page.get_by_role("link", name="Sun over the hills").click()
    page.wait_for_selector("#controls:not([hidden])")
    return page


def time_of(page: Page) -> float:
    minutes, seconds = page.locator("#time").inner_text().split(":")
    return int(minutes) * 60 + float(seconds)


def wait_for_time(page: Page, least: float) -> None:
    page.wait_for_function(
        "least => { const [m, s] = document.getElementById('time').textContent.split(':');"
        " return Number(m) * 60 + Number(s) >= least; }",
        arg=least,
    )


def test_filters_work_as_they_are_typed(looker: Looker) -> None:
    page = looker.open("/")
    assert len(names(page)) == 7
    page.get_by_label("Words").fill("sways")
    expect(page.get_by_role("status").filter(has_text="fit")).to_have_text("1 video fits")
    expect(page.locator("#grid .name")).to_have_text(["A night"])
    assert page.url.endswith("/?q=sways")
    page.get_by_label("Words").fill("swa")
    expect(page.locator(".chip")).to_contain_text("swa*")
    expect(page.locator("#grid .name")).to_have_text(["A night"])
    page.get_by_label("Words").fill("swung")
    expect(page.get_by_role("heading", name="No video fits.")).to_be_visible()
    page.get_by_label("Words").fill("")
    page.get_by_label("State").select_option("partial")
    expect(page.locator("#grid .name")).to_have_text(["cut off.mkv"])
    page.locator(".chip").click()
    expect(page.locator("#grid .card")).to_have_count(7)


def test_moments_are_found_while_words_are_typed(looker: Looker) -> None:
    page = looker.open("/")
    page.keyboard.press("/")
    page.keyboard.type("everyb")
    option = page.locator("#found").get_by_role("option")
    expect(option).to_have_count(1)
    expect(option.locator("mark")).to_have_text("everybody")
    expect(page.get_by_text("1 moment", exact=True)).to_be_attached()
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    looker.picture(page, "search-as-you-type")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/videos/\w+#t=0$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sun over the hills")


def test_a_phrase_is_found_before_its_end_is_typed(looker: Looker) -> None:
    page = looker.open("/")
    page.keyboard.press("/")
    page.keyboard.type('"red ca')
    expect(page.locator("#found").get_by_role("option").first.locator("mark").first).to_have_text(
        re.compile("^[Rr]ed")
    )


RIGHT_TO_LEFT = "\u202e"

LEFT_OF = """(element, place) => {
    const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
    const range = document.createRange();
    range.setStart(text, place);
    range.setEnd(text, place + 1);
    return range.getBoundingClientRect().left;
}"""


@pytest.mark.parametrize("name", [f"{RIGHT_TO_LEFT}gpj", "x" * 5000], ids=["turned", "long"])
def test_a_name_neither_turns_what_stands_beside_it_nor_fills_the_page(
    chromium: Browser, library: Path, tmp_path: Path, name: str
) -> None:
    shutil.copytree(library, tmp_path / "log")
    with closing(sqlite3.connect(tmp_path / "log" / "shotlog.db")) as catalog, catalog:
        catalog.execute("UPDATE videos SET title = ?", (name,))
    with Served(tmp_path / "log") as served:
        page = chromium.new_page()
        page.goto(f"{served.url}/search?q=sinks")
        time = page.locator(".hit .time").first
        assert time.evaluate(LEFT_OF, 0) < time.evaluate(LEFT_OF, 3)
        page.locator(".hit a").first.click()
        box = page.get_by_role("heading", level=1).bounding_box()
        page.close()
    assert box is not None
    assert box["height"] < 150


@pytest.mark.slow
def test_a_hit_that_is_clicked_plays_from_there(looker: Looker) -> None:
    page = looker.open("/search?q=sinks")
    page.locator(".hit a").first.click()
    page.wait_for_selector("[data-playing]")
    wait_for_time(page, 4.3)
    expect(page.locator("#clip-2")).to_have_attribute("aria-current", "true")
    assert time_of(page) < 10


@pytest.mark.slow
def test_a_clip_that_is_clicked_plays_and_the_descriptions_follow(looker: Looker) -> None:
    page = open_hills(looker)
    expect(page.locator("#now .words")).to_contain_text("bright sky over green hills")
    page.locator("#clip-2 .when").click()
    wait_for_time(page, 4.2)
    expect(page.locator("#clip-2")).to_have_attribute("aria-current", "true")
    expect(page.locator("#now .words")).to_contain_text("Dusk over dark hills")
    expect(page.locator("#position")).to_have_attribute("aria-valuetext", re.compile(r"clip 2$"))
    page.locator("[data-do=speed]").select_option("2")
    wait_for_time(page, 8.2)
    expect(page.locator("#clip-3")).to_have_attribute("aria-current", "true")
    expect(page.locator("#now .words")).to_contain_text("bright sky over green hills")
    assert page.locator("#clip-2[aria-current]").count() == 0


@pytest.mark.slow
def test_a_word_that_is_clicked_plays_from_there(looker: Looker) -> None:
    page = open_hills(looker)
    page.locator(".line span", has_text="everybody").click()
    wait_for_time(page, 1.1)
    assert page.url.endswith("#t=1")
    assert time_of(page) < 4


@pytest.mark.slow
def test_everything_can_be_done_by_keyboard_alone(looker: Looker) -> None:
    page = looker.open("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("j")
    first = page.locator(":focus").get_attribute("href")
    page.keyboard.press("ArrowRight")
    assert page.locator(":focus").get_attribute("href") != first
    page.keyboard.press("Home")
    assert page.locator(":focus").get_attribute("href") == first
    while "Sun over" not in page.locator(":focus").inner_text():
        page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#controls:not([hidden])")
    page.keyboard.press("]")
    expect(page.locator("#clip-2")).to_have_attribute("aria-current", "true")
    assert time_of(page) == pytest.approx(4.0, abs=0.11)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#time")).to_have_text("0:09.0")
    page.keyboard.press("k")
    page.wait_for_selector("[data-playing]")
    page.keyboard.press("k")
    page.wait_for_selector("[data-do=play]:not([data-playing])")
    page.keyboard.press("m")
    expect(page.locator("[data-do=mute]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Play or pause")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.slow
def test_the_timeline_is_a_slider(looker: Looker) -> None:
    page = open_hills(looker)
    slider = page.get_by_role("slider", name="Position in the video")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("#clip-3")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0:00 of 0:12, clip 1")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(slider).to_have_attribute("aria-valuetext", "0:06 of 0:12, clip 2")


def test_an_address_leads_to_a_moment(looker: Looker) -> None:
    address = open_hills(looker).url
    page = looker.open(address.removeprefix("http://").partition("/")[2].join(("/", "#t=9.5")))
    expect(page.locator("#time")).to_have_text("0:09.5")
    page = looker.open("/" + address.split("/", 3)[3] + "?clip=2")
    expect(page.locator("#time")).to_have_text("0:04.0")


@pytest.mark.slow
def test_captions_are_shown_of_words_heard(looker: Looker) -> None:
    page = open_hills(looker)
    page.keyboard.press("c")
    page.wait_for_function(
        "() => { const track = document.querySelector('video').textTracks[0];"
        " return track.mode === 'showing' && track.cues?.length; }"
    )
    said = page.evaluate(
        "document.querySelector('video').textTracks[0].cues[0].getCueAsHTML().textContent"
    )
    assert "<b>look</b>" in said


@pytest.mark.slow
def test_the_page_works_without_javascript(looker: Looker) -> None:
    page = looker.open("/?q=sways", java_script_enabled=False)
    assert names(page) == ["A night"]
    page.get_by_label("Words").fill("hills")
    page.get_by_role("button", name="Show", exact=True).click()
    assert "Sun over the hills" in names(page)
    page.get_by_role("link", name="Sun over the hills").click()
    expect(page.locator("video[controls]")).to_have_count(1)
    expect(page.locator(".clip")).to_have_count(3)
    page.get_by_label("Find a moment").fill("everybody")
    page.keyboard.press("Enter")
    expect(page.locator(".hit mark")).to_have_text("everybody")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/search?q=car", "/?tag=nowhere", "/nothing"])
def test_nothing_is_wider_than_a_phone(looker: Looker, path: str) -> None:
    page = looker.open(path, phone=True)
    looker.troubles = [each for each in looker.troubles if "404" not in each]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_no_video_is_wider_than_a_phone(looker: Looker) -> None:
    page = looker.open("/", phone=True)
    for address in [each.get_attribute("href") for each in page.locator("#grid a").all()]:
        page.goto(str(address))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address


@pytest.mark.slow
def test_the_player_goes_from_edge_to_edge_where_the_window_is_low(looker: Looker) -> None:
    page = open_hills(looker)
    page.set_viewport_size({"width": 800, "height": 400})
    box = page.locator("#stage").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, page.evaluate("document.documentElement.clientWidth"))


def test_dark_and_light_are_kept(looker: Looker) -> None:
    page = looker.open("/", scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Dark or light").click()
    light = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == light


@pytest.mark.slow
def test_it_is_printed_as_a_list(looker: Looker) -> None:
    page = open_hills(looker)
    page.emulate_media(media="print")
    expect(page.locator("#controls")).not_to_be_visible()
    expect(page.locator("#clip-3 .description")).to_be_visible()
    looker.picture(page, "print", whole=True)


@pytest.mark.slow
def test_a_person_logs_in(looker: Looker, library: Path) -> None:
    with Served(library, token="a long enough token") as closed:
        page = looker.open("/login")
        looker.allow(closed.url)
        page.goto(f"{closed.url}/search?q=sways")
        expect(page.get_by_label("Token")).to_be_focused()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("not the token")
        looker.troubles = [each for each in looker.troubles if "403" not in each]
        page.get_by_label("Token").fill("a long enough token")
        page.keyboard.press("Enter")
        expect(page.locator(".hit")).to_have_count(2)
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        page.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_amiss(looker: Looker, scheme: Scheme) -> None:
    addresses = [each.get_attribute("href") for each in looker.open("/").locator("#grid a").all()]
    for path in (
        "/",
        "/search?q=car",
        "/search?q=nowhere",
        "/?tag=nowhere",
        "/nothing",
        *addresses,
    ):
        page = looker.open(str(path), scheme=scheme, bypass_csp=True)
        looker.troubles = [each for each in looker.troubles if "404" not in each]
        assert_accessible(page)
        page.close()


@pytest.mark.slow
def test_axe_finds_nothing_amiss_in_what_opens(looker: Looker) -> None:
    page = looker.open("/", bypass_csp=True)
    for words, selector in (("hill", "#found [role=option]"), ("nowhere", "#found .nothing")):
        page.get_by_label("Find a moment").fill(words)
        page.wait_for_selector(selector)
        assert_accessible(page)
    page.get_by_label("Find a moment").fill("")
    page.get_by_text("Dates and length").click()
    page.get_by_role("button", name="Show the keys").click()
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"


@pytest.mark.slow
def test_the_pages_are_kept_as_pictures(looker: Looker) -> None:
    for scheme in SCHEMES:
        looker.picture(looker.open("/", scheme=scheme), f"grid-{scheme}")
        page = looker.open("/search?q=hills", scheme=scheme)
        looker.picture(page, f"search-{scheme}")
        page.locator(".hit a").first.click()
        page.wait_for_selector("#controls:not([hidden])")
        page.locator("#clip-2 .when").click()
        wait_for_time(page, 4.5)
        looker.picture(page, f"video-{scheme}")
    page = looker.open("/", phone=True)
    looker.picture(page, "phone-grid")
    page.get_by_role("link", name="Sun over the hills").click()
    page.wait_for_selector("#controls:not([hidden])")
    looker.picture(page, "phone-video", whole=True)
