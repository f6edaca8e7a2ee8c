"""The charts of a library: what they count, and where their bars lead."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from typing import Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from shotlog import api
from shotlog.catalog.collection import Band, Collection, Model, Month, TagMonths
from shotlog.rows import TagCount
from shotlog.web.charting import Counter
from shotlog.web.charts import Column, axis_of, bar_of, bars, charts_of, columns_of
from shotlog.web.library_access import Shelf
from web.looking import Looker
from web.serving import Served


def made(
    months: tuple[Month, ...] = (),
    lengths: tuple[Band, ...] = (),
    tags: tuple[TagMonths, ...] = (),
) -> Collection:
    return Collection(3, 9, 70.0, 10, lengths, (), (), months, (Model("a <b>model", 9),), tags)


def test_bands_without_videos_at_the_ends_are_left_out_and_within_are_not() -> None:
    counted = (0, 4, 0, 1, 0)
    edges = ((0, 10), (10, 30), (30, 60), (60, 120), (120, None))
    lengths = tuple(Band(*edge, count) for edge, count in zip(edges, counted, strict=True))
    told = charts_of(made(lengths=lengths), ()).lengths
    assert [(bar.name, bar.value, bar.address) for bar in told] == [
        ("10 s – 30 s", 4, "/?min_length=10&max_length=30"),
        ("30 s – 1 min", 0, None),
        ("1 min – 2 min", 1, "/?min_length=60&max_length=120"),
    ]
    assert [bar.share for bar in told] == [1.0, 0.0, 0.25]
    assert [bar.percent for bar in told] == [80.0, 0.0, 20.0]


def test_months_without_videos_have_their_place_and_a_column_leads_to_its_month() -> None:
    months = (Month("2023-12", 2, 60.0), Month("2024-02", 1, 0.0))
    told = charts_of(made(months, tags=(TagMonths("sea", (("2024-02", 5),)),)), ())
    assert [(each.name, each.value) for each in told.times] == [
        ("2023-12", 2),
        ("2024-01", 0),
        ("2024-02", 1),
    ]
    assert told.times[2].address == "/?since=2024-02-01&before=2024-02-29"
    assert told.times[0].further == " videos, 1 minute"
    assert told.strips[0].columns[2].address == "/?tag=sea&since=2024-02-01&before=2024-02-29"
    assert told.strips[0].total == 5


def test_many_months_become_years() -> None:
    months = (Month("1999-05", 1, 0.0), Month("2024-02", 1, 0.0), Month("2024-03", 2, 0.0))
    told = charts_of(made(months), ()).times
    assert (len(told), told[0].name, told[-1].name, told[-1].value) == (26, "1999", "2024", 3)
    assert told[-1].address == "/?since=2024-01-01&before=2024-12-31"


def test_classes_stand_by_group_and_names_are_quoted() -> None:
    counts = (
        TagCount("a & b", None, 7, 0),
        TagCount("dark", "light", 1, 2),
        TagCount("bright", "light", 0, 3),
    )
    told = charts_of(made(), counts)
    assert [(group, [bar.name for bar in bars]) for group, bars in told.classes] == [
        ("light", ["bright", "dark"])
    ]
    assert told.tags[0].address == "/?tag=a+%26+b"
    assert told.classes[0][1][0].address == "/?class=light%3Dbright"


def test_what_is_drawn_holds_no_markup_of_a_name() -> None:
    drawn = columns_of(
        charts_of(made((Month("2024-02", 1, 0.0),)), ()).times, '<b>"over" time</b>', 20
    )
    assert "<b>" not in drawn
    assert 'width="0.4%"' in bar_of(bars([("much", 10**6, None), ("little", 1, None)], of=10**7)[1])


@pytest.mark.parametrize("count", [1, 2, 9, 12, 60])
def test_the_names_below_stand_under_their_columns(count: int) -> None:
    columns = [Column(f"2024-{at}", 1, 1.0, "/") for at in range(count)]
    rects = re.findall(r'<rect x="([\d.]+)%" width="([\d.]+)%" y', columns_of(columns, "time", 20))
    names = re.findall(r'<text x="([\d.]+)%".*?>(.*?)<', axis_of(columns))
    assert len(names) == min(count, 3 if count > 4 else 2)
    for x, name in names:
        begins, width = map(float, rects[int(name.removeprefix("2024-"))])
        assert begins - 0.1 <= float(x) <= begins + width + 0.1
    assert float(rects[-1][0]) + float(rects[-1][1]) <= 100


def test_every_bar_leads_to_as_many_videos_as_it_says(
    client: httpx.Client,
) -> None:
    page = client.get("/charts").text
    bar = r'<th scope="row"><a href="(/\?(?:min_|max_|class)[^"]*)">.*?</a></th>.*?"number">(\d+)<'
    found = re.findall(bar, page, re.DOTALL)
    assert len(found) >= 3
    for address, count in found:
        path = "/api/videos" + unescape(address)[1:]
        assert len(client.get(path).json()["videos"]) == int(count), address


def test_the_same_numbers_are_there_for_programs(client: httpx.Client) -> None:
    told = client.get("/api/charts").json()
    assert (told["videos"], told["clips"]) == (7, sum(each["clips"] for each in told["models"]))
    assert sum(each["videos"] for each in told["lengths"]) == 6
    assert [each["name"] for each in told["tags"] if each["group"] == "light"] == ["dark"]
    assert sum(each["videos"] for each in told["months"]) == 7
    assert told["months"][0]["seconds"] > 0


def test_a_library_that_is_empty_or_not_there_says_so(tmp_path: Path) -> None:
    with Served(tmp_path / "nowhere") as served:
        answer = httpx.get(f"{served.url}/charts")
        assert answer.status_code == 503
        assert "There is no" in answer.text


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_reads_the_charts_and_follows_a_bar(
    looker: Looker, scheme: Literal["light", "dark"]
) -> None:
    page = looker.open("/charts", scheme=scheme)
    expect(page.get_by_role("heading", name="The collection")).to_be_visible()
    looker.picture(page, f"charts-{scheme}", whole=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("link", name="outdoors").click()
    page.wait_for_url("**/?class=*")
    phone = looker.open("/charts", phone=True, scheme=scheme)
    looker.picture(phone, f"charts-phone-{scheme}", whole=True)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_charts_count_the_tags_of_now_whatever_was_counted_before(
    library: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(library, tmp_path / "library")
    shelf = Shelf(copy)
    shelf.tag_counts()
    with shelf.open() as opened:
        video_id = next(opened.rows()).id
    api.edit(copy, video_id, api.Edit(added=("seen just now",)))
    assert "seen just now" in {each.name for each in Counter(shelf).counted().counts}
