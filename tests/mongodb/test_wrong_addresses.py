"""What is said where the server cannot be used; the address is never shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from mongo_material import library
from pymongo import MongoClient

import shotlog
from mongo_servers import Kind, MongoServer, require
from shotlog.cli.main import main
from shotlog.errors import DatabaseInterruptedError, DatabaseRefusedError, SettingError, UsageError
from shotlog.exports import FORMATS
from shotlog.exports.mongodb import place
from shotlog.exports.mongodb.server import Server


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return library(tmp_path / "films", ["a.mp4"])


@pytest.mark.parametrize(
    "uri",
    [
        "http://secret@localhost",
        "mongodb://",
        "mongodb://user:se/cret@localhost",
        "mongodb://user:12/secret@localhost",
        "mongodb://user:se?cret@localhost/",
        "mongodb://user:sec@ret@localhost",
        "mongodb://user:se%zzcret@localhost:port",
        "mongodb://localhost:secret",
        "mongodb://one:1,two:2/?directConnection=true&appName=secret",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_and_not_shown(films: Path, uri: str) -> None:
    with (
        shotlog.open(films) as opened,
        pytest.raises((SettingError, DatabaseRefusedError)) as caught,
    ):
        opened.export_mongodb(uri)
    assert "secret" not in str(caught.value)
    assert "mongodb" in str(caught.value).lower()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("tls=maybe", "tls"),
        ("retryWrites=true&replicaSte=secret&w=1", "replicaSte"),
        ("secret", "secret"),
        ("sec%20ret=1", "one of them"),
    ],
)
def test_an_option_that_pymongo_would_pass_over_is_named(options: str, named: str) -> None:
    there = place(f"mongodb://localhost/?{options}", "shotlog", "videos")
    with pytest.raises(SettingError, match=f"are wrong: {named}\\."):
        Server(there)


def test_without_pymongo_the_line_that_installs_it_is_told(
    films: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymongo", None)
    uri = "mongodb://localhost"
    assert main(["export", "mongodb", str(films), "--uri", uri]) == 1
    assert "pip install 'shotlog[mongodb]'" in capsys.readouterr().err
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", uri)
    assert main(["run", "--dir", str(films), "--mongodb", "--output", "log"]) == 1
    assert "pip install 'shotlog[mongodb]'" in capsys.readouterr().err
    assert not Path("log").exists()


def test_no_address_is_told_with_the_settings_name(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "mongodb", str(films)]) == 1
    assert "SHOTLOG_MONGODB_URI" in capsys.readouterr().err


@pytest.mark.parametrize("database", ["", "a.b", "a b", "x" * 64, "a/b", "a$"])
def test_a_database_name_that_mongodb_does_not_take_is_refused(database: str) -> None:
    with pytest.raises(SettingError, match="name of a MongoDB database"):
        place("mongodb://localhost", database, "videos")


@pytest.mark.parametrize("collection", ["", "system.users", "a$", "a\0", ".a", "a..b", "x" * 300])
def test_a_collection_name_that_mongodb_does_not_take_is_refused(collection: str) -> None:
    with pytest.raises(SettingError, match="name of a MongoDB collection"):
        place("mongodb://localhost", "shotlog", collection)


def test_a_place_is_shown_without_user_password_and_options() -> None:
    address = "mongodb://me:p%40ss@one:27017,two:27018/admin?replicaSet=rs"
    shown = place(address, "shotlog", "videos")
    assert str(shown) == "one:27017,two:27018/shotlog.videos"
    assert "p%40ss" not in repr(shown)


def test_a_server_that_is_not_there_is_named_without_the_password(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uri = "mongodb://me:secret@localhost:9/?serverSelectionTimeoutMS=200"
    with (
        shotlog.open(films) as opened,
        pytest.raises(DatabaseInterruptedError, match="localhost:9"),
    ):
        opened.export_mongodb(uri)
    assert main(["export", "mongodb", str(films), "--uri", uri]) == 2
    told = capsys.readouterr().err
    assert "does not answer" in told
    assert "secret" not in told


@pytest.mark.parametrize("kind", ["secantusdb", "mongod"])
def test_a_wrong_password_is_told_without_it(kind: Kind, films: Path, tmp_path: Path) -> None:
    require(kind)
    server = MongoServer(kind, tmp_path)
    server.start()
    with MongoClient[dict[str, object]](server.uri) as client:
        roles = [{"role": "readWrite", "db": "shotlog"}]
        client.admin.command("createUser", "me", pwd="right", roles=roles)
    server.stop()
    server = MongoServer(kind, tmp_path, auth=True)
    server.start()
    try:
        with shotlog.open(films) as opened:
            with pytest.raises(DatabaseRefusedError, match="user or the password") as caught:
                opened.export_mongodb(f"mongodb://me:secret@127.0.0.1:{server.port}/")
            assert "secret" not in str(caught.value)
            with pytest.raises(DatabaseRefusedError, match="has not logged in"):
                opened.export_mongodb(server.uri)
            sent = opened.export_mongodb(f"mongodb://me:right@127.0.0.1:{server.port}/")
            assert sent.documents == 1
    finally:
        server.kill()


def test_options_of_a_database_and_of_a_file_are_kept_apart(
    films: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", "jsonl", str(films), "--uri", "mongodb://localhost"]
    assert main(words) == 1
    assert "--uri belongs to" in capsys.readouterr().err
    assert main(["export", "mongodb", str(films), "--out", "x"]) == 1
    assert "--out names a file" in capsys.readouterr().err
    words = ["export", "mongodb", str(films), "--uri", "mongodb://localhost", "--all", "-q", "a"]
    assert main(words) == 1
    assert "--all" in capsys.readouterr().err
    assert "mongodb" not in FORMATS
    with shotlog.open(films) as opened, pytest.raises(UsageError, match="no file"):
        opened.export("mongodb")


def test_servers_that_cannot_be_looked_up_may_be_found_later() -> None:
    from pymongo.errors import ConfigurationError

    from shotlog.exports.mongodb.failures import in_our_words

    atlas = place("mongodb+srv://me:secret@cluster.example/", "shotlog", "videos")
    with (
        pytest.raises(DatabaseInterruptedError, match=r"cluster\.example") as told,
        in_our_words(atlas),
    ):
        raise ConfigurationError("The DNS query name does not exist")
    assert "secret" not in str(told.value)
    here = place("mongodb://localhost/", "shotlog", "videos")
    with pytest.raises(DatabaseRefusedError), in_our_words(here):
        raise ConfigurationError("unknown option")
