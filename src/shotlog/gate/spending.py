"""What model requests cost, and where the spending of a run ends. Pure; money is Decimal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Self

from shotlog.errors import BudgetSpentError, SettingError
from shotlog.records import Spent
from shotlog.settings import Settings

PER = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Load:
    """The tokens of one question and its answer: an estimate before, a count after."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def plus(self, other: Load) -> Load:
        return Load(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )

    def minus(self, other: Load) -> Load:
        return Load(
            self.prompt_tokens - other.prompt_tokens,
            self.completion_tokens - other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices of a million tokens."""

    input_price: Decimal
    output_price: Decimal
    currency: str = "USD"

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """What [Tariff] says; a price that is missing is nothing. None without any price."""
        if settings.input_price is None and settings.output_price is None:
            return None
        return cls(
            settings.input_price or Decimal(0),
            settings.output_price or Decimal(0),
            settings.currency,
        )

    @classmethod
    def of_batches(cls, settings: Settings) -> Self | None:
        """The same for batch files, at ``BatchFactor`` of the price."""
        tariff, factor = cls.of(settings), Decimal(str(settings.batch_factor))
        if tariff is None:
            return None
        return cls(tariff.input_price * factor, tariff.output_price * factor, tariff.currency)

    def cost(self, load: Load) -> Decimal:
        """Exact, of a millionth part of the price's last digit."""
        prompt = self.input_price * load.prompt_tokens
        return (prompt + self.output_price * load.completion_tokens) / PER


class Purse:
    """Counts what requests use, and lets none begin that could pass a cap.

    An estimate is too high rather than too low: it is raised by the most that any answer's count
    was above its own. A question whose answer was lost counts as estimated, for it may be billed.
    """

    def __init__(
        self,
        tariff: Tariff | None = None,
        *,
        max_requests: int | None = None,
        max_cost: Decimal | None = None,
    ) -> None:
        if max_cost is not None and tariff is None:
            raise SettingError(
                f"--max-cost is {max_cost}, and there are no prices to count by.",
                hint="Set InputPerMillion and OutputPerMillion in section [Tariff] of config.ini.",
            )
        self._tariff, self._max_requests, self._max_cost = tariff, max_requests, max_cost
        self._ratio = 1.0
        self._done = Load()
        self._requests = 0
        self._under_way = 0
        self._reserved = Load()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Raises SettingError for --max-cost without a tariff."""
        return cls(
            Tariff.of(settings), max_requests=settings.max_requests, max_cost=settings.max_cost
        )

    @property
    def spent(self) -> Spent:
        """By all questions that have ended."""
        done, tariff = self._done, self._tariff
        return Spent(
            self._requests,
            done.prompt_tokens,
            done.completion_tokens,
            tariff.cost(done) if tariff else None,
            tariff.currency if tariff else None,
        )

    def expected(self, load: Load) -> Load:
        """The estimate, corrected by what was seen."""
        return Load(int(load.prompt_tokens * self._ratio), load.completion_tokens)

    def room(self, expected: Load) -> Literal["yes", "wait"]:
        """Whether such a question may go; ``wait``: not until one that is on its way has ended.

        Raises BudgetSpentError where it could pass a cap whatever comes of the others.
        """
        passed = self._passed_by(expected, 0, Load())
        if passed is not None:
            raise BudgetSpentError(
                f"The run has used what it may: {passed}.",
                hint="Raise the cap and run the same command again: nothing is paid for twice.",
            )
        full = self._passed_by(expected, self._under_way, self._reserved) is not None
        return "wait" if full else "yes"

    def reserve(self, expected: Load) -> None:
        """Such a question goes out; :meth:`settle` follows."""
        self._under_way += 1
        self._reserved = self._reserved.plus(expected)

    def settle(self, load: Load, expected: Load, used: Load | None, *, asked: bool = True) -> None:
        """A question that was reserved has ended.

        ``used`` without a value: the server did not count, or its answer was lost. Not ``asked``:
        it never reached a server, and costs nothing.
        """
        self._under_way -= 1
        self._reserved = self._reserved.minus(expected)
        if not asked:
            return
        self._requests += 1
        counted = expected if used is None else used
        if used is not None and load.prompt_tokens and used.prompt_tokens:
            self._ratio = max(self._ratio, used.prompt_tokens / load.prompt_tokens)
        self._done = self._done.plus(counted)

    def _passed_by(self, expected: Load, under_way: int, reserved: Load) -> str | None:
        """The cap that would be passed, in words; None where none would be."""
        requests = self._requests + under_way + 1
        if self._max_requests is not None and requests > self._max_requests:
            return f"--max-requests is {self._max_requests}, and {self._requests} are made"
        if self._max_cost is None or self._tariff is None:
            return None
        cost = self._tariff.cost
        if cost(self._done.plus(reserved).plus(expected)) <= self._max_cost:
            return None
        return (
            f"--max-cost is {self._max_cost} {self._tariff.currency}, "
            f"{money(cost(self._done))} is spent, and the next question may cost "
            f"{money(cost(expected))}"
        )


def money(amount: Decimal) -> str:
    """For people: at most four digits behind the point, two at least."""
    rounded = amount.quantize(Decimal("0.0001")).normalize()
    exponent = rounded.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{rounded:,.{places}f}"
