"""The JSON API, asked over HTTP."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

import shotlog
from shotlog.exports import VideoObject
from shotlog.queries import SORTS
from web.films import HOSTILE_NAME


def names(client: httpx.Client, **asked: Any) -> list[str]:
    answer = client.get("/api/videos", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["file_name"] for each in answer.json()["videos"]]


def hills(client: httpx.Client) -> dict[str, Any]:
    (found,) = client.get("/api/videos", params={"q": '"sun over the hills"'}).json()["videos"]
    return dict(found)


def test_a_card_says_what_the_grid_shows(client: httpx.Client) -> None:
    card = hills(client)
    assert (card["file_name"], card["title"], card["status"]) == (
        "hills.mp4",
        "Sun over the hills",
        "done",
    )
    assert (card["duration_seconds"], card["clips"], card["classes"]) == (
        12.0,
        3,
        ["outdoors", "dark"],
    )
    assert client.get(card["thumb"]).headers["content-type"] == "image/jpeg"
    assert client.get(card["address"]).status_code == 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"status": "partial"}, {"cut off.mkv"}),
        ({"status": ["partial", "failed"]}, {"cut off.mkv", "no video.mp4"}),
        ({"tag": "traffic"}, {"road.mp4", "cut off.mkv"}),
        ({"tag": ["traffic", "silent"]}, {"road.mp4", "cut off.mkv"}),
        ({"tag": "TRAFFIC", "status": "done"}, {"road.mp4"}),
        ({"tag": "nowhere"}, set()),
        ({"class": "light=dark"}, {"night.mp4", "hills.mp4"}),
        ({"class": "dark"}, {"night.mp4", "hills.mp4"}),
        ({"q": "sways"}, {"night.mp4"}),
        ({"q": "everybody"}, {"hills.mp4"}),
        ({"q": "car OR sways", "tag": "night"}, {"night.mp4"}),
        ({"min_length": "0:10"}, {"hills.mp4"}),
        ({"max_length": "3.5"}, {HOSTILE_NAME}),
        ({"since": "2100-01-01"}, set()),
    ],
)
def test_filters_keep_the_videos_that_fit(
    client: httpx.Client, asked: dict[str, Any], found: set[str]
) -> None:
    assert set(names(client, **asked)) == found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("asked", [{}, {"q": "road OR hills"}, {"tag": "silent"}])
def test_pages_of_one_are_together_the_whole_in_its_order(
    client: httpx.Client, sort: str, asked: dict[str, str]
) -> None:
    whole = names(client, sort=sort, **asked)
    assert len(whole) == {"": 7, "q": 4, "tag": 5}["".join(asked)]
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        where = {"after": after} if after else {}
        page = client.get("/api/videos", params={**asked, **where, "sort": sort, "limit": "1"})
        found += [each["file_name"] for each in page.json()["videos"]]
        after = page.json()["after"]
    assert found == whole


def test_orders_are_what_they_say(client: httpx.Client) -> None:
    assert names(client, sort="longest")[0] == "hills.mp4"
    assert names(client, sort="longest")[-1] == "no video.mp4"
    assert names(client, sort="shortest")[:2] == [HOSTILE_NAME, "phone.mov"]
    assert names(client, sort="shortest")[-1] == "no video.mp4"
    by_name = names(client, sort="name")
    assert by_name == sorted(by_name, key=str.casefold)
    assert names(client, sort="oldest") == names(client, sort="newest")[::-1]


def test_a_video_is_told_as_it_is_exported(client: httpx.Client, library: Path) -> None:
    card = hills(client)
    told = client.get(f"/api/videos/{card['id']}").json()
    with shotlog.open(library) as opened:
        exported = opened.video("hills.mp4")
    assert VideoObject.model_validate(told["video"]) == exported
    for clip in told["clips"]:
        assert client.get(clip["media"], headers={"Range": "bytes=4-7"}).content == b"ftyp"


def test_words_heard_have_their_times(client: httpx.Client) -> None:
    words = client.get(f"/api/videos/{hills(client)['id']}/words").json()["words"]
    assert [each["text"] for each in words][:2] == ["good", "morning"]
    assert [each["start_seconds"] for each in words][:3] == [0.0, 0.5, 1.0]


def test_curves_are_measured_along_the_video(client: httpx.Client) -> None:
    curves = client.get(f"/api/videos/{hills(client)['id']}/curves").json()
    assert len({len(values) for values in curves.values()}) == 1
    assert curves["start_seconds"][0] == 0
    assert max(curves["motion"]) > 0.02
    assert all(-40 < each < 0 for each in curves["loudness_db"][2:-2])


def test_a_search_finds_moments(client: httpx.Client) -> None:
    (hit,) = client.get("/api/search", params={"q": "everybody"}).json()["hits"]
    assert (hit["index"], hit["start_seconds"], hit["end_seconds"]) == (1, 0.0, 4.0)
    assert hit["address"].endswith("#t=0")
    snippet = hit["snippet"]
    ((start, end),) = snippet["marks"]
    assert (snippet["column"], snippet["text"][start:end]) == ("transcript", "everybody")


def test_a_search_that_finds_nothing_says_what_was_meant(client: httpx.Client) -> None:
    told = client.get("/api/search", params={"q": "hilsl"}).json()
    assert told == {
        "hits": [],
        "did_you_mean": "The library has 'hilsl' nowhere. Did you mean 'hills'?",
    }


def test_tags_are_counted(client: httpx.Client) -> None:
    counted = {(each["name"], each["group"]): each for each in client.get("/api/tags").json()}
    assert counted["traffic", None]["clips"] == 3
    assert counted["outdoors", "class"]["videos"] == 4
    assert [each["name"] for each in client.get("/api/tags?begins=traf").json()] == ["traffic"]


def test_the_library_is_told_in_numbers(client: httpx.Client) -> None:
    told = client.get("/api/library").json()
    assert (told["videos"], told["done"], told["partial"], told["failed"]) == (7, 5, 1, 1)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/videos?sort=sideways", 400, "newest"),
        ("/api/videos?after=nonsense", 400, "no place"),
        ("/api/videos?after=WyJ2IiwxXQ", 400, "no place"),
        ("/api/videos?status=sleepy", 400, "done, partial, failed"),
        ("/api/videos?min_length=long", 400, "no length"),
        ("/api/videos?since=yesterday", 400, "no time"),
        ("/api/videos?before=0001-01-01T00:00:00%2B05:00", 400, "before: "),
        ("/api/videos?since=0001-01-01T00:00:00%2B14:00", 400, "since: "),
        (f"/api/videos?min_length={'9' * 400}", 400, "min_length: "),
        (f"/api/videos?max_length={'9' * 1900}", 400, "max_length: "),
        ("/api/videos?limit=0", 422, "limit"),
        ("/api/videos?limit=many", 422, "limit"),
        ("/api/search?q=-only", 400, "not wanted"),
        ("/api/search?q=x&in=nowhere", 400, "description"),
        ("/api/videos/nobody", 404, "no video"),
        ("/api/nothing", 404, "nothing at this address"),
    ],
)
def test_what_cannot_be_meant_is_told(
    client: httpx.Client, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "place",
    [["v", 1, 10**30], ["v", 10**30, 1], ["v", "\ud800", 1], ["v", float("nan"), 1], ["v", 1, -1]],
)
def test_a_place_that_no_page_named_is_refused(client: httpx.Client, place: list[object]) -> None:
    after = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    for sort in SORTS:
        answer = client.get("/api/videos", params={"after": after, "sort": sort})
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    "text",
    ["\0", "\ud800", "%ff", "'; DROP TABLE videos; --", "a" * 1900, "((((", '"', "*", "NEAR(a b)"],
)
def test_no_text_breaks_anything(client: httpx.Client, text: str) -> None:
    names = ("q", "tag", "class", "since", "min_length", "sort", "after", "begins", "in")
    for name in names:
        asked = urlencode({name: text}, errors="surrogatepass")
        assert client.get(f"/api/videos?{asked}").status_code in (200, 400), name
    for path in ("/api/search", "/api/tags", "/", "/search"):
        asked = urlencode({"q": text, "tag": text, "begins": text}, errors="surrogatepass")
        assert client.get(f"{path}?{asked}").status_code in (200, 400), path


def test_every_route_of_the_api_is_described(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    assert {"/api/videos", "/api/search", "/api/tags"} <= set(described["paths"])
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["description"], f"{method} {path} says nothing"
    for name, schema in described["components"]["schemas"].items():
        if name.endswith("Object") and "properties" in schema:
            silent = [n for n, p in schema["properties"].items() if "description" not in p]
            assert not silent, f"{name}: {silent}"


def test_tracks_are_on_the_clock_of_what_is_played(client: httpx.Client) -> None:
    address = hills(client)["address"]
    whole = client.get(f"{address}/descriptions.vtt")
    assert whole.headers["content-type"].startswith("text/vtt")
    assert "\n00:00:04.000 --> 00:00:08.000\nDusk over dark hills" in whole.text
    second = client.get(f"{address}/descriptions.vtt?clip=2").text
    assert second == (
        "WEBVTT\n\nclip 2\n00:00:00.000 --> 00:00:04.000\n"
        "Dusk over dark hills while a yellow sun sinks.\n"
    )
    heard = client.get(f"{address}/transcript.vtt").text
    assert " ".join(heard.splitlines()[3:]) == (
        "good morning everybody &lt;b&gt;look&lt;/b&gt; at the hills"
    )
    assert client.get(f"{address}/transcript.vtt?clip=2").text == "WEBVTT\n"
    assert client.get(f"{address}/transcript.vtt?clip=9").status_code == 404
