"""Documents in a real server, read back by pymongo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from mongo_material import ANSWER, MODIFIED, describe, library, source
from pymongo import MongoClient
from pymongo.database import Database

import shotlog
from mongo_servers import MongoServer
from shotlog import api
from shotlog.catalog import Catalog
from shotlog.cli.main import main
from shotlog.exports.mongodb import place
from shotlog.exports.mongodb.sending import Sent, differing, send
from shotlog.exports.mongodb.server import Server
from shotlog.rows import Edit
from shotlog.speech import Transcript, Word

Mongo = Database[dict[str, Any]]


@pytest.fixture
def server(mongo_server: MongoServer) -> MongoServer:
    return mongo_server


@pytest.fixture
def database(server: MongoServer) -> Iterator[Mongo]:
    """The database ``shotlog``, empty."""
    with MongoClient[dict[str, Any]](server.uri, tz_aware=True) as client:
        client.drop_database("shotlog")
        yield client["shotlog"]


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return library(tmp_path / "films", ["a.mp4", "b.mp4", "c.mp4"])


def export(folder: Path, server: MongoServer, query: str = "", **options: Any) -> Sent:
    with shotlog.open(folder) as opened:
        return opened.export_mongodb(server.uri, query, **options)


def export_in_pages(folder: Path, server: MongoServer) -> Sent:
    """As :func:`export`, four stamps at a time."""
    there = place(server.uri, "shotlog", "videos")
    sent = Sent(str(there))
    with (
        Catalog.open(folder / "shotlog.db", read_only=True) as catalog,
        Server(there, page=4) as opened,
    ):
        opened.prepare()
        send(catalog, opened, differing(catalog, opened, sent), sent)
    return sent


def mark(database: Mongo) -> None:
    """Leaves a mark in every document, which is gone from those that are written again."""
    database["videos"].update_many({}, {"$set": {"seen": True}})


def written_again(database: Mongo) -> list[str]:
    found = database["videos"].find({"seen": {"$exists": False}}).sort("file_name")
    return [each["file_name"] for each in found]


def test_a_video_is_one_document_with_the_object_of_results_json(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    sent = export(films, server)
    assert (sent.documents, sent.clips, sent.unchanged) == (3, 6, 0)
    assert sent.place == f"127.0.0.1:{server.port}/shotlog.videos"
    document = database["videos"].find_one({"file_name": "b.mp4"})
    assert document is not None
    assert document["_id"] == source("b.mp4").id
    with shotlog.open(films) as opened:
        video = opened.video("b.mp4")
    assert video is not None
    told = json.loads(json.dumps(document, default=str))
    for name, value in video.model_dump(mode="json").items():
        if name not in ("last_modified", "segments"):
            assert told[name] == value, name
    assert [each["heard"] for each in document["segments"]] == ["tlhIngan", None]
    assert database["videos"].count_documents({}) == 3


def test_values_have_the_types_of_bson(films: Path, server: MongoServer, database: Mongo) -> None:
    export(films, server)
    document = database["videos"].find_one({"file_name": "a.mp4"})
    assert document is not None
    assert document["last_modified"] == MODIFIED
    assert isinstance(document["file_size"], Int64)
    assert isinstance(document["segments"][0]["index"], Int64)
    assert isinstance(document["segments"][0]["start_seconds"], float)
    assert document["segments"][0]["usage"]["cost"] == Decimal128("0.00125")
    assert document["segments"][1]["usage"] is None
    assert document["media"]["has_audio"] is False
    after = {"last_modified": {"$gt": datetime(2026, 11, 1, tzinfo=UTC)}}
    assert database["videos"].count_documents(after) == 3


def test_a_second_export_writes_nothing(films: Path, server: MongoServer, database: Mongo) -> None:
    export(films, server)
    mark(database)
    sent = export(films, server)
    assert (sent.documents, sent.unchanged) == (0, 3)
    assert written_again(database) == []


def test_only_what_changed_is_written(films: Path, server: MongoServer, database: Mongo) -> None:
    export(films, server)
    mark(database)
    describe(films, "b.mp4", "A blue van.")
    api.edit(films, source("c.mp4").id, Edit("Seen by hand."), index=1)
    assert export(films, server).documents == 2
    assert written_again(database) == ["b.mp4", "c.mp4"]
    edited = database["videos"].find_one({"segments.description": "Seen by hand."})
    assert edited is not None
    assert edited["_id"] == source("c.mp4").id


def test_what_was_deleted_there_or_put_back_to_before_is_sent_again(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    export(films, server)
    old = database["videos"].find_one({"file_name": "a.mp4"})
    assert old is not None
    describe(films, "a.mp4", "A blue van.")
    export(films, server)
    mark(database)
    database["videos"].delete_one({"file_name": "b.mp4"})
    database["videos"].replace_one({"_id": old["_id"]}, {**old, "seen": True})
    assert export(films, server).documents == 2
    assert written_again(database) == ["a.mp4", "b.mp4"]
    database.client.drop_database("shotlog")
    assert export(films, server).documents == 3


def test_documents_of_an_older_shape_are_written_anew(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    export(films, server)
    database["videos"].update_one({"file_name": "c.mp4"}, {"$set": {"schema_version": 0}})
    assert export(films, server).documents == 1


def test_what_hands_changed_there_stays_until_all_is_exported(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    export(films, server)
    database["videos"].update_many({}, {"$set": {"title": "mine"}})
    assert export(films, server).documents == 0
    assert export(films, server, everything=True).documents == 3
    assert database["videos"].count_documents({"title": "mine"}) == 0


def test_many_documents_are_compared_in_pages(
    tmp_path: Path, server: MongoServer, database: Mongo
) -> None:
    folder = library(tmp_path / "many", [f"{number}.mp4" for number in range(30)], clips=1)
    assert export_in_pages(folder, server).documents == 30
    for name in ("3.mp4", "28.mp4"):
        describe(folder, name, "A blue van.")
    sent = export_in_pages(folder, server)
    assert (sent.documents, sent.unchanged) == (2, 28)


def test_many_videos_of_one_change_are_compared_in_pages_too(
    tmp_path: Path, server: MongoServer, database: Mongo
) -> None:
    names = [f"{number}.mp4" for number in range(20)]
    folder = library(tmp_path / "many", names, clips=1)
    with Catalog.open(folder / "shotlog.db") as catalog:
        for name in names[3:]:
            video_id = source(name).id
            catalog.link_answers(video_id, {1: f"answer of {source(names[3]).id}"})
            catalog.finish_video(video_id, "done", complete_key="all")
    describe(folder, names[3], "A blue van.")
    assert export_in_pages(folder, server).documents == 20
    assert len(database["videos"].distinct("revision")) < 10
    assert export_in_pages(folder, server).unchanged == 20


def test_what_is_there_is_read_from_an_index_alone(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    if server.kind == "secantusdb":
        pytest.skip("it does not say what it looked at")
    export(films, server)
    asked = {
        "find": "videos",
        "filter": {
            "library": database["videos"].distinct("library")[0],
            "schema_version": 1,
            "revision": {"$gte": 0},
        },
        "projection": {"_id": 1, "revision": 1},
        "sort": {"revision": 1, "_id": 1},
    }
    plan = database.command("explain", asked, verbosity="executionStats")["executionStats"]
    assert (plan["nReturned"], plan["totalDocsExamined"]) == (3, 0)


def test_an_address_that_waits_for_no_answer_is_answered_all_the_same(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    with shotlog.open(films) as opened:
        assert opened.export_mongodb(f"{server.uri}?w=0").documents == 3
        assert opened.export_mongodb(f"{server.uri}?w=1").unchanged == 3
    assert database["videos"].count_documents({}) == 3


def test_two_libraries_share_a_collection(
    films: Path, tmp_path: Path, server: MongoServer, database: Mongo
) -> None:
    other = library(tmp_path / "other", ["d.mp4"])
    assert export(films, server).documents == 3
    assert export(other, server).documents == 1
    assert (export(films, server).documents, export(other, server).documents) == (0, 0)
    assert database["videos"].count_documents({}) == 4


def test_with_filters_only_what_fits_is_there_until_the_next_whole_export(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    describe(films, "b.mp4", "A blue van.")
    sent = export(films, server, "van", collection="vans")
    assert (sent.documents, sent.clips) == (1, 1)
    (document,) = database["vans"].find()
    assert [each["description"] for each in document["segments"]] == ["A blue van."]
    assert export(films, server, "van", collection="vans").documents == 1
    assert export(films, server, collection="vans").documents == 3
    whole = database["vans"].find_one({"file_name": "b.mp4"})
    assert whole is not None
    assert len(whole["segments"]) == 2


def test_indexes_are_made_and_words_are_found_where_the_server_can(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    sent = export(films, server)
    made = database["videos"].index_information()
    fields = {name for index in made.values() for name, _ in index["key"]}
    assert {"file_name", "status", "last_modified", "tags", "classes.name"} <= fields
    assert {"segments.tags", "segments.classes.name"} <= fields
    if server.kind == "secantusdb":
        assert sent.notes == ["The server has made no index of words (error 67)."]
        return
    assert sent.notes == []
    assert database["videos"].count_documents({"$text": {"$search": "dog"}}) == 3
    plan = database["videos"].find({"tags": "street"}).explain()
    assert "IXSCAN" in json.dumps(plan, default=str)


def test_another_index_of_words_is_left_and_told_of(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    if server.kind == "secantusdb":
        pytest.skip("it has no such index")
    database["videos"].create_index([("public_url", "text")])
    (note,) = export(films, server).notes
    assert note == "The index of words was left as it is there: it was made in another way."


def test_names_and_words_from_outside_are_only_ever_values(
    tmp_path: Path, server: MongoServer, database: Mongo
) -> None:
    names = ["$where.mp4", "a.b\0c.mp4", "../../x'; drop.mp4", "\udcff.mp4"]
    folder = library(tmp_path / "films", names)
    describe(folder, names[0], "\ud800 {$ne: 1}")
    assert export(folder, server).documents == 4
    found = {each["file_name"] for each in database["videos"].find()}
    assert found == {*names[:3], "\\udcff.mp4"}
    assert export(folder, server).documents == 0


@pytest.mark.slow
def test_a_video_too_large_for_a_document_has_its_clips_in_a_collection_of_their_own(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    video_id = source("b.mp4").id
    long = "A red car. " * 60_000
    with Catalog.open(films / "shotlog.db") as catalog:
        row = catalog.clips(video_id)[0].clip
        clips = [replace(row, span=replace(row.span, index=index)) for index in range(1, 31)]
        catalog.save_clips(video_id, "clips", None, clips)
        for index in range(1, 31):
            catalog.save_answer(f"long {index}", video_id, index, replace(ANSWER, description=long))
        catalog.finish_video(video_id, "done", complete_key="all")
    database["videos_clips"].create_index("model", unique=True, name="one")
    sent = export(films, server)
    assert sent.documents == 2
    (refused,) = sent.refused
    assert refused.reason.startswith("29 of its clips were refused: another document has a value")

    database["videos_clips"].drop_index("one")
    sent = export(films, server)
    assert (sent.documents, sent.clips, sent.refused) == (1, 30, [])
    document = database["videos"].find_one({"_id": video_id})
    assert document is not None
    assert (document["segments"], document["clip_count"]) == ([], 30)
    assert document["clips_in"] == "videos_clips"
    clips_there = database["videos_clips"].find({"video_id": video_id}).sort("index")
    assert [each["_id"] for each in clips_there] == [f"{video_id}/{n}" for n in range(1, 31)]
    assert database["videos_clips"].count_documents({"description": long}) == 30

    with Catalog.open(films / "shotlog.db") as catalog:
        catalog.save_clips(video_id, "clips", None, clips[:2])
        catalog.finish_video(video_id, "done", complete_key="all")
    assert export(films, server).documents == 1
    assert database["videos_clips"].count_documents({}) == 0
    document = database["videos"].find_one({"_id": video_id})
    assert document is not None
    assert (len(document["segments"]), document["clips_in"]) == (2, None)


def test_a_video_too_large_even_so_is_named_and_costs_no_other(
    films: Path, server: MongoServer, database: Mongo
) -> None:
    with Catalog.open(films / "shotlog.db") as catalog:
        endless = Transcript((Word(Fraction(1), Fraction(2), "la" * 9_000_000),))
        catalog.save_transcript(source("b.mp4").id, "sound", endless)
        catalog.finish_video(source("b.mp4").id, "done", complete_key="all")
    sent = export(films, server)
    assert sent.documents == 2
    (refused,) = sent.refused
    assert refused.file_name == "b.mp4"
    assert "larger than the 16,760,832 bytes" in refused.reason
    assert database["videos"].count_documents({}) == 2
    assert database["videos_clips"].count_documents({}) == 0


def test_one_document_that_is_refused_costs_no_other(
    films: Path, server: MongoServer, database: Mongo, capsys: pytest.CaptureFixture[str]
) -> None:
    database["videos"].create_index("public_url", unique=True)
    database["videos"].insert_one({"_id": "mine", "public_url": source("b.mp4").public_url})
    assert main(["export", "mongodb", str(films), "--uri", server.uri]) == 2
    told = capsys.readouterr().out
    assert "2 documents, 4 clips to 127.0.0.1" in told
    assert "✗ b.mp4: another document has a value that a unique index allows once" in told
    assert database["videos"].count_documents({}) == 3
    database["videos"].delete_one({"_id": "mine"})
    assert export(films, server).documents == 1


def test_the_command_takes_the_settings_and_says_what_went_where(
    films: Path,
    server: MongoServer,
    database: Mongo,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOTLOG_MONGODB_URI", server.uri)
    monkeypatch.setenv("SHOTLOG_MONGODB_COLLECTION", "films")
    words = ["export", "mongodb", str(films)]
    assert main(words) == 0
    told = capsys.readouterr().out.splitlines()[0]
    assert told == f"3 documents, 6 clips to 127.0.0.1:{server.port}/shotlog.films"
    assert main([*words, "--database", "shotlog", "--collection", "films"]) == 0
    assert ", 3 unchanged" in capsys.readouterr().out
    assert main([*words, "--all"]) == 0
    assert capsys.readouterr().out.startswith("3 documents")
    assert database["films"].count_documents({}) == 3
