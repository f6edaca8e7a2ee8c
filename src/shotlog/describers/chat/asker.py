"""Any OpenAI-style chat endpoint: finds out how it wants clips, and asks it in that way."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import httpx

from shotlog.describers.asking import Completion, ModelQuestion
from shotlog.describers.chat.completions import read_completion
from shotlog.describers.chat.examining import Examination, schema_taken
from shotlog.describers.chat.flavours import Flavour, flavour_by_address, flavour_for, in_common
from shotlog.describers.chat.forms import body_of
from shotlog.describers.chat.negotiation import Carrying, carry, dressed, learned_from
from shotlog.describers.chat.pictures import tiny_clip
from shotlog.describers.chat.probing import OTHER_FRAMES, Seen, settle
from shotlog.describers.chat.recognising import (
    Recognised,
    listed,
    only_model,
    recognise_all,
)
from shotlog.describers.chat.token_loads import load_of
from shotlog.describers.checks import EndpointCheck
from shotlog.errors import DescribeError, DescribeRefusedError
from shotlog.model_servers.addresses import chat_address, is_pai_eas, models_address, shown
from shotlog.model_servers.server import ModelServer
from shotlog.rows import Form, Manner, SchemaTold
from shotlog.visual_tokens import family_of

log = logging.getLogger("shotlog.describers")

Send = Literal["auto"] | Form

CUT_OFF = 0.5
"""Of the formula's tokens: with less a server did not look at all that it was sent."""

KNOCK_WORDS = "Say yes."
KNOCK_TOKENS = 16
"""Enough for a word; some servers take no less."""


