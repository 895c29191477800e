"""Yields: which part of the chips pass, and between which bounds that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snakespice.specs.cases import PENDING, Cases, Integers
from snakespice.specs.intervals import (
    Interval,
    clopper_pearson,
    confidence_sequence,
    jackknife_interval,
    tail_at,
)
from snakespice.specs.judge import FAIL, PASS, Outcomes

_FEWEST_FAILS = 10


@dataclass(frozen=True)
class Yield:
    """A yield over `n` draws, of which `passed` pass and `pending` can still do either.

    What failed to simulate, or to be measured, counts as a fail; `of_completed` is the yield of
    the draws without any such case. `interval` is None where there is no honest one; `method` says
    how it was made, or why there is none. `highest` is its upper end if all that is pending passes.
    """

    n: int
    passed: int
    pending: int
    of_completed: float | None
    interval: Interval | None
    method: str
    highest: float | None = None

    @property
    def estimate(self) -> float:
        """The part that passes."""
        return self.passed / self.n


def yield_of(cases: Cases, rows: Integers, outcome: Outcomes, looks: int = 0) -> Yield | None:
    """Return the yield over the draws in these rows; None if they are none.

    A draw passes where all its rows do. `looks` is how often one has looked, 0 where the number of
    draws was fixed before.
    """
    assert cases.draw is not None
    rows = rows[cases.is_draw[rows]]
    if not len(rows):
        return None
    draws, place = np.unique(cases.draw[rows], return_inverse=True)

    def any_of(which: np.ndarray) -> np.ndarray:
        return np.bincount(place, which, minlength=len(draws)) > 0

    pending = cases.status[rows] == PENDING
    lost = ~pending & (outcome[rows] != PASS)
    fails = any_of(lost)
    waits = any_of(pending) & ~fails
    whole = ~any_of((outcome[rows] != PASS) & (outcome[rows] != FAIL))
    n, passed = len(draws), int(len(draws) - fails.sum() - waits.sum())
    of_completed = float((~fails & whole).sum() / whole.sum()) if whole.any() else None
    waiting = int(waits.sum())
    if cases.group is None:
        method = "confidence sequence" if looks else "Clopper-Pearson"
        bounds = confidence_sequence if looks else clopper_pearson
        highest = bounds(passed + waiting, n).high
        return Yield(n, passed, waiting, of_completed, bounds(passed, n), method, highest)
    if n - passed < _FEWEST_FAILS:
        method = f"none: fewer than {_FEWEST_FAILS} fails; use method: random"
        return Yield(n, passed, waiting, of_completed, None, method)
    groups = np.unique([cases.group(int(draw) - 1) for draw in draws], return_inverse=True)[1]
    sizes, passes = np.bincount(groups), np.bincount(groups, ~fails & ~waits)
    without = (passed - passes) / np.maximum(1, n - sizes)
    within = jackknife_interval(passed / n, without, tail_at(looks))
    if within is None:
        return Yield(n, passed, waiting, of_completed, None, "none: there is one group")
    interval = Interval(max(0.0, within.low), min(1.0, within.high))
    method = f"Student's t of {len(sizes)} groups"
    return Yield(n, passed, waiting, of_completed, interval, method)
