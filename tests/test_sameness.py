"""Fingerprints of pictures that are the same but for noise, and of pictures that are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from shotlog.sameness import LENGTH, SAME, bands, cells_of, difference, fingerprint

Luma = npt.NDArray[np.uint8]


def street(number: int, *, height: int = 180, seed: int = 0) -> Luma:
    """A fixed view, with a box in it that stands where ``number`` says."""
    rows, columns = np.mgrid[0:height, 0 : height * 16 // 9]
    picture = 60 + 80 * rows / height + 30 * np.sin(columns / height * 6)
    left = (number * height // 7) % (height * 16 // 9 - height // 4)
    picture[height // 2 : height // 2 + height // 4, left : left + height // 4] = 230
    noise = np.random.default_rng(seed).normal(0, 3, picture.shape) if seed else 0
    clipped: Luma = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return clipped


def print_of(pictures: list[Luma]) -> bytes:
    made = fingerprint([cells_of(picture) for picture in pictures])
    assert made is not None
    return made


CLIP = print_of([street(number) for number in range(20)])


@pytest.mark.parametrize(
    "copy",
    [
        print_of([street(number, seed=number + 1) for number in range(20)]),
        print_of([street(number, height=90) for number in range(20)]),
        print_of([street(number, height=720) for number in range(20)]),
    ],
    ids=["noise", "smaller", "larger"],
)
def test_a_copy_shares_bands_and_differs_little(copy: bytes) -> None:
    assert difference(CLIP, copy) <= SAME
    assert set(bands(CLIP)) & set(bands(copy))


def test_another_clip_of_the_same_view_differs() -> None:
    other = print_of([street(number * 3 + 5) for number in range(20)])
    assert difference(CLIP, other) > 2 * SAME


def test_stills_with_noise_share_every_band() -> None:
    one = print_of([street(3, seed=number + 1) for number in range(30)])
    other = print_of([street(3, seed=number + 50) for number in range(31)])
    assert difference(one, other) <= SAME
    assert len(set(bands(one)) & set(bands(other))) >= 6


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 1000])
def test_a_clip_of_any_length_has_a_fingerprint(count: int) -> None:
    made = fingerprint([cells_of(street(number, height=36)) for number in range(count)])
    assert made is not None
    assert len(made) == LENGTH
    assert len(set(bands(made))) == 8


def test_what_was_never_looked_at_has_none() -> None:
    assert fingerprint([]) is None


@pytest.mark.parametrize("shape", [(2, 2), (15, 320), (16, 16), (320, 50), (17, 31)])
def test_pictures_of_any_size_are_averaged(shape: tuple[int, int]) -> None:
    assert cells_of(np.full(shape, 77, np.uint8)) == bytes([77]) * 256
