"""One model server over HTTP: a JSON question in, a JSON object or an error of the tree out."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

import httpx

from shotlog.certificates import UNTRUSTED_HINT, is_untrusted
from shotlog.errors import DescribeError, DescribeInterruptedError, EndpointRefusedError
from shotlog.gate import Gate
from shotlog.gate.spending import Load
from shotlog.model_servers.addresses import is_loopback, is_pai_eas, shown
from shotlog.model_servers.balancing import SharedAddresses
from shotlog.model_servers.error_replies import (
    BROKEN_OFF,
    Complaint,
    error_from_complaint,
    read_complaint,
)
from shotlog.model_servers.event_streams import MARK, whole_completion
from shotlog.model_servers.usage import used_in
from shotlog.retries import RetryBudget, RetryPolicy, parse_retry_after, retrying

CONNECT_SECONDS = 10.0
"""A server that does not even take the connection by then is away."""

LONGEST_REPLY_BYTES = 16 * 1024**2
"""No description is longer; what is, is no model's answer."""

MODEL_POLICY = RetryPolicy(attempts=8, base_seconds=1.0, cap_seconds=60.0)
"""Waits add up to a minute on average, 2 at most: quotas are counted by the minute (DashScope)."""

_BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Another address of the same model may do better, and this one too after a rest."""
_CLOSED = (401, 402, 403, 404)
"""This address will not answer in this run: its key, its bill, its path or its model is wrong."""

log = logging.getLogger("shotlog.servers")

Answered = TypeVar("Answered")

Where = httpx.URL | Callable[[httpx.URL], httpx.URL]
"""An address as it is, or how it follows from each address that a model has."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever it is."""

    status: int
    headers: httpx.Headers
    body: bytes
    address: str
    """Where it came from, fit to be shown."""


