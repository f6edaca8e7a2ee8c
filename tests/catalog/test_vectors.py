"""Vectors in the catalog: kept once, and the nearest found as if all were compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from catalog_material import ANSWER, add, clip, folder_of, source
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from shotlog import ledger
from shotlog.catalog import Catalog, nearest, signatures
from shotlog.catalog.hybrid_search import Nearness
from shotlog.catalog.signatures import BLOCK, Floats
from shotlog.catalog.vectoring import Placed
from shotlog.catalog.vectors import STRIDE
from shotlog.errors import EmbeddingRefusedError
from shotlog.queries import Filters, Query, read_query
from shotlog.records import VideoText
from shotlog.rows import Edit, VectorModel

ID = source().id
IDENTITY = {"embedder": "test", "model": "m"}
DIMENSIONS = 200
"""No whole number of words of 64 bits."""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "shotlog.db") as opened:
        add(opened, source())
        opened.save_clips(ID, "clips", None, [clip(number) for number in range(1, 5)])
        yield opened


def made(count: int, seed: int = 0) -> Floats:
    """Vectors that have much in common, lie about some subjects, and have most of their weight in
    few numbers, as those of real models do.
    """
    random = np.random.default_rng(seed)
    subjects = np.random.default_rng(7).standard_normal((200, DIMENSIONS))
    vectors = subjects[random.integers(0, 200, count)] + 2.0
    vectors += 0.7 * random.standard_normal((count, DIMENSIONS))
    vectors *= np.exp(-np.arange(DIMENSIONS) / 30)
    found: Floats = (vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype(np.float32)
    return found


def say(catalog: Catalog, texts: Sequence[str]) -> None:
    for index, text in enumerate(texts, start=1):
        answer = replace(ANSWER, description=text, tags=())
        catalog.save_answer(f"{text}-{index}", ID, index, answer)


def embed(catalog: Catalog, vectors: dict[str, Floats]) -> VectorModel:
    """Gives the clips that say one of these texts its vector."""
    model = catalog.add_vector_model("m", IDENTITY)
    told = catalog.told(ID)
    keys = {index: ledger.vector_key(IDENTITY, text) for index, text in told.items()}
    by_key = {ledger.vector_key(IDENTITY, text): vector for text, vector in vectors.items()}
    new = [key for key in by_key if key not in catalog.vectors_kept(by_key)]
    model = catalog.save_vectors(model, new, np.stack([by_key[key] for key in new]))
    catalog.place_vectors(model, [Placed(ID, keys)], catalog.revision())
    return model


def near(
    catalog: Catalog, model: VectorModel, vector: Floats, **filters: object
) -> list[int | None]:
    asked = Filters(**filters)  # type: ignore[arg-type]
    rows = catalog.search_near(Query(), asked, Nearness(model, vector), 20, by_words=False)
    return [row.clip_index for row in rows]


def test_the_nearest_clips_come_first(catalog: Catalog) -> None:
    say(catalog, ["one", "two", "three", "four"])
    one, two, three, four = made(4)
    model = embed(catalog, {"one": one, "two": two, "three": three, "four": four})
    order = [vector @ three for vector in (one, two, three, four)]
    expected = sorted(range(1, 5), key=lambda index: -order[index - 1])
    assert near(catalog, model, three) == expected


def test_clips_that_say_the_same_share_a_vector(catalog: Catalog) -> None:
    say(catalog, ["same", "same", "other", "same"])
    same, other = made(2)
    model = embed(catalog, {"same": same, "other": other})
    assert model.made == 2
    assert near(catalog, model, same)[:3] == [4, 2, 1]


def test_what_is_said_otherwise_now_is_not_found_by_its_old_meaning(catalog: Catalog) -> None:
    say(catalog, ["one", "two", "three", "four"])
    vectors = made(5)
    model = embed(catalog, dict(zip(("one", "two", "three", "four"), vectors, strict=False)))
    catalog.save_clip_edit(ID, 2, Edit("five"))
    assert 2 not in near(catalog, model, vectors[1])
    assert catalog.vector_of(model, ID, 2) is None
    catalog.save_clip_edit(ID, 2, Edit())
    assert near(catalog, model, vectors[1])[0] == 2
    catalog.save_clips(ID, "fewer", None, [clip(1)])
    assert near(catalog, model, vectors[1]) == []


def test_filters_hold_however_far_away_what_passes_them_is(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        count = BLOCK + 200
        sources = [
            replace(source(f"{n}.mp4"), last_modified=datetime(2020 + n % 2, 1, 1, tzinfo=UTC))
            for n in range(4)
        ]
        run_id = catalog.begin_run({})
        catalog.add_sources(run_id, sources, folder_of)
        for each in sources:
            catalog.save_clips(each.id, "clips", None, [clip(n) for n in range(1, 3)])
            for n in (1, 2):
                tags = ("rare",) if each is sources[1] and n == 2 else ()
                key = f"{each.id}{n}"
                catalog.save_answer(key, each.id, n, replace(ANSWER, description=key, tags=tags))
        model = catalog.add_vector_model("m", IDENTITY)
        vectors = made(count)
        far = np.argsort(vectors @ vectors[0])
        keys = [ledger.vector_key(IDENTITY, str(n)) for n in range(count)]
        for each in sources:
            for n, text in catalog.told(each.id).items():
                # The farthest of all say what these clips do.
                place = int(far[sources.index(each) * 3 + n])
                keys[place] = ledger.vector_key(IDENTITY, text)
        model = catalog.save_vectors(model, keys, vectors)
        placed = [
            Placed(
                each.id,
                {n: ledger.vector_key(IDENTITY, t) for n, t in catalog.told(each.id).items()},
            )
            for each in sources
        ]
        catalog.place_vectors(model, placed, 1)
        asked = vectors[0]
        assert near(catalog, model, asked, tags=("rare",)) == [2]
        assert len(near(catalog, model, asked, since=datetime(2020, 6, 1, tzinfo=UTC))) == 4
        assert near(catalog, model, asked, tags=("nobody has it",)) == []


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[tuple[Catalog, VectorModel, Floats]]:
    """300 clips that mean what is looked for; a video as a whole and two clips that lie far off."""
    near_by, far_off = made(2)
    with Catalog.open(tmp_path / "shotlog.db") as catalog:
        add(catalog, source())
        catalog.save_clips(ID, "clips", None, [clip(number) for number in range(1, 303)])
        say(catalog, [f"near {n}" for n in range(300)] + ["a red car far off", "a car, red"])
        catalog.save_video_text(ID, "text", VideoText(description="far off", tags=(), title="x"))
        random = np.random.default_rng(3)
        vectors = {}
        for text in catalog.told(ID).values():
            middle = near_by if text.startswith("near") else far_off
            vectors[text] = middle + 0.001 * random.standard_normal(DIMENSIONS).astype(np.float32)
        yield catalog, embed(catalog, vectors), near_by


def test_whole_videos_are_found_among_any_number_of_clips(
    crowded: tuple[Catalog, VectorModel, Floats],
) -> None:
    catalog, model, asked = crowded
    assert near(catalog, model, asked, whole=True) == [None]
    assert None not in near(catalog, model, -asked, whole=False)


@pytest.mark.parametrize(
    ("query", "found"), [('x "red car"', [301]), ("x -near", [301, 302, None])]
)
def test_phrases_and_unwanted_words_hold_however_far_away_what_has_them_is(
    crowded: tuple[Catalog, VectorModel, Floats], query: str, found: list[int | None]
) -> None:
    catalog, model, asked = crowded
    rows = catalog.search_near(
        read_query(query), Filters(), Nearness(model, asked), 20, by_words=False
    )
    assert sorted((row.clip_index for row in rows), key=lambda index: index or 999) == found


def test_the_nearest_of_many_are_those_that_comparing_all_would_find(catalog: Catalog) -> None:
    model = catalog.add_vector_model("m", IDENTITY)
    vectors = made(3 * BLOCK + 100)
    for start in range(0, len(vectors), 1500):
        part = vectors[start : start + 1500]
        keys = [ledger.vector_key(IDENTITY, str(start + n)) for n in range(len(part))]
        model = catalog.save_vectors(model, keys, part)
    connection = catalog._connection
    found = 0
    for asked in made(10, seed=1):
        signed = nearest._signed_distances(connection, model, asked)
        numbers = np.append(signatures.nearest(signed, 1000), np.arange(len(signed), model.made))
        order = list(nearest._compared(connection, model.number * STRIDE, asked, numbers))
        best = {number for number, _ in order[:10]}
        found += len(best & set(np.argsort(-(vectors @ asked))[:10].tolist()))
    assert found >= 98, "of the 100 nearest"


def test_vectors_of_another_length_are_refused(catalog: Catalog) -> None:
    model = catalog.add_vector_model("m", IDENTITY)
    model = catalog.save_vectors(model, ["00" * 16], made(1))
    with pytest.raises(EmbeddingRefusedError, match="vectors of 8 numbers"):
        catalog.save_vectors(model, ["11" * 16], np.ones((1, 8), np.float32))


def test_vectors_that_are_forgotten_are_gone_and_those_of_others_stay(catalog: Catalog) -> None:
    say(catalog, ["one", "two", "three", "four"])
    vectors = made(BLOCK + 5)
    one = catalog.add_vector_model("other", {"model": "other"})
    one = catalog.save_vectors(one, [f"{n:032x}" for n in range(len(vectors))], vectors)
    model = embed(catalog, {"one": vectors[0]})
    catalog.forget_vectors(one)
    assert catalog.vector_models() == (replace(model, reached=catalog.revision()),)
    assert near(catalog, model, vectors[0]) == [1]
    assert not catalog.vectors_kept([f"{0:032x}"])


def test_what_is_told_of_a_clip_is_all_that_is_known_of_it(catalog: Catalog) -> None:
    answer = replace(ANSWER, description="红色汽车在行驶", tags=("dark", "street"))
    catalog.save_answer("a", ID, 1, answer)
    catalog.save_video_text(ID, "t", VideoText("A summary.", ("home",), title="A title"))
    assert catalog.told(ID) == {
        0: "A title\nA summary.\nTags: home",
        1: "红色汽车在行驶\nTags: dark, street",
    }
    assert catalog.told("nobody") == {}


floats = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 130)),
    elements=st.floats(-1, 1, width=32),
)


@settings(deadline=None)
@given(vectors=floats)
def test_a_signature_differs_from_itself_in_no_bit_and_from_its_opposite_in_most(
    vectors: Floats,
) -> None:
    centre = np.zeros(vectors.shape[1], np.float32)
    block = signatures.signed(vectors, centre)
    own, opposite = (signatures.signature(each, centre) for each in (vectors[0], -vectors[0]))
    assert signatures.distances(block, own)[0] == 0
    if np.abs(vectors[0]).max() > 1e-3:
        assert signatures.distances(block, opposite)[0] > 32


@settings(deadline=None)
@given(vectors=floats)
def test_turning_keeps_every_length(vectors: Floats) -> None:
    turned = signatures._turned(vectors)
    before, after = np.linalg.norm(vectors, axis=1), np.linalg.norm(turned, axis=1)
    assert np.allclose(before, after, rtol=1e-3, atol=1e-6)


@settings(deadline=None)
@given(vectors=floats)
def test_a_byte_a_number_is_near_enough(vectors: Floats) -> None:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    whole = vectors[lengths > 1e-3]
    if not len(whole):
        return
    whole = (whole / np.linalg.norm(whole, axis=1)[:, None]).astype(np.float32)
    back = signatures.unpacked(signatures.packed(whole), whole.shape[1])
    assert (np.einsum("ij,ij->i", whole, back) > 0.999).all()


@settings(deadline=None)
@given(distances=st.lists(st.integers(0, 20), min_size=1, max_size=50), count=st.integers(1, 60))
def test_no_distance_that_is_left_out_is_smaller_than_one_that_is_taken(
    distances: list[int], count: int
) -> None:
    taken = signatures.nearest(np.array(distances, np.uint16), count).tolist()
    assert len(taken) >= min(count, len(distances))
    left = [each for place, each in enumerate(distances) if place not in taken]
    assert not left or max(distances[place] for place in taken) < min(left)
