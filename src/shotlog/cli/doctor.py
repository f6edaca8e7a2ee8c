"""``shotlog doctor``: what is installed here, and what an endpoint can do."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shotlog import __version__
from shotlog.describers import EndpointCheck, make_describer
from shotlog.describers.chat.asker import ChatAsker
from shotlog.describers.chat.examining import Examination
from shotlog.describers.chat.probing import OTHER_FRAMES
from shotlog.describers.local.model_files import is_local
from shotlog.embedding import QUERY_POLICY, make_embedder
from shotlog.errors import DescribeError, EmbeddingError, MissingToolError, SettingError
from shotlog.settings import Settings, load_settings
from shotlog.wording import spoken_size

NEEDED_ENCODERS = ("libx264", "aac", "mjpeg")
DECODERS = ("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "prores", "mjpeg")

Line = tuple[str, bool | None, str]
"""What was looked at, whether it is well (None: but worth a look), and what was seen."""

_MARKS = {True: Text("✓", "green"), False: Text("✗", "red"), None: Text("!", "yellow")}


def doctor(
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Ask this model server, or a name of [Endpoints], what it is."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask for.")] = None,
    use_vpc: Annotated[
        bool, typer.Option("--use-vpc", help="Take VpcEndpoint of the settings.")
    ] = False,
    protocol: Annotated[str | None, typer.Option(metavar="NAME", help="openai or plain.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings file.")] = None,
) -> int:
    """Say what is installed here, and what the endpoint takes.

    An endpoint is asked a few tiny questions. Ends with 1 where something that shotlog needs is
    missing, or the endpoint cannot be used.
    \f
    Examples:
      shotlog doctor
      shotlog doctor --endpoint http://localhost:8000/v1
      shotlog doctor --model local:Qwen/Qwen2.5-VL-3B-Instruct
    """
    given = {"public_endpoint": endpoint, "model": model, "protocol": protocol}
    vpc = {"use_vpc": True} if use_vpc else {}
    settings = load_settings(
        {**{name: value for name, value in given.items() if value is not None}, **vpc}, file=config
    )
    lines = [*_machine(settings.output), *_media(), _gpu(settings), *_programs()]
    if is_local(settings.model):
        lines.append(_in_process(settings))
    elif settings.endpoints:
        lines.extend(_asked(settings))
    if settings.embedding_model is not None:
        lines.append(_embedding(settings))
    console = Console()
    table = Table.grid(padding=(0, 2))
    for name, fine, detail in lines:
        table.add_row(_MARKS[fine], name, Text(detail))
    console.print(table)
    return 1 if any(fine is False for _, fine, _ in lines) else 0


def _machine(output: Path) -> list[Line]:
    place = next(each for each in (output, *output.absolute().parents) if each.exists())
    free = shutil.disk_usage(place).free
    return [
        ("shotlog", True, f"{__version__}, Python {platform.python_version()}"),
        ("machine", True, f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"),
        ("disk", free > 10**9, f"{spoken_size(free)} free for {output}"),
        ("SQLite", True, f"{sqlite3.sqlite_version}, full-text search {_fts5()}"),
    ]


def _fts5() -> str:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (words)")
    except sqlite3.OperationalError:
        return "missing"
    else:
        return "there"
    finally:
        connection.close()


def _media() -> list[Line]:
    import av
    import av.codec

    available = av.codec.codecs_available
    encoders = [name for name in NEEDED_ENCODERS if not _has(name, "w")]
    decoders = [name for name in DECODERS if name in available and _has(name, "r")]
    detail = f"missing: {', '.join(encoders)}; reinstall av" if encoders else "H.264, AAC, JPEG"
    return [
        ("FFmpeg", True, f"{av.ffmpeg_version_info}, inside PyAV {av.__version__}"),
        ("encoders", not encoders, detail),
        ("decoders", bool(decoders), ", ".join(decoders)),
    ]


def _gpu(settings: Settings) -> Line:
    """Amiss only where the settings ask for what is not there."""
    from shotlog.media.hardware import look_for_gpu

    asked, found = settings.hardware, look_for_gpu(settings.memory_limit)
    if found.no_decoding is not None:
        lack = found.no_decoding
        if asked == "none":
            return (
                "GPU",
                True,
                f"not used: {lack.what} None is needed; docs/media.md says what one does.",
            )
        return ("GPU", False, f"not used: {lack.what} {lack.remedy}")
    if found.no_encoding is not None:
        lack = found.no_encoding
        return ("GPU", asked != "cuda", f"decodes (--hardware nvdec). {lack.what} {lack.remedy}")
    return ("GPU", True, "decodes and encodes (--hardware cuda)")


def _has(name: str, mode: str) -> bool:
    import av.codec

    try:
        av.codec.Codec(name, "w" if mode == "w" else "r")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _programs() -> list[Line]:
    found = shutil.which("rclone")
    note = found or "not installed; only --rclone needs it (apt or brew install rclone)"
    return [("rclone", True, note)]


def _in_process(settings: Settings) -> Line:
    """What a model in this process would be and run on; its weights are not loaded."""
    try:
        describer = make_describer(settings)
        check = describer.check()
    except (DescribeError, MissingToolError) as error:
        return ("local model", False, str(error))
    describer.close()
    return ("local model", True, f"{check.model}: {check.address}")


def _asked(settings: Settings) -> Iterator[Line]:
    """What the endpoint said of itself, and what it took of a few tiny questions."""
    describer = make_describer(settings)
    asker = getattr(describer, "asker", None)
    try:
        if not isinstance(asker, ChatAsker):
            yield _looked(describer.check())
            return
        looked = _looked_at_each(asker)
        yield from looked
        if any(fine for _, fine, _ in looked):
            yield from _examined(asker.examine())
            for note in asker.notes:
                yield ("note", None, note)
    except DescribeError as error:
        yield ("endpoint", False, str(error))
    finally:
        describer.close()


def _embedding(settings: Settings) -> Line:
    """What the model of search by meaning makes of a few words."""
    began = time.monotonic()
    try:
        embedder = make_embedder(settings, policy=QUERY_POLICY)
        assert embedder is not None  # noqa: S101 - a model is named
        with closing(embedder):
            vector = embedder.embed_query("a red car at night")
    except (EmbeddingError, SettingError, MissingToolError) as error:
        return ("vectors", False, str(error))
    took = time.monotonic() - began
    return ("vectors", True, f"{embedder.model} makes {len(vector)} numbers in {took:.1f} s")


def _looked_at_each(asker: ChatAsker) -> list[Line]:
    """A line for each address; one that fails is amiss only where no other can take its share."""
    lines = [
        _looked(found) if isinstance(found, EndpointCheck) else ("endpoint", False, str(found))
        for found in asker.check_each()
    ]
    if any(fine for _, fine, _ in lines):
        return [(name, fine or None, said) for name, fine, said in lines]
    return lines


def _looked(check: EndpointCheck) -> Line:
    said = f"{check.address} answers in {check.latency_seconds * 1000:.0f} ms ({check.protocol})"
    if check.models:
        said += f", models: {', '.join(check.models)}"
    if check.lists_model is False:
        return ("endpoint", False, f"{said}; {check.model} is not among them: see --model")
    return ("endpoint", True, said)


def _examined(found: Examination) -> Iterator[Line]:
    manner = found.manner
    version = f" {manner.version}" if manner.version else ""
    length = f"context of {manner.context_length} tokens" if manner.context_length else ""
    yield ("server", True, f"{found.title}{version}")
    yield ("model", True, ", ".join(filter(None, (found.model, length))))
    for refused in manner.refused:
        yield ("refused", None, f"clips as {refused.form}: {refused.words}")
    seconds = f"a tiny clip was answered in {found.answer_seconds:.1f} s"
    yield ("clips", True, f"travel as {manner.form}; {seconds}")
    as_sent = None if found.seen in OTHER_FRAMES else True
    yield ("frames", as_sent, manner.token_check or "not checked")
    told = {
        "json_schema": "the server keeps a JSON schema",
        "json_object": "the server keeps to JSON; the schema is told in words",
        "words": "told in words alone",
    }[manner.schema]
    kept = "" if found.schema_kept else ", and the answer to a tiny question did not keep it"
    yield ("fields", True if found.schema_kept else None, told + kept)