class ModelServer:
    """A model behind one address or several that share its load; used from several threads.

    ``timeout_seconds`` bounds one answer as a whole, however slowly its bytes come.
    """

    content_type = "application/json"
    """Of what is posted."""

    def __init__(
        self,
        url: httpx.URL,
        *others: httpx.URL,
        key: str | None = None,
        timeout_seconds: float = 300.0,
        gate: Gate | None = None,
        policy: RetryPolicy = MODEL_POLICY,
    ) -> None:
        self.url = url
        self.addresses = SharedAddresses((url, *others))
        self._gate = gate or Gate()
        self._key = key
        self._bare_key_hosts: set[str] = set()
        self._timeout_seconds = timeout_seconds
        self._policy = policy
        self._closed = threading.Event()
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            # A proxy of the environment knows no way to this machine.
            trust_env=not all(map(is_loopback, self.addresses.urls)),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def concurrency(self) -> int:
        """How many questions it would be given now."""
        return self._gate.wanted

    def close(self) -> None:
        """Ends waiting for another try and frees the connections; may be called twice."""
        self._closed.set()
        self._gate.stop()
        self._client.close()

    def post(self, where: Where, question: dict[str, object], load: Load) -> dict[str, object]:
        """The server's answer to ``question``, asked again where that may help.

        Where a header says that it was broken off, it holds :data:`BROKEN_OFF`.
        ``load`` is the most tokens that it may take. Raises DescribeError; what it says holds no
        key and no signed address.
        """
        content = json.dumps(question, ensure_ascii=False).encode()
        return self._retrying(lambda: self._passed(where, content, load), self._gate.retries)

    def get(self, where: Where) -> Reply:
        """What the server answers to one GET, asked again only where it is busy or away.

        Raises DescribeInterruptedError where it stays so.
        """

        def look() -> Reply:
            reply = self.look_at(where)
            if reply.status in _BUSY:
                raise self.complaint(reply)
            return reply

        return self._retrying(look)

    def _passed(self, where: Where, content: bytes, load: Load) -> dict[str, object]:
        """One exchange, when the gate lets it go."""
        with self._gate.passage(load) as passage:
            reply = self._asked("POST", where, content)
            passage.status = reply.status
            passage.retry_after_seconds = parse_retry_after(reply.headers.get("retry-after"))
            found = self.read(reply)
            passage.used = used_in(found)
            broken_off = reply.headers.get(BROKEN_OFF, "").lower() == "true"
            return {**found, BROKEN_OFF: True} if broken_off else found

    def look_at(self, where: Where) -> Reply:
        """Whatever the server answers to one GET, errors too. Raises DescribeError without any."""
        return self._asked("GET", where, None)

    def read(self, reply: Reply) -> dict[str, object]:
        """The object that ``reply`` carries. Raises the DescribeError that it is, if it is one."""
        if reply.status >= 300:
            raise self.complaint(reply)
        found = _told_in(reply)
        if not isinstance(found, dict):
            raise EndpointRefusedError(
                f"{reply.address} answered with JSON that is no object.",
                hint="Check --endpoint, and Protocol in section [QwenVL] of config.ini.",
            )
        if found.get("error"):
            # A stream tells it in one of its pieces.
            raise self.complaint(replace(reply, body=json.dumps(found).encode()))
        return found

    def complaint(self, reply: Reply) -> DescribeError:
        """The error that ``reply`` is."""
        error = error_from_complaint(
            self.complained(reply),
            address=reply.address,
            retry_after_seconds=parse_retry_after(reply.headers.get("retry-after")),
            purse_is_openai=self.url.host.endswith("openai.com"),
        )
        if 300 <= reply.status < 400 and (elsewhere := _sent_to(reply)):
            error.hint = f"It sends on to {elsewhere}: begin --endpoint as that does."
        return error

    def complained(self, reply: Reply) -> Complaint:
        """What ``reply`` complains of, without the key."""
        return read_complaint(reply.status, reply.body, (self._key,) if self._key else ())

    def _retrying(self, ask: Callable[[], Answered], budget: RetryBudget | None = None) -> Answered:
        gate = self._gate
        return retrying(ask, self._policy, stop=gate.stopped, sleep=gate.rest, budget=budget)

    def _asked(self, method: str, where: Where, content: bytes | None) -> Reply:
        """One exchange, with whichever address is the freest; the next one where it fails."""
        if isinstance(where, httpx.URL):
            return self._asked_with_key(method, where, content)
        tried: set[httpx.URL] = set()
        while True:
            with self.addresses.lent(tried) as lent:
                tried.add(lent.url)
                try:
                    reply = self._asked_with_key(method, where(lent.url), content)
                except DescribeInterruptedError as error:
                    others = lent.rest()
                    # What was sent and lost may be billed: it counts as asked, then is asked anew.
                    if self._closed.is_set() or error.lost is not None or not others:
                        raise
                    continue
                if reply.status in _BUSY:
                    wish = parse_retry_after(reply.headers.get("retry-after"))
                    others = lent.rest(wish)
                elif reply.status in _CLOSED:
                    others = lent.close(str(self.complaint(reply)))
                else:
                    lent.worked()
                    others = False
            if not others:
                return reply

    def _asked_with_key(self, method: str, url: httpx.URL, content: bytes | None) -> Reply:
        """One exchange; PAI-EAS gateways, which may want the bare key, get it on a second try."""
        if self._key is None:
            return self._exchanged(method, url, content, None)
        bearer = f"Bearer {self._key}"
        bare_is_known = url.host in self._bare_key_hosts
        reply = self._exchanged(method, url, content, self._key if bare_is_known else bearer)
        if reply.status not in (401, 403) or not is_pai_eas(url) or bare_is_known:
            return reply
        bare = self._exchanged(method, url, content, self._key)
        if bare.status in (401, 403):
            return reply
        self._bare_key_hosts.add(url.host)
        return bare

    def _exchanged(
        self, method: str, url: httpx.URL, content: bytes | None, authorization: str | None
    ) -> Reply:
        if self._closed.is_set():
            raise self._called_off(url)
        headers = {"accept": "application/json"}
        if content is not None:
            headers["content-type"] = self.content_type
        if authorization is not None:
            headers["authorization"] = authorization
        began = time.monotonic()
        try:
            with self._client.stream(method, url, content=content, headers=headers) as response:
                body = b"".join(self._pieces(response, url, began + self._timeout_seconds))
                reply = Reply(response.status_code, response.headers, body, shown(url))
        except httpx.HTTPError as error:
            raise broken_exchange(error, url, self._timeout_seconds) from None
        except RuntimeError:
            # Closed by another thread between the look at the flag and the sending.
            if not self._closed.is_set():
                raise
            raise self._called_off(url) from None
        log.debug("%s %s: %d in %.2f s", method, shown(url), reply.status, time.monotonic() - began)
        return reply

    def _pieces(self, response: httpx.Response, url: httpx.URL, deadline: float) -> Iterator[bytes]:
        length = 0
        for piece in response.iter_bytes():
            length += len(piece)
            if length > LONGEST_REPLY_BYTES:
                raise EndpointRefusedError(
                    f"{shown(url)} answered with more than {LONGEST_REPLY_BYTES} bytes.",
                    hint="Check --endpoint: this is no model server's answer.",
                )
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("")
            yield piece

    def _called_off(self, url: httpx.URL) -> DescribeError:
        return DescribeInterruptedError(
            f"The question to {shown(url)} was called off.",
            hint="Run again; only the clips without an answer are asked for.",
        )


