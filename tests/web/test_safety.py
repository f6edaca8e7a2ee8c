"""Who may ask, from where, and what a browser may load."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from shotlog.errors import SettingError
from shotlog.web.safety import is_loopback, local_address, require_token
from web.serving import Served

TOKEN = "a long enough token"
EVERYBODY = "0.0.0.0"  # noqa: S104 - nothing listens there

PAGES = ("/", "/search?q=car", "/nothing/here", "/login", "/?sort=wrong", "/openapi.json")


def first_video(client: httpx.Client) -> str:
    return str(client.get("/api/videos").json()["videos"][0]["address"])


@pytest.fixture(scope="module")
def closed(library: Path) -> Iterator[Served]:
    with Served(library, token=TOKEN) as served:
        yield served


@pytest.fixture
def stranger(closed: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=closed.url) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_a_browser_may_load(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
    assert "unsafe" not in policy
    assert "://" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"]
)
def test_a_name_that_leads_here_from_outside_is_not_answered(
    client: httpx.Client, host: str
) -> None:
    answer = client.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "hills" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8321"])
def test_this_machines_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_may_not_write(stranger: httpx.Client, headers: dict[str, str]) -> None:
    answer = stranger.post("/login", data={"token": TOKEN}, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_without_the_token_nothing_is_told(stranger: httpx.Client, library: Path) -> None:
    thumb = next(library.glob("videos/*/thumbs/*.jpg")).relative_to(library).as_posix()
    for path in ("/", "/search?q=car", "/videos/whatever"):
        answer = stranger.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=/")
    for path in ("/api/videos", f"/media/{thumb}", "/openapi.json"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert stranger.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert stranger.get(path, headers={"Cookie": f"shotlog-session={TOKEN}"}).status_code == 401


@pytest.mark.parametrize("host", ["x/static/?", "x/login#", "x/static/", "a@b", "", "x y"])
def test_a_host_header_that_holds_a_path_opens_nothing(stranger: httpx.Client, host: str) -> None:
    answer = stranger.get("/api/videos", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert "hills" not in answer.text


def test_a_program_sends_the_token_as_bearer(stranger: httpx.Client) -> None:
    answer = stranger.get("/api/videos", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200


def test_a_person_gives_the_token_once(stranger: httpx.Client) -> None:
    wrong = stranger.post("/login", data={"token": "something else", "next": "/"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
    answer = stranger.post("/login", data={"token": TOKEN, "next": "/search?q=car"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=car")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert stranger.get("/").status_code == 200
    stranger.post("/logout")
    assert stranger.get("/").status_code == 303


def test_a_form_too_long_is_refused(stranger: httpx.Client) -> None:
    assert stranger.post("/login", content=b"token=" + b"x" * 100_000).status_code == 413


@pytest.mark.parametrize("told", [True, False], ids=["told", "in pieces"])
def test_a_body_without_end_is_refused(client: httpx.Client, told: bool) -> None:
    body = b'{"description": "' + b"x" * 3_000_000
    pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    address = f"/api{first_video(client)}/edit"
    content = body if told else pieces
    answer = client.put(address, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "at most" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "address", ["https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nb", "evil", ""]
)
def test_logging_in_leads_nowhere_else(address: str) -> None:
    assert local_address(address) == "/"


def test_an_address_that_others_reach_needs_a_token() -> None:
    with pytest.raises(SettingError, match="no token"):
        require_token(EVERYBODY, None)
    with pytest.raises(SettingError, match="at least 16"):
        require_token("127.0.0.1", "short")
    require_token("127.0.0.1", None)
    require_token(EVERYBODY, TOKEN)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.4.5", "::1", "[::1]", "localhost"])
def test_these_reach_this_machine_only(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", [EVERYBODY, "::", "192.168.0.2", "example.org", ""])
def test_these_reach_further(host: str) -> None:
    assert not is_loopback(host)


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def test_names_and_descriptions_are_text_and_nothing_else(client: httpx.Client) -> None:
    videos = client.get("/api/videos").json()["videos"]
    (hostile,) = [each for each in videos if each["file_name"].startswith("<img")]
    for path in (
        "/",
        hostile["address"],
        "/search?q=alert",
        "/?q=%3Cscript%3Ealert(9)",
        "/%3Cb%3E",
    ):
        elements = Elements(client.get(path).text).found
        assert not [name for name, _ in elements if name in ("b", "iframe", "object", "style")]
        assert all(
            has.get("src", "x")[:8] == "/static/" for tag, has in elements if tag == "script"
        )
        assert all(
            has["src"][:7] == "/media/" for tag, has in elements if tag == "img" and "src" in has
        )
        assert not [
            name for _, has in elements for name in has if name[:2] == "on" or name == "style"
        ]
    assert "{{ 7*7 }}" in client.get(hostile["address"]).text
    track = client.get(f"{hostile['address']}/descriptions.vtt").text
    assert "--&gt; {{ 7*7 }}" in track
    assert "<script" not in track


def test_without_a_library_the_page_says_what_to_do(tmp_path: Path) -> None:
    with Served(tmp_path / "none") as served, httpx.Client(base_url=served.url) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "There is no shotlog library" in answer.text
        assert "--output" in answer.text
        told = client.get("/api/videos")
        assert (told.status_code, told.json()["error"]["code"]) == (503, "library")


def test_a_damaged_library_is_told_without_a_traceback(tmp_path: Path, library: Path) -> None:
    (tmp_path / "shotlog.db").write_bytes(b"no database" * 1000)
    with Served(tmp_path) as served, httpx.Client(base_url=served.url) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "damaged, or is no SQLite database" in answer.text
        assert "Traceback" not in answer.text
        shutil.copy(library / "shotlog.db", tmp_path / "shotlog.db")
        assert client.get("/").status_code == 200
