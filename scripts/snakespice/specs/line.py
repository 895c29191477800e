"""A line of `specs.csv`: a specification over all cases, or over a condition."""

from __future__ import annotations

from dataclasses import dataclass, fields

PASSES, FAILS, INCOMPLETE, REPORTED = "pass", "fail", "incomplete", "reported"

Number = float | None


@dataclass
class Line:
    """The columns of `specs.csv`, in order; None is an empty cell.

    A line without `condition` is over all. `n` counts cases, or draws where a sweep has them: over
    all a draw is one chip, which passes where it passes at every condition.
    """

    spec: str
    condition: str = ""
    status: str = INCOMPLETE
    reason: str = ""
    waived: str = ""
    measure: str = ""
    unit: str = ""
    criterion: str = ""
    limit_min: Number = None
    limit_typ: Number = None
    limit_max: Number = None
    judged_min: Number = None  # tightened by the guard
    judged_max: Number = None
    n: int = 0
    passed: int = 0
    failed: int = 0  # simulations that failed
    pending: int = 0
    null: int = 0  # simulations that completed without the measure
    warned: int = 0
    min: Number = None
    typ: Number = None  # of the nominal case
    max: Number = None
    mean: Number = None
    sigma: Number = None
    sigma_low: Number = None
    sigma_high: Number = None
    p1: Number = None
    p50: Number = None
    p99: Number = None
    cpk: Number = None
    cpk_low: Number = None
    cpk_high: Number = None
    pass_yield: Number = None  # failed simulations count as fails
    yield_low: Number = None
    yield_high: Number = None
    yield_of_completed: Number = None
    interval: str = ""  # how the interval of the yield was made
    draws_to_decide: int | None = None
    worst_case: int | None = None
    worst_value: Number = None
    worst_parameters: str = ""
    margin: Number = None
    relative_margin: Number = None
    note: str = ""


# `yield` is no name for a field.
COLUMNS = tuple({"pass_yield": "yield"}.get(f.name, f.name) for f in fields(Line))
