"""The plain protocol: the server is given the clip's address and answers ``{"description"}``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import httpx

from shotlog.describers.base import ClipToDescribe, Place
from shotlog.describers.checks import EndpointCheck
from shotlog.errors import DescribeInterruptedError, DescribeRefusedError, EndpointRefusedError
from shotlog.gate.spending import Load
from shotlog.model_servers.addresses import is_loopback, shown
from shotlog.model_servers.server import ModelServer
from shotlog.quality import flags_of, is_empty, is_refusal
from shotlog.records import Answer


class PlainDescriber:
    """Posts ``{"video_url", "instruction", "max_resolution", "max_fps"}`` to the address as given.

    ``max_resolution`` is text such as ``720p``, ``max_fps`` a number.
    """

    name = "plain"
    needs_frames = False

    def __init__(self, server: ModelServer, *, model: str | None = None) -> None:
        self._server = server
        self._model = model

    @property
    def concurrency(self) -> int:
        return self._server.concurrency

    @property
    def notes(self) -> tuple[str, ...]:
        return self._server.addresses.notes

    def identity(self) -> Mapping[str, str]:
        """Protocol and model; not the instruction and the caps, which every clip carries."""
        return {"protocol": self.name, "model": self._model or ""}

    def describe(self, clip: ClipToDescribe) -> Answer:
        """The server's words on the clip. Raises DescribeError."""
        address = shown(self._server.url)
        if not _reachable_from(clip.url, is_loopback(self._server.url)):
            raise DescribeRefusedError(
                f"Clip {clip.span.index} lies on this machine, where {address} cannot read it.",
                hint="Publish the clips, or set Protocol = openai in section [QwenVL] of "
                "config.ini: then frames are sent.",
            )
        found = self._server.post(
            _as_given,
            {
                "video_url": clip.url,
                "instruction": clip.instruction,
                "max_resolution": str(clip.max_resolution),
                "max_fps": clip.max_fps,
            },
            Load(),
        )
        if "description" not in found:
            raise EndpointRefusedError(
                f'{address} answered with JSON that has no "description".',
                hint="Check --endpoint, and Protocol in section [QwenVL] of config.ini.",
            )
        description = found.get("description")
        if not isinstance(description, str) or is_empty(description):
            raise DescribeInterruptedError(
                f"{address} gave an empty answer.",
                hint="Run again; only the clips without an answer are asked for.",
            )
        if is_refusal(description):
            raise DescribeRefusedError(
                f"{address} refused to describe the clip.",
                hint="Another model or endpoint may take it.",
            )
        return Answer(
            description.strip(),
            model=self._model or self.name,
            flags=flags_of(description, cut=False, language=None),
            requests=1,
        )

    def remember(self, said: Iterable[tuple[str, Place]]) -> None:
        """Nobody can be asked again in other words here."""

    def check(self) -> EndpointCheck:
        """Knocks with a GET, which costs nothing: any answer shows that somebody is there.

        Raises DescribeError when nobody is, or the key or the path is wrong. A server that takes
        only POST says so (405), and that will do.
        """
        began = time.monotonic()
        reply = self._server.look_at(self._server.url)
        latency_seconds = time.monotonic() - began
        if reply.status in (401, 403, 404, 410) or reply.status >= 500:
            raise self._server.complaint(reply)
        return EndpointCheck(
            protocol=self.name,
            address=shown(self._server.url),
            latency_seconds=latency_seconds,
            model=self._model,
        )

    def close(self) -> None:
        self._server.close()


def _as_given(url: httpx.URL) -> httpx.URL:
    return url


def _reachable_from(clip_url: str, server_is_here: bool) -> bool:
    scheme = urlsplit(clip_url).scheme.lower()
    return server_is_here or scheme in ("http", "https")