def broken_exchange(
    error: httpx.HTTPError, url: httpx.URL, timeout_seconds: float
) -> DescribeError:
    """What it means that an exchange with ``url`` did not come to its end."""
    address = shown(url)
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        if is_untrusted(error):
            return EndpointRefusedError(
                f"The certificate of {address} is not trusted.",
                hint=UNTRUSTED_HINT,
            )
        return DescribeInterruptedError(
            f"{address} cannot be reached.", hint="Check that it runs and the address is right."
        )
    if isinstance(error, httpx.TimeoutException):
        return DescribeInterruptedError(
            f"{address} gave no answer within {timeout_seconds:g} s.",
            hint="Raise RequestTimeout or lower Concurrency in section [QwenVL] of config.ini.",
            lost="late",
        )
    return DescribeInterruptedError(
        f"The connection to {address} broke before the answer was whole.",
        hint="Run again; only the clips without an answer are asked for.",
        lost="broken",
    )


def _sent_to(reply: Reply) -> str:
    """Where a redirect leads, fit to be shown; empty where it does not say."""
    try:
        target = httpx.URL(reply.address).join(reply.headers.get("location", ""))
        return shown(target.copy_with(userinfo=b"")) if reply.headers.get("location") else ""
    except httpx.InvalidURL:
        return ""


def _told_in(reply: Reply) -> object:
    """What the body says. Raises DescribeError where it is no JSON, whole or in pieces."""
    if MARK in reply.headers.get("content-type", ""):
        streamed = whole_completion(reply.body)
        if streamed is None:
            raise DescribeInterruptedError(
                f"{reply.address} streamed an answer that has no end.",
                hint="Run again; only the clips without an answer are asked for.",
                lost="broken",
            )
        return streamed
    try:
        return json.loads(reply.body)
    except ValueError:
        raise _not_json(reply) from None


def _not_json(reply: Reply) -> DescribeError:
    if "html" in reply.headers.get("content-type", "") or reply.body.lstrip()[:1] == b"<":
        return EndpointRefusedError(
            f"{reply.address} answered with a web page, not with JSON.",
            hint="Check the path of --endpoint; an OpenAI-style base ends in /v1.",
        )
    return DescribeInterruptedError(
        f"{reply.address} answered with {len(reply.body)} bytes that are no JSON.",
        hint="Run again; if it stays so, check --endpoint.",
    )
