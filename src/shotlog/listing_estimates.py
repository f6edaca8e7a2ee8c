"""From a listing to an estimate: what is known of each video, and what is assumed of the rest."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from shotlog.catalog import FILE_NAME, Catalog
from shotlog.errors import StepError
from shotlog.estimates import (
    ASSUMED_ANSWER_TOKENS,
    ASSUMED_BYTES_A_SECOND,
    ASSUMED_CLIPS_A_MINUTE,
    ASSUMED_SIZE,
    Estimate,
    Terms,
    Video,
    Work,
    clips_within,
    load_of_work,
)
from shotlog.fetch.ranged import RangedFile
from shotlog.media.headers import Header, read_header
from shotlog.pipeline.models import Models
from shotlog.pipeline.recipe import Recipe
from shotlog.quantities import parse_duration
from shotlog.records import Source
from shotlog.settings import Settings
from shotlog.visual_tokens import QWEN2_5_VL, Family, family_of
from shotlog.wording import counted

_DURATION_TITLES = ("duration", "durationseconds", "length", "lengthseconds", "seconds")
_DURATION_MILLISECONDS = ("durationms", "durationmilliseconds", "lengthms")


@dataclass
class Known:
    """What is known of the listed videos, as they stream past."""

    work: Work
    probe: int
    done: int = 0
    from_listing: int = 0
    from_library: int = 0
    sizes: list[int | None] = field(default_factory=list)
    """Bytes of each video without a known length, in order; None where the listing says none."""
    sample: list[Source] = field(default_factory=list)
    """Some of those, drawn evenly, whose headers may be read."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - no secret


@dataclass
class Probed:
    """What headers said."""

    headers: list[Header] = field(default_factory=list)
    sized_bytes: int = 0
    sized_seconds: Fraction = Fraction(0)
    bytes_read: int = 0
    failed: int = 0

    @property
    def bytes_a_second(self) -> Fraction:
        if not self.sized_seconds or not self.sized_bytes:
            return Fraction(ASSUMED_BYTES_A_SECOND)
        return self.sized_bytes / self.sized_seconds


def estimate_of(
    sources: Iterable[Source],
    settings: Settings,
    *,
    probe: int = 0,
    clips_a_minute: float | None = None,
) -> Estimate:
    """What describing ``sources`` would take. Moves nothing but the headers of ``probe`` videos.

    Raises LibraryError, SettingError, and what reading the listing raises.
    """
    with _library(settings.output) as catalog:
        measured = catalog.mean_answer_tokens() if catalog else None
        family, notes = _family(settings)
        terms = Terms.of(settings, family, round(measured or ASSUMED_ANSWER_TOKENS))
        known = Known(Work(terms), probe)
        _look(known, sources, settings, catalog)
        probed = _probe(known.sample)
        unknown = _guess(known, probed)
        last = catalog.describing_rate() if catalog else None
    rate = clips_a_minute or (last.clips_a_minute if last else ASSUMED_CLIPS_A_MINUTE)
    notes += _notes(known, probed, settings)
    if measured is None:
        notes.append(f"Answers are taken to have {terms.answer_tokens} tokens.")
    if clips_a_minute is None and last is None:
        notes.append(f"{rate:g} clips a minute are assumed; --rate says what your server does.")
    elif clips_a_minute is None and last is not None:
        notes.append(
            f"The library's last run described {rate:.1f} clips a minute, "
            f"{last.times_real_time:.1f}x real time."
        )
    return _estimate(known, settings, rate, unknown, probed, notes)


@contextmanager
def _library(folder: Path) -> Iterator[Catalog | None]:
    path = folder / FILE_NAME
    if not path.is_file():
        yield None
        return
    with Catalog.open(path, read_only=True) as catalog:
        yield catalog


def _family(settings: Settings) -> tuple[Family, list[str]]:
    hosts = " ".join(settings.endpoints)
    hosted = "dashscope" in hosts or ".maas.aliyuncs." in hosts
    found = family_of(settings.model, at_dashscope=hosted) if settings.model else None
    if found is not None:
        return found, []
    named = f"{settings.model!r} is of no known family" if settings.model else "No model is named"
    return QWEN2_5_VL, [f"{named}: tokens are counted as {QWEN2_5_VL.name} does."]


def _look(
    known: Known, sources: Iterable[Source], settings: Settings, catalog: Catalog | None
) -> None:
    recipe = _recipe(settings) if settings.endpoints else None
    for source in sources:
        row = catalog.video(source.id) if catalog else None
        if row is not None and not _agrees(row.source, source):
            row = None
        if row is not None and recipe and row.complete_key == recipe.complete_key(row):
            known.done += 1
            continue
        scan = catalog.scan(row.id) if catalog and row else None
        seconds = listed_seconds(source)
        if scan is not None:
            facts = scan.facts
            known.from_library += 1
            known.work.add(_video(source, facts.duration_seconds, facts.width, facts.height))
        elif seconds is not None:
            known.from_listing += 1
            known.work.add(_video(source, seconds, *ASSUMED_SIZE))
        else:
            _keep(known, source)


def _recipe(settings: Settings) -> Recipe:
    """What a run would want of every video. The models are made to be named, and asked nothing."""
    with closing(Models.of(settings)) as models:
        return Recipe.of(settings, models)


