"""Descriptions and tags by hand: over HTTP, without a script, and in a browser."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from web.looking import Looker
from web.serving import Served

SCREENSHOTS = os.environ.get("SHOTLOG_SCREENSHOTS")
"""Read before the tests' own fixture takes it out of the environment."""

TOLD = "A red car and a blue car cross a grey road."


@pytest.fixture
def copied(library: Path, tmp_path: Path) -> Path:
    """A library of one's own, to write to."""
    return Path(shutil.copytree(library, tmp_path / "library"))


@pytest.fixture
def mine(copied: Path) -> Iterator[Served]:
    with Served(copied) as served:
        yield served


@pytest.fixture
def hand(mine: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mine.url) as client:
        yield client


@pytest.fixture
def writer(chromium: Browser, mine: Served) -> Iterator[Looker]:
    with Looker(chromium, mine.url, Path(SCREENSHOTS) if SCREENSHOTS else None) as looker:
        yield looker


@pytest.fixture
def road(hand: httpx.Client) -> str:
    """The address of a video of cars."""
    found = hand.get("/api/videos", params={"q": '"red car"', "status": "done"}).json()
    return str(found["videos"][0]["address"])


def edited(hand: httpx.Client, address: str) -> Any:
    return hand.get(f"/api{address}/edit").raise_for_status().json()


def test_a_hand_wins_is_found_and_exported_and_can_be_taken_back(
    hand: httpx.Client, road: str, copied: Path
) -> None:
    clip = f"/api{road}/clips/1/edit"
    told = hand.get(clip).json()
    assert (told["description"], told["description_told"]) == (TOLD, TOLD)
    assert {"street", "traffic"} <= set(told["tags"])
    body = {"description": " A lorry. ", "added": ["lorry", "Lorry", " "], "removed": ["TRAFFIC"]}
    answer = hand.put(clip, json=body)
    assert answer.status_code == 200
    now = answer.json()
    assert (now["description"], now["description_told"]) == ("A lorry.", TOLD)
    assert "lorry" in now["tags"]
    assert "traffic" not in now["tags"]
    assert now["added"] == ["lorry"]
    assert answer.headers["etag"] == f'"{now["version"]}"'
    assert hand.get("/api/search", params={"q": "lorry"}).json()["hits"]
    (written,) = copied.glob(f"videos/*{road.rpartition('/')[2]}/video.json")
    assert json.loads(written.read_text())["segments"][0]["description"] == "A lorry."
    page = hand.get(road).text
    assert "edited by hand" in page
    assert f"Told: <del>{TOLD}</del>" in page
    assert hand.delete(clip).json() == told
    assert "edited by hand" not in hand.get(road).text


def test_a_video_as_a_whole_is_edited_likewise(hand: httpx.Client, road: str) -> None:
    now = hand.put(f"/api{road}/edit", json={"description": "Cars.", "added": ["cars"]}).json()
    assert (now["description"], now["added"]) == ("Cars.", ["cars"])
    card = hand.get("/api/videos", params={"tag": "cars"}).json()["videos"][0]
    assert card["address"] == road
    blank = hand.put(f"/api{road}/edit", json={"description": " \n"}).json()
    assert blank["edited_at"] is None


def test_who_looked_at_an_older_state_writes_nothing_over_a_newer(
    hand: httpx.Client, road: str
) -> None:
    clip = f"/api{road}/clips/1/edit"
    seen = {"If-Match": hand.get(clip).headers["etag"]}
    assert hand.put(clip, json={"description": "First."}, headers=seen).status_code == 200
    second = hand.put(clip, json={"description": "Second."}, headers=seen)
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "edited_meanwhile"
    assert "Somebody else" in second.json()["error"]["message"]
    assert hand.delete(clip, headers=seen).status_code == 409
    assert hand.get(clip).json()["description"] == "First."
    assert hand.put(clip, json={}, headers={"If-Match": "*"}).status_code == 200


def test_only_this_page_may_write(hand: httpx.Client, road: str) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in (f"/api{road}/edit", f"/api{road}/clips/1/edit"):
            assert hand.put(path, json={"description": "x"}, headers=headers).status_code == 403
            assert hand.delete(path, headers=headers).status_code == 403
        form = hand.post(f"{road}/edit", data={"description": "x"}, headers=headers)
        assert form.status_code == 403
    assert edited(hand, road)["edited_at"] is None


@pytest.mark.parametrize("path", ["/videos/nosuchvideo0", "{road}/clips/99"])
def test_what_is_not_there_cannot_be_edited(hand: httpx.Client, road: str, path: str) -> None:
    address = path.format(road=road)
    assert hand.get(f"{address}/edit").status_code == 404
    assert hand.put(f"/api{address}/edit", json={}).status_code == 404
    assert hand.delete(f"/api{address}/edit").status_code == 404
    assert hand.post(f"{address}/edit", data={}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"description": "x" * 20_001},
        {"added": ["x" * 201]},
        {"added": ["x"] * 201},
        {"added": "x"},
        {"desciption": "misspelt"},
    ],
)
def test_a_body_that_will_not_do_is_refused(
    hand: httpx.Client, road: str, body: dict[str, Any]
) -> None:
    assert hand.put(f"/api{road}/edit", json=body).status_code == 422


