"""Several orders of the same things made into one. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

FLATNESS = 60
"""How little the first places count before the others: 60 in the paper that proposed it."""

Thing = TypeVar("Thing", bound=Hashable)


def fused(*orders: Sequence[Thing]) -> list[tuple[Thing, float]]:
    """Things and scores, the best first, by reciprocal ranks (Cormack, Clarke, Büttcher 2009).

    Each order gives ``1 / (60 + rank)``; only places count, so that orders whose scores do not
    compare can be joined. Of equals the one that the earlier order has comes first.
    """
    scores: dict[Thing, float] = {}
    for order in orders:
        for rank, thing in enumerate(order, start=1):
            scores[thing] = scores.get(thing, 0.0) + 1.0 / (FLATNESS + rank)
    return sorted(scores.items(), key=lambda each: -each[1])
