from __future__ import annotations

from decimal import Decimal

import pytest

from shotlog.errors import BudgetSpentError, SettingError
from shotlog.gate.spending import Load, Purse, Tariff, money
from shotlog.settings import load_settings

TARIFF = Tariff(Decimal("0.2"), Decimal("1.6"), "USD")
LOAD = Load(10_000, 500)
"""Costs 0.0028 by the tariff."""


def ask(purse: Purse, load: Load = LOAD, used: Load | None = None) -> None:
    expected = purse.expected(load)
    assert purse.room(expected) == "yes"
    purse.reserve(expected)
    purse.settle(load, expected, used or load)


def test_money_is_exact() -> None:
    assert TARIFF.cost(LOAD) == Decimal("0.0028")
    purse = Purse(TARIFF)
    for _ in range(1000):
        ask(purse)
    assert purse.spent.cost == Decimal("2.8")
    assert (purse.spent.requests, purse.spent.prompt_tokens) == (1000, 10_000_000)


def test_prices_come_from_the_tariff_section() -> None:
    settings = load_settings({"input_price": "0.2", "currency": "EUR"})
    assert Tariff.of(settings) == Tariff(Decimal("0.2"), Decimal(0), "EUR")
    assert Tariff.of(load_settings({})) is None


def test_a_cap_without_prices_is_refused() -> None:
    with pytest.raises(SettingError, match="no prices") as caught:
        Purse(max_cost=Decimal(1))
    assert "[Tariff]" in caught.value.hint


def test_the_cap_on_money_is_never_passed() -> None:
    purse = Purse(TARIFF, max_cost=Decimal("0.01"))
    for _ in range(3):
        ask(purse)
    with pytest.raises(BudgetSpentError, match=r"--max-cost is 0\.01 USD, 0\.0084 is spent"):
        purse.room(purse.expected(LOAD))
    assert purse.spent.cost == Decimal("0.0084")


def test_the_cap_on_requests_is_never_passed() -> None:
    purse = Purse(max_requests=2)
    ask(purse)
    ask(purse)
    with pytest.raises(BudgetSpentError, match="--max-requests is 2, and 2 are made"):
        purse.room(LOAD)


def test_money_that_may_come_back_is_waited_for() -> None:
    purse = Purse(TARIFF, max_cost=Decimal("0.005"))
    purse.reserve(LOAD)
    assert purse.room(LOAD) == "wait"
    purse.settle(LOAD, LOAD, Load(1000, 10))
    assert purse.room(LOAD) == "yes"


def test_estimates_are_raised_by_the_most_that_was_seen() -> None:
    purse = Purse(TARIFF)
    ask(purse, used=Load(25_000, 100))
    ask(purse, used=Load(5_000, 100))
    assert purse.expected(LOAD) == Load(25_000, 500)


def test_an_answer_that_was_lost_counts_and_a_question_never_sent_does_not() -> None:
    purse = Purse(TARIFF)
    for asked in (True, False):
        purse.reserve(LOAD)
        purse.settle(LOAD, LOAD, None, asked=asked)
    assert purse.spent.requests == 1
    assert purse.spent.cost == Decimal("0.0028")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.00284", "0.0028"),
        ("2.8", "2.80"),
        ("1234.5", "1,234.50"),
        ("0", "0.00"),
        ("300", "300.00"),
    ],
)
def test_money_is_shown_with_two_to_four_digits(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text