def test_the_form_works_without_a_script(hand: httpx.Client, road: str) -> None:
    address = f"{road}/clips/1/edit"
    version = edited(hand, f"{road}/clips/1")["version"]
    fields = {"seen": version, "description": "Two\r\nlines.", "tags": "street\r\nlorry\r\n"}
    answer = hand.post(address, data=fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{road}?clip=1#clip-1"
    now = edited(hand, f"{road}/clips/1")
    assert now["description"] == "Two\nlines."
    assert now["tags"] == ["street", "lorry"]
    assert "traffic" in now["removed"]
    late = hand.post(address, data={**fields, "description": "Late."})
    assert late.status_code == 409
    assert "Somebody else" in late.text
    assert ">Late.</textarea>" in late.text
    assert "Two\nlines." in late.text
    back = hand.post(address, data={"seen": now["version"], "do": "take back"})
    assert back.status_code == 303
    assert edited(hand, f"{road}/clips/1")["edited_at"] is None


def test_saving_what_was_told_is_no_edit(hand: httpx.Client, road: str) -> None:
    now = edited(hand, f"{road}/clips/1")
    fields = {"description": now["description"], "tags": "\n".join(now["tags"])}
    assert hand.post(f"{road}/clips/1/edit", data=fields).status_code == 303
    assert edited(hand, f"{road}/clips/1")["edited_at"] is None


def open_editor(page: Page) -> None:
    page.keyboard.press("e")
    expect(page.get_by_label("Description")).to_be_focused()


def test_a_person_edits_a_clip_by_keys_alone(writer: Looker, hand: httpx.Client, road: str) -> None:
    page = writer.open(road)
    open_editor(page)
    page.keyboard.press("Control+a")
    page.keyboard.type("A lorry <b>waits</b>.")
    page.get_by_label("Add a tag").first.focus()
    page.keyboard.type("lorry,waiting")
    page.get_by_role("button", name="Remove traffic").click()
    writer.picture(page, "edit-clip")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Control+Enter")
    clip = page.locator("#clip-1")
    expect(clip.locator(".description")).to_have_text("A lorry <b>waits</b>.")
    expect(clip).to_contain_text("edited by hand")
    expect(page.locator("#now .words")).to_have_text("A lorry <b>waits</b>.")
    expect(page.get_by_role("form")).to_have_count(0)
    assert clip.get_by_role("link", name="Edit clip 1").evaluate(
        "e => e === document.activeElement"
    )
    now = edited(hand, f"{road}/clips/1")
    assert now["added"] == ["lorry", "waiting"]
    assert now["removed"] == ["traffic"]
    open_editor(page)
    page.get_by_role("button", name="Take back to what was told").click()
    expect(clip.locator(".description")).to_have_text(TOLD)
    assert edited(hand, f"{road}/clips/1")["edited_at"] is None
    assert writer.troubles == []


def test_escape_leaves_but_asks_first_where_something_was_written(
    writer: Looker, hand: httpx.Client, road: str
) -> None:
    page = writer.open(road)
    open_editor(page)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Description")).to_have_count(0)
    open_editor(page)
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Description")).to_have_count(0)
    assert edited(hand, f"{road}/clips/1")["edited_at"] is None
    assert writer.troubles == []


def test_two_tabs_on_one_clip_and_the_later_is_asked(
    writer: Looker, hand: httpx.Client, road: str
) -> None:
    first, second = writer.open(road), writer.open(road)
    for page in (first, second):
        open_editor(page)
    first.get_by_label("Description").fill("The first.")
    first.keyboard.press("Control+Enter")
    expect(first.locator("#clip-1 .description")).to_have_text("The first.")
    second.get_by_label("Description").fill("The second.")
    second.keyboard.press("Control+Enter")
    expect(second.get_by_role("alert")).to_contain_text("As it is now: The first.")
    writer.picture(second, "edit-conflict")
    assert edited(hand, f"{road}/clips/1")["description"] == "The first."
    second.get_by_role("button", name="Keep mine").click()
    expect(second.locator("#clip-1 .description")).to_have_text("The second.")
    assert edited(hand, f"{road}/clips/1")["description"] == "The second."
    assert [each for each in writer.troubles if "409" not in each] == []


def test_the_video_as_a_whole_is_edited_in_place(
    writer: Looker, hand: httpx.Client, road: str
) -> None:
    page = writer.open(road)
    page.keyboard.press("E")
    page.get_by_label("Description").fill("Cars on a road.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-edited=video] .summary")).to_have_text("Cars on a road.")
    assert edited(hand, road)["description"] == "Cars on a road."
    alone = writer.open(f"{road}/edit", phone=True, scheme="dark")
    writer.picture(alone, "edit-alone-phone-dark")
    found = Axe().run(alone)
    assert found.violations_count == 0, found.generate_report()
    alone.get_by_role("button", name="Take back").click()
    alone.wait_for_url(f"**{road}")
    assert edited(hand, road)["edited_at"] is None
    assert writer.troubles == []
