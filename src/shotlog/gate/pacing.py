"""How many questions a model server is given at a time. Pure: whoever asks brings the time.

The level begins low and doubles while the work done in a second grows with it. Where a server says
that it is busy (429, 503), the level falls to what was in hand there, at most by half, and then
grows one by one. Where it says nothing and lets questions wait, as vLLM does, the sign is that
more questions at a time no longer get more work done: the level goes back to where they still did.
Longer answers take longer and are more work; they are no such sign.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FIRST_LEVEL = 8
"""Questions at a time at the start: what one GPU is kept busy by."""

HIGHEST_LEVEL = 256
"""Questions at a time where the user names no ceiling."""

CUT = 0.9
"""What is left of the level at least once the server said that it is busy, and at most."""
DEEPEST_CUT = 0.5
"""What is left at the least after one such round."""

GAIN = 0.25
"""So much of the growth in questions must show as growth in work, or the growth is taken back."""
STEP = 1.25
"""How far the level rises, one by one, before it is judged."""
FALL = 0.7
"""Less work than this share of the best at the same level, and the server has less to give."""
HELD_ROUNDS = 8
"""Rounds at one level after more of it brought nothing."""
NEAR = 0.97
"""From this share of the level that was refused last, the level creeps."""
CREEP = 0.25

FULL = 0.85
"""Share of the level in flight from which a question tells what the level brings."""
FEWEST_ANSWERS = 16
"""A round has as many answers as the level, but not fewer."""

WORK_OF_AN_ANSWERED_TOKEN = 50.0
"""Against a token that is read: reading goes in one pass, answering takes a pass for each."""

Outcome = Literal["answered", "busy", "failed"]
"""``busy``: the server says so, or it did not answer in time; ``failed``: it tells nothing of how
much the server can take."""


def work_of(prompt_tokens: int | None, completion_tokens: int | None) -> float:
    """How much one answer was, in tokens read; 1 where the server does not count."""
    if prompt_tokens is None or completion_tokens is None:
        return 1.0
    return max(1.0, prompt_tokens + WORK_OF_AN_ANSWERED_TOKEN * completion_tokens)


@dataclass(slots=True)
class _Round:
    """What was seen since the level last changed, of questions asked since then."""

    number: int = 0
    answers: int = 0
    in_flight: int = 0
    """Sum over the answers, each at its beginning."""
    seconds: float = 0.0
    work: float = 0.0
    level: float = 0.0
    """When it began."""
    cut: bool = False

    def pace(self) -> float:
        """Work a second: as many in flight as there were, each at its own speed (Little's law)."""
        return self.in_flight / self.answers * self.work / max(self.seconds, 1e-9)


@dataclass(frozen=True, slots=True)
class Begun:
    """One question on its way."""

    at_seconds: float
    in_flight: int
    """This one counted in."""
    round_number: int
    full: bool
    """Whether the level was nearly used up; others tell nothing of it."""


class Level:
    """Finds how many questions at a time a server takes, from 1 to ``ceiling``."""

    def __init__(self, ceiling: int = HIGHEST_LEVEL, *, first: int = FIRST_LEVEL) -> None:
        if ceiling < 1 or first < 1:
            raise ValueError(f"a level is at least 1, not {ceiling} and {first}")
        self._ceiling = ceiling
        self._level = float(min(first, ceiling))
        self._doubling = True
        self._held = 0
        self._wall: float | None = None
        self._reference: tuple[float, float] | None = None
        self._round = _Round(level=self._level)
        self.in_flight = 0

    @property
    def allowed(self) -> int:
        """Questions that may be on their way now."""
        return int(self._level)

    @property
    def ceiling(self) -> int:
        """Questions at a time that the level never passes."""
        return self._ceiling

    def begin(self, now: float) -> Begun:
        """A question goes out; whether it may is for the caller to have looked at."""
        self.in_flight += 1
        full = self.in_flight >= FULL * self.allowed
        return Begun(now, self.in_flight, self._round.number, full)

    def end(self, begun: Begun, now: float, outcome: Outcome, work: float = 1.0) -> None:
        """It came back; ``work`` as :func:`work_of` counts it."""
        self.in_flight -= 1
        if outcome == "busy":
            self._refused(begun)
        elif outcome == "answered" and begun.full and begun.round_number == self._round.number:
            found = self._round
            found.answers += 1
            found.in_flight += begun.in_flight
            found.seconds += now - begun.at_seconds
            found.work += work
            if found.answers >= max(FEWEST_ANSWERS, self.allowed):
                self._judge(found)

    def _refused(self, begun: Begun) -> None:
        """Falls once a round; refusals of the same burst only tell how much the server holds."""
        here = self._round
        if begun.round_number == here.number:
            self._wall = self._level
            self._begin_round(self._level, cut=True)
            here = self._round
        elif not here.cut or begun.round_number != here.number - 1:
            return
        held = max(float(self.in_flight), DEEPEST_CUT * here.level)
        self._level = max(1.0, min(self._level, CUT * here.level, held))
        self._doubling, self._held, self._reference = False, 0, None

    def _judge(self, found: _Round) -> None:
        """What a whole round at one level tells, held against the best level so far."""
        pace, level = found.pace(), self._level
        best_level, best = self._reference or (level, pace)
        growth = level / best_level - 1.0
        if growth >= STEP - 1.0:
            if pace < best * (1.0 + GAIN * growth):
                self._doubling, self._held = False, HELD_ROUNDS
                self._reference = (best_level, max(pace, FALL * best))
                self._begin_round(best_level)
                return
            self._reference = (level, pace)
        elif growth <= 0.0:
            if pace < FALL * best:
                self._doubling, self._reference = False, None
                self._begin_round(max(1.0, CUT * level))
                return
            self._reference = (level, 0.8 * best + 0.2 * pace)
        self._grow()

    def _grow(self) -> None:
        level, wall = self._level, self._wall
        if self._held:
            self._held -= 1
            self._begin_round(level)
            return
        if wall is not None and level > wall + 1.0:
            # What refused it is gone: as much as there is now is looked for as at the start.
            self._wall, self._doubling = None, True
            wall = None
        if self._doubling:
            level *= 2.0
        else:
            level += CREEP if wall is not None and level >= NEAR * wall - 1.0 else 1.0
        self._begin_round(min(level, float(self._ceiling)))

    def _begin_round(self, level: float, *, cut: bool = False) -> None:
        self._level = level
        self._round = _Round(number=self._round.number + 1, level=level, cut=cut)


@dataclass(slots=True)
class TokenBudget:
    """Tokens that may be used in a minute: a bucket of a few seconds that fills evenly.

    In no minute is more used than ``per_minute``, but for one question that is larger than the
    bucket; quotas are counted by the second too (DashScope), so none is saved up.
    """

    per_minute: int
    left: float = field(init=False)
    at_seconds: float | None = None
    """When ``left`` was right."""

    def __post_init__(self) -> None:
        if self.per_minute < 1:
            raise ValueError(f"a budget is at least one token a minute, not {self.per_minute}")
        self.left = self.most

    @property
    def most(self) -> float:
        """What the bucket holds: two seconds of the budget."""
        return self.per_minute / 30.0

    @property
    def _a_second(self) -> float:
        return (self.per_minute - self.most) / 60.0

    def wait_seconds(self, tokens: int, now: float) -> float:
        """How long until so many may be used; a question larger than the bucket waits for all."""
        self._fill(now)
        return max(0.0, (min(float(tokens), self.most) - self.left) / self._a_second)

    def use(self, tokens: int, now: float) -> None:
        """Takes them, below nothing where need be; less than 0 gives back."""
        self._fill(now)
        self.left = min(self.most, self.left - tokens)

    def _fill(self, now: float) -> None:
        if self.at_seconds is not None:
            grown = max(0.0, now - self.at_seconds) * self._a_second
            self.left = min(self.most, self.left + grown)
        self.at_seconds = now


class Pace:
    """When the next question may go: level, tokens a minute and the server's wish to be left."""

    def __init__(
        self, ceiling: int = HIGHEST_LEVEL, *, tokens_per_minute: int = 0, first: int = FIRST_LEVEL
    ) -> None:
        self.level = Level(ceiling, first=first)
        self._budget = TokenBudget(tokens_per_minute) if tokens_per_minute else None
        self._paused_until = 0.0

    def wait_seconds(self, tokens: int, now: float) -> float | None:
        """0 where a question of so many tokens may go now; None: not before another ends."""
        if self.level.in_flight >= self.level.allowed:
            return None
        wait = max(0.0, self._paused_until - now)
        return max(wait, self._budget.wait_seconds(tokens, now)) if self._budget else wait

    def begin(self, tokens: int, now: float) -> Begun:
        """A question of about so many tokens goes out."""
        if self._budget:
            self._budget.use(tokens, now)
        return self.level.begin(now)

    def end(
        self, begun: Begun, now: float, outcome: Outcome, *, work: float = 1.0, correction: int = 0
    ) -> None:
        """It came back; ``correction`` is the tokens used less those it went out with."""
        if self._budget and correction:
            self._budget.use(correction, now)
        self.level.end(begun, now, outcome, work)

    def pause(self, seconds: float, now: float) -> None:
        """Nobody asks for so long: the server wished it."""
        self._paused_until = max(self._paused_until, now + seconds)