class ChatAsker:
    """Asks a model behind ``POST …/chat/completions``; used from several threads at once.

    Without ``model`` the one that the endpoint lists is asked; with several there is no guessing.
    ``send`` names the form in which clips travel; ``auto`` finds out at the first question, by a
    tiny clip where the server may take several forms.
    """

    name = "openai"

    def __init__(self, server: ModelServer, *, model: str | None, send: Send = "auto") -> None:
        self._server = server
        self._model_named = model
        self._send = send
        self._finding = threading.Lock()
        self._failures: list[DescribeError] = []
        self._lock = threading.Lock()
        self._carrying: Carrying | None = None
        self._remembered: Manner | None = None
        self._kept: Manner | None = None
        self._notes: list[str] = []
        self._cut_is_told = False

    @property
    def address(self) -> str:
        """Of the endpoint, without secrets: what a manner is remembered under."""
        return shown(chat_address(self._server.url))

    @property
    def model_named(self) -> str:
        """The model as the user named it; empty for whichever the endpoint serves."""
        return self._model_named or ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the endpoint, each once."""
        with self._lock:
            return (*self._notes, *self._server.addresses.notes)

    @property
    def concurrency(self) -> int:
        return self._server.concurrency

    def identity(self) -> Mapping[str, str]:
        """Protocol and model.

        A model that was not named counts as "whichever the endpoint serves": asking would need the
        endpoint even for a run that has nothing left to do.
        """
        return {"protocol": self.name, "model": self.model_named}

    def recall(self, manner: Manner) -> None:
        """What an earlier run learned; the endpoint is tried anew where it is another by now."""
        self._remembered = self._kept = manner

    def unasked(self, model: str) -> Carrying:
        """How ``model`` would be asked, as far as is known without a word to the endpoint.

        What an earlier run found out counts, else what the address tells.
        """
        url, before = self._server.url, self._remembered
        guess = flavour_by_address(url.host, url.path) or ("pai-eas" if is_pai_eas(url) else "")
        flavour = self._as_told(flavour_for(before.flavour if before else guess, model, url.host))
        if before is None:
            # Not every model there keeps a schema, and where nobody can be asked again a refusal
            # costs a day.
            schema: SchemaTold = "json_object" if flavour.name == "dashscope" else flavour.schema
            before = Manner(flavour.name, None, flavour.ladder[0], schema)
        elif before.form not in flavour.ladder:
            before = replace(before, form=flavour.ladder[0])
        family = family_of(model, at_dashscope=flavour.name == "dashscope")
        return Carrying(model, flavour, family, before)

    def learned(self) -> Manner | None:
        """What is to be kept for later runs; None where nothing is new since this was last asked.

        A form that the settings fixed was not found out, and is not kept.
        """
        with self._lock:
            manner = self._carrying.manner if self._carrying else None
            if manner is None or self._send != "auto" or manner == self._kept:
                return None
            self._kept = manner
            return manner

    def ask(self, question: ModelQuestion) -> Completion:
        """The model's words. Raises DescribeError."""
        carrying = self._found_out()
        said, course = carry(question, carrying, self._posted)
        with self._lock:
            self._carrying = learned_from(self._carrying or carrying, course, question)
        counted, frame_tokens = said.prompt_tokens, course.frame_tokens
        if counted and frame_tokens and counted < frame_tokens * CUT_OFF:
            self._note_once_cut(counted, frame_tokens)
        return said

    def check(self) -> EndpointCheck:
        """What the first address says that answers when it is asked for its models.

        Raises DescribeError when none does, what may pass rather than what is final; and where no
        model was named and there is not just one.
        """
        errors = []
        for found in self.check_each():
            if isinstance(found, EndpointCheck):
                if found.model is None:
                    only_model(found.models, self._server.url)
                return found
            errors.append(found)
        raise next((error for error in errors if error.retryable), errors[0])

    def check_each(self) -> Iterator[EndpointCheck | DescribeError]:
        """Asks every address for its models, once; the error of one that does not answer."""
        for url in self._server.addresses.urls:
            try:
                yield self._checked(url)
            except DescribeError as error:
                yield error

    def examine(self) -> Examination:
        """Finds out all that can be, by a few tiny questions. Raises DescribeError."""
        recognised, untried = self._recognised()
        began = time.monotonic()
        settled, seen = self._settled(untried, thorough=True)
        answer_seconds = time.monotonic() - began
        schema, kept = schema_taken(
            lambda question, told: self._posted_as(question, untried, "images", told),
            untried.flavour.schema,
        )
        return Examination(
            address=self.address,
            title=untried.flavour.title,
            models=recognised.models,
            model=untried.model,
            manner=replace(settled.manner, schema=schema),
            seen=seen,
            schema_kept=kept,
            latency_seconds=recognised.latency_seconds,
            answer_seconds=answer_seconds,
        )

    def close(self) -> None:
        self._server.close()

    def _checked(self, url: httpx.URL) -> EndpointCheck:
        began = time.monotonic()
        reply = self._server.look_at(models_address(url))
        latency_seconds = time.monotonic() - began
        cards = listed(self._server, reply)
        if cards is None and self._model_named:
            self._knock(url)
        models = tuple(card.name for card in cards or ())
        return EndpointCheck(
            protocol=self.name,
            address=shown(chat_address(url)),
            latency_seconds=latency_seconds,
            models=models,
            model=self._model_named or (models[0] if len(models) == 1 else None),
        )

    def _knock(self, url: httpx.URL) -> None:
        """Asks one word, to hear whether questions are answered. Raises DescribeError."""
        question = ModelQuestion(KNOCK_WORDS, "", KNOCK_TOKENS)
        known = flavour_by_address(url.host, url.path) or ""
        flavour = flavour_for(known, self.model_named, url.host)
        body = body_of(question, self.model_named, dressed(flavour, "images"))
        # A question that is not taken as it is was heard all the same.
        with contextlib.suppress(DescribeRefusedError):
            self._server.post(chat_address(url), body, load_of(question, self.model_named))

    def _found_out(self) -> Carrying:
        """How the endpoint is asked, found out by the first thread while the others wait.

        Where finding out fails, those who waited fail with it: each trying for itself, one after
        the other, would wait as many times as long.
        """
        known = len(self._failures)
        with self._finding:
            if self._carrying is not None:
                return self._carrying
            if len(self._failures) > known:
                raise self._failures[-1]
            try:
                found = self._find_out()
            except DescribeError as error:
                self._failures.append(error)
                raise
            with self._lock:
                self._carrying = found
            return found

    def _find_out(self) -> Carrying:
        _, untried = self._recognised()
        found, before = untried.manner, self._remembered
        if before is not None and _is_the_same(before, found, untried.flavour.ladder):
            length = found.context_length or before.context_length
            manner = replace(before, context_length=length)
            return replace(untried, manner=manner, proven=frozenset({manner.form}))
        if len(untried.flavour.ladder) == 1:
            return untried
        settled, seen = self._settled(untried)
        if seen in OTHER_FRAMES:
            told = settled.manner.token_check
            self._note(f"{self.address} looks at other frames than were sent: {told}.")
        return settled

    def _recognised(self) -> tuple[Recognised, Carrying]:
        """What answers at the first address that does, and what all of them have in common."""
        every = recognise_all(self._server)
        first, host = every[0], self._server.url.host
        model = self._model_named or only_model(first.models, self._server.url)
        flavour = self._as_told(
            in_common([flavour_for(each.flavour, model, host) for each in every])
        )
        manner = Manner(
            flavour=flavour.name,
            version=first.version,
            form=flavour.ladder[0],
            schema=flavour.schema,
            context_length=first.context_of(model),
        )
        family = family_of(model, at_dashscope=flavour.name == "dashscope")
        return first, Carrying(model, flavour, family, manner)

    def _as_told(self, flavour: Flavour) -> Flavour:
        """With the one form that the settings fix, if they do."""
        return flavour if self._send == "auto" else replace(flavour, ladder=(self._send,))

    def _settled(self, untried: Carrying, *, thorough: bool = False) -> tuple[Carrying, Seen]:
        """The form that the server takes, and what it looks at. Raises DescribeError."""
        settled = settle(
            lambda question, form: self._posted_as(question, untried, form, "words"),
            untried.flavour,
            untried.family,
            thorough=thorough,
        )
        manner = replace(
            untried.manner,
            form=settled.form,
            refused=settled.refused,
            token_check=settled.token_check,
            frame_limit=settled.frame_limit,
        )
        proven = frozenset({settled.form}) if settled.taken else frozenset[Form]()
        return replace(untried, manner=manner, proven=proven), settled.seen

    def _posted_as(
        self, question: ModelQuestion, carrying: Carrying, form: Form, told: SchemaTold
    ) -> Completion:
        clip = tiny_clip() if form == "clip" else None
        dress = dressed(carrying.flavour, form, told)
        return self._posted(question, body_of(question, carrying.model, dress, clip=clip))

    def _posted(self, question: ModelQuestion, body: dict[str, object]) -> Completion:
        """One question as it is sent; its pictures are those in the body."""
        model = str(body["model"])
        found = self._server.post(chat_address, body, load_of(question, model))
        return read_completion(found, model, shown(self._server.url))

    def _note_once_cut(self, counted: int, frame_tokens: int) -> None:
        """Servers with a short context (Ollama) cut a question in silence."""
        if self._cut_is_told:
            return
        self._cut_is_told = True
        self._note(
            f"{self.address} read {counted:,} tokens of a clip whose frames are about "
            f"{frame_tokens:,}: it cut the question off or made the frames smaller. Give it a "
            "longer context, or lower FrameFPS or FrameMaxPixels in section [QwenVL] of config.ini."
        )

    def _note(self, words: str) -> None:
        log.info("%s", words)
        with self._lock:
            if words not in self._notes:
                self._notes.append(words)


def _is_the_same(before: Manner, now: Manner, ladder: tuple[Form, ...]) -> bool:
    """Whether what was learned of an endpoint still holds: the same software and version."""
    same_server = (before.flavour, before.version) == (now.flavour, now.version)
    return same_server and before.form in ladder
