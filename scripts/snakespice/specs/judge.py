"""What each case is worth by a specification: pass, fail, or not known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snakespice.config.specification import Limits, Spec
from snakespice.specs.cases import COMPLETED, Cases, Floats

PASS, FAIL, UNKNOWN = 1, 0, -1
WORDS = {PASS: "pass", FAIL: "fail", UNKNOWN: ""}

Outcomes = NDArray[np.int8]


@dataclass(frozen=True)
class Judged:
    """The cases by one specification.

    `value` is what is judged, NaN where there is none; `rule` is the number of the limits that
    apply (`Spec.rules`); `margin` is how far the value is within them, as they are judged:
    negative outside, NaN where there is no value or no limit.
    """

    spec: Spec
    value: Floats
    rule: NDArray[np.int8]
    margin: Floats
    outcome: Outcomes

    def limits(self, row: int) -> Limits:
        """Return the limits of a case, as they are written."""
        return self.spec.rules[int(self.rule[row])][1]


def judge(cases: Cases, spec: Spec) -> Judged:
    """Judge every case."""
    value = _values(cases, spec)
    rule = np.zeros(len(cases), np.int8)
    margin = np.full(len(cases), np.nan)
    for number, (where, written) in enumerate(spec.rules):
        there = cases.mask(where)
        rule[there] = number
        low, high = spec.judged_by(written)
        margin[there] = np.minimum(
            value[there] - (-math.inf if low is None else low),
            (math.inf if high is None else high) - value[there],
        )
    outcome = np.full(len(cases), UNKNOWN, np.int8)
    if spec.is_judged:
        outcome[margin >= 0] = PASS
        outcome[margin < 0] = FAIL
        if spec.null_fails:
            outcome[np.isnan(value) & (cases.status == COMPLETED)] = FAIL
    margin[np.isinf(margin)] = np.nan
    return Judged(spec, value, rule, margin, outcome)


def jointly(outcomes: list[Outcomes]) -> Outcomes:
    """Return what each case is worth by several: fail beats not known, and that beats pass."""
    stacked = np.stack(outcomes)
    some_fail = (stacked == FAIL).any(axis=0)
    all_pass = (stacked == PASS).all(axis=0)
    return np.where(some_fail, FAIL, np.where(all_pass, PASS, UNKNOWN)).astype(np.int8)


def relative_margin(margin: float, limits: Limits) -> float | None:
    """Return a margin in parts of the limits' span, or of the size of the only limit.

    None where that is 0.
    """
    ends = [end for end in limits if end is not None]
    size = max(ends) - min(ends) if len(ends) == 2 else abs(ends[0])
    return margin / size if size else None


def _values(cases: Cases, spec: Spec) -> Floats:
    """Return what is judged: the measure, or how far it is from that of another case."""
    measured = np.where(cases.status == COMPLETED, cases.measures[spec.measure], np.nan)
    if spec.relative_to is None:
        return measured
    place = cases.reference(spec.relative_to)
    other = np.where(place >= 0, measured[place], np.nan)
    if spec.unit != "%":
        return measured - other
    other[other == 0] = np.nan
    return 100 * (measured - other) / np.abs(other)