def _agrees(before: Source, now: Source) -> bool:
    """Whether a listing names the file that the library has, as far as it says anything."""
    return now.size_bytes in (None, before.size_bytes) and now.last_modified in (
        None,
        before.last_modified,
    )


def _keep(known: Known, source: Source) -> None:
    """Remembers a video of unknown length; of all such, an even sample is kept for probing."""
    known.sizes.append(source.size_bytes)
    if len(known.sample) < known.probe:
        known.sample.append(source)
        return
    place = known.chance.randrange(len(known.sizes))
    if place < known.probe:
        known.sample[place] = source


def listed_seconds(source: Source) -> Fraction | None:
    """The length that a further column of the listing states, or that its clips add up to."""
    given = [(clip.start, clip.end) for clip in source.given_clips]
    if given and all(start is not None and end is not None for start, end in given):
        return sum((e - s for s, e in given if s is not None and e is not None), Fraction(0))
    for title, value in source.further:
        folded = "".join(letter for letter in title.lower() if letter.isalpha())
        try:
            if folded in _DURATION_TITLES:
                return parse_duration(value)
            if folded in _DURATION_MILLISECONDS:
                return parse_duration(value) / 1000
        except ValueError:
            continue
    return None


def _video(source: Source, seconds: Fraction, width: int, height: int) -> Video:
    return Video(seconds, width, height, source.max_resolution, len(source.given_clips))


def _probe(sample: Iterable[Source]) -> Probed:
    probed = Probed()
    for source in sample:
        try:
            header, size = _header(source, probed)
        except (StepError, OSError):
            probed.failed += 1
            continue
        probed.headers.append(header)
        if header.duration_seconds:
            probed.sized_bytes += size
            probed.sized_seconds += header.duration_seconds
    return probed


def _header(source: Source, probed: Probed) -> tuple[Header, int]:
    """(header, bytes of the file)."""
    parts = urlsplit(source.url)
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
        return read_header(path, source.file_name), path.stat().st_size
    file = RangedFile(source.url)
    try:
        with file:
            header = read_header(cast("BinaryIO", file), source.file_name)
            return header, file.size_bytes
    finally:
        probed.bytes_read += file.bytes_read


def _guess(known: Known, probed: Probed) -> int:
    """Adds the videos of unknown length; returns of how many nothing can be said."""
    work, unknown = known.work, 0
    sizes = [(each.width, each.height) for each in probed.headers] or [ASSUMED_SIZE]
    mean = (
        sum(each.duration_seconds for each in probed.headers) / len(probed.headers)
        if probed.headers
        else (Fraction(work.video_seconds) / work.videos if work.videos else None)
    )
    for number, size_bytes in enumerate(known.sizes):
        seconds = mean if size_bytes is None else size_bytes / probed.bytes_a_second
        if seconds is None:
            unknown += 1
            continue
        # Each size in turn: the mix stays as it was seen.
        work.add(Video(Fraction(seconds).limit_denominator(1000), *sizes[number % len(sizes)]))
    return unknown


def _notes(known: Known, probed: Probed, settings: Settings) -> list[str]:
    notes = []
    guessed = len(known.sizes)
    if guessed:
        speed = float(probed.bytes_a_second) * 8 / 1e6
        how = f"measured on {len(probed.headers)} of them" if probed.headers else "assumed"
        told = counted(guessed, "video")
        notes.append(f"The length of {told} goes by size, at {speed:.1f} Mbit/s ({how}).")
    if known.from_listing or (guessed and not probed.headers):
        width, height = ASSUMED_SIZE
        notes.append(f"Where nothing says how large the picture is, it is {width}x{height}.")
    if known.probe:
        failed = f"; {probed.failed} could not be read" if probed.failed else ""
        read = counted(len(probed.headers), "video")
        notes.append(f"Headers were read of {read}{failed}.")
    if settings.split == "scenes":
        notes.append("Clips along scenes are counted as clips of one length; there will be more.")
    notes.append(
        "Frames that a server takes only as single pictures are about twice the visual tokens."
    )
    return notes


def _estimate(
    known: Known,
    settings: Settings,
    rate: float,
    unknown: int,
    probed: Probed,
    notes: list[str],
) -> Estimate:
    work = known.work
    terms = work.terms
    load = load_of_work(work)
    cost = terms.tariff.cost(load) if terms.tariff else None
    if cost is None:
        notes.append("No prices are set: section [Tariff] of config.ini makes money of tokens.")
    within = None
    if cost is not None and settings.max_cost is not None:
        within = clips_within(settings.max_cost, cost, work.clips)
    share = Fraction(str(terms.batch_factor))
    return Estimate(
        videos=work.videos,
        videos_done=known.done,
        videos_unknown=unknown,
        video_seconds=work.video_seconds,
        clips=work.clips,
        frames=work.frames,
        family=terms.family.name,
        visual_tokens=work.visual,
        text_tokens=work.text_tokens + work.summary.prompt_tokens,
        answer_tokens=load.completion_tokens,
        requests=work.clips + work.summaries,
        load=load,
        upload_bytes=work.upload_bytes,
        clips_a_minute=rate,
        cost=cost,
        batch_cost=None if cost is None else cost * share.numerator / share.denominator,
        currency=terms.tariff.currency if terms.tariff else None,
        max_cost=settings.max_cost,
        clips_within_max_cost=within,
        probe_bytes=probed.bytes_read,
        notes=tuple(notes),
    )
