"""The lines of `specs.csv`: what a specification comes to, over all cases and by condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from snakespice.config.space import CORNER
from snakespice.config.specification import ALL_SPECS, Spec
from snakespice.specs import decide
from snakespice.specs.cases import COMPLETED, FAILED, PENDING, Cases, Integers
from snakespice.specs.intervals import tail_at
from snakespice.specs.judge import FAIL, PASS, Judged, Outcomes, relative_margin
from snakespice.specs.line import FAILS, INCOMPLETE, REPORTED, Line
from snakespice.specs.sample import Sample, sample
from snakespice.specs.yields import Yield, yield_of

_RELTOL = 1e-3  # ngspice's own, unless a netlist sets another


@dataclass(frozen=True)
class Terms:
    """The terms of a verdict: the day, for waivers, and how often one has looked (`tail_at`)."""

    today: date
    looks: int = 0


def lines_of(cases: Cases, judged: Judged, terms: Terms) -> list[Line]:
    """Return the line of a specification over all cases, then one for each of several conditions.

    Without draws, there is one for each corner instead.
    """
    parts = conditions_of(cases)
    below = [_line(cases, judged, rows, terms, is_condition=True) for rows in parts]
    if len(parts) == 1:
        over_all = below.pop()
        over_all.condition = ""
    else:
        over_all = _line(cases, judged, np.arange(len(cases)), terms, is_condition=False)
        if cases.draw is not None and judged.spec.criterion in ("sigma", "cpk"):
            worst = decide.worst(below)
            over_all.status, over_all.reason = worst.status, f"{worst.condition}: {worst.reason}"
            over_all.draws_to_decide = worst.draws_to_decide
    _check_required(over_all, cases, judged.spec)
    _waive(over_all, judged.spec, terms)
    return [over_all, *below]


def joint_line(cases: Cases, lines: Sequence[Line], outcome: Outcomes, terms: Terms) -> Line:
    """Return the line of all specifications, of the lines over all and the joint outcome."""
    asked = [line for line in lines if line.status != REPORTED]
    joint = Line(ALL_SPECS, criterion="every specification", status=decide.worst(asked).status)
    everything = np.arange(len(cases))
    counted = _counted(cases, everything)
    _count(joint, cases, counted, outcome, cases.status[counted] == COMPLETED)
    joint.null = max(line.null for line in asked)
    if cases.draw is not None:
        _set_yield(joint, yield_of(cases, everything, outcome, terms.looks))
    by_status = {
        status: ", ".join(line.spec for line in asked if line.status == status)
        for status in (FAILS, INCOMPLETE)
    }
    joint.reason = "; ".join(f"{status}: {names}" for status, names in by_status.items() if names)
    if all(line.waived for line in asked if line.status == FAILS):
        joint.waived = "; ".join(line.waived for line in asked if line.waived)
    margins = [line for line in asked if line.relative_margin is not None]
    if margins:
        worst = min(margins, key=lambda line: line.relative_margin or 0.0)
        joint.worst_case, joint.worst_parameters = worst.worst_case, worst.worst_parameters
        joint.relative_margin, joint.note = worst.relative_margin, worst.spec
    return joint


def conditions_of(cases: Cases) -> list[Integers]:
    """Return the rows of each condition, or, without draws, of each corner, or all."""
    if cases.draw is not None:
        key: Integers = cases.condition
    elif CORNER in cases.parameters:
        key = np.asarray(cases.parameters[CORNER].codes, np.int64)
    else:
        return [np.arange(len(cases))]
    order = np.argsort(key, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
    return sorted(parts, key=lambda rows: int(rows[0]))


def _counted(cases: Cases, rows: Integers) -> Integers:
    """Return the rows that statistics are of: draws but the nominal ones, where there are any."""
    return rows if cases.draw is None else rows[cases.is_draw[rows]]


def _line(cases: Cases, judged: Judged, rows: Integers, terms: Terms, is_condition: bool) -> Line:
    """Return the line over these rows."""
    spec, outcome = judged.spec, judged.outcome
    line = Line(spec.name, measure=spec.measure, unit=spec.unit, limit_typ=spec.typ)
    line.condition = cases.label(rows) if is_condition else ""
    alike = (judged.rule[rows] == judged.rule[rows[0]]).all()
    written = judged.limits(rows[0]) if alike else spec.limits
    line.limit_min, line.limit_max = written
    if spec.guard:
        line.judged_min, line.judged_max = spec.judged_by(written)
    counted = _counted(cases, rows)
    _count(line, cases, counted, outcome, np.isfinite(judged.value[counted]))
    _set_values(line, cases, judged, rows, is_condition)
    if not spec.is_judged:
        line.status = REPORTED
        return line
    fails = int((outcome[rows] == FAIL).sum())
    answer = decide.by_cases(len(rows), fails, _missing(cases, judged, rows))
    line.criterion = "every case"
    if cases.draw is None and spec.criterion:
        line.note = f"{spec.criterion} is not judged: the sweep has no draws"
    elif cases.draw is not None:
        found = yield_of(cases, rows, outcome, terms.looks)
        spread = None
        _set_yield(line, found)
        if is_condition:
            values = judged.value[counted]
            known = np.isfinite(values)
            groups = None if cases.groups is None else cases.groups[counted][known]
            limits = spec.judged_by(written)
            spread = sample(values[known], limits, groups, tail_at(terms.looks))
            _set_sample(line, spread)
        if spec.criterion:
            line.criterion = f"{spec.criterion} {spec.target:g}"
        if spec.criterion == "yield":
            answer = decide.by_yield(spec, found)
        elif spec.criterion and is_condition:
            missing = _missing(cases, judged, counted)
            answer = decide.by_distance(spec, spread, len(counted), missing)
    line.status, line.reason, line.draws_to_decide = answer
    return line


def _count(
    line: Line, cases: Cases, rows: Integers, outcome: Outcomes, has_value: np.ndarray
) -> None:
    status = cases.status[rows]
    line.n = len(rows)
    line.passed = int((outcome[rows] == PASS).sum())
    line.failed = int((status == FAILED).sum())
    line.pending = int((status == PENDING).sum())
    line.null = int(((status == COMPLETED) & ~has_value).sum())
    line.warned = int(cases.warned[rows].sum())


def _missing(cases: Cases, judged: Judged, rows: Integers) -> str:
    """Say which of these cases give no answer: `18 failed, 2 are pending`."""
    status = cases.status[rows]
    null = (status == COMPLETED) & np.isnan(judged.value[rows])
    without = judged.spec.measure
    if judged.spec.relative_to:
        without += ", or without a case to compare with"
    counts = {
        "failed": status == FAILED,
        "are pending": status == PENDING,
        f"completed without {without}": null & (judged.outcome[rows] != FAIL),
    }
    return ", ".join(f"{which.sum()} {what}" for what, which in counts.items() if which.any())


def _set_values(
    line: Line, cases: Cases, judged: Judged, rows: Integers, is_condition: bool
) -> None:
    """Set smallest, typical and largest value, and the worst case."""
    counted = _counted(cases, rows)
    values = judged.value[counted]
    if np.isfinite(values).any():
        line.min, line.max = float(np.nanmin(values)), float(np.nanmax(values))
    nominal = [cases.nominal] if cases.nominal is not None else []
    if cases.draw is not None and is_condition:
        nominal = list(rows[cases.draw[rows] == 0])
    if len(nominal) == 1 and np.isfinite(judged.value[nominal[0]]):
        line.typ = float(judged.value[nominal[0]])
    # Where a part of the draws may fail, the nominal case is none of them.
    row = _worst(judged, counted if judged.spec.criterion else rows)
    if row is None:
        return
    line.worst_case, line.worst_parameters = int(cases.case_id[row]), cases.described(row)
    if np.isfinite(judged.value[row]):
        margin, value = float(judged.margin[row]), float(judged.value[row])
        line.worst_value, line.margin = value, margin
        line.relative_margin = relative_margin(margin, judged.limits(row))
        if abs(margin) <= _RELTOL * abs(value):
            line.note = "the margin is less than what simulations are exact to (reltol)"


def _worst(judged: Judged, rows: Integers) -> int | None:
    """Return the row that is worst: one that fails without a value, or that of the least margin."""
    absent = rows[(judged.outcome[rows] == FAIL) & np.isnan(judged.value[rows])]
    if len(absent):
        return int(absent[0])
    margins = judged.margin[rows]
    return None if np.isnan(margins).all() else int(rows[np.nanargmin(margins)])


def _set_yield(line: Line, found: Yield | None) -> None:
    if found is None:
        return
    line.n, line.passed = found.n, found.passed
    line.pass_yield, line.yield_of_completed = found.estimate, found.of_completed
    line.interval = found.method
    if found.interval:
        line.yield_low, line.yield_high = found.interval


def _set_sample(line: Line, found: Sample | None) -> None:
    if found is None:
        return
    line.mean, line.sigma = found.mean, found.sigma
    line.p1, line.p50, line.p99 = found.percentiles
    if found.sigma_within:
        line.sigma_low, line.sigma_high = found.sigma_within
    if found.distance is not None:
        line.cpk = found.distance / 3
    if found.distance_within:
        line.cpk_low, line.cpk_high = (end / 3 for end in found.distance_within)
    if not found.is_normal:
        line.note = "; ".join(filter(None, [line.note, "plainly not normal: Cpk means little"]))


def _check_required(line: Line, cases: Cases, spec: Spec) -> None:
    """Make a line incomplete that passes without a corner that has to be run."""
    corners = cases.parameters.get(CORNER)
    there = [] if corners is None else list(corners.categories)
    lacking = [name for name in spec.required if name not in there]
    if lacking and line.status != FAILS:
        line.status, line.reason = INCOMPLETE, f"not run: {', '.join(lacking)}"


def _waive(line: Line, spec: Spec, terms: Terms) -> None:
    if spec.waive is None or line.status != FAILS:
        return
    told = f"{spec.waive.by}: {spec.waive.why} (until {spec.waive.until})"
    if terms.today <= date.fromisoformat(spec.waive.until):
        line.waived = told
    else:
        line.note = "; ".join(filter(None, [line.note, f"no longer waived by {told}"]))
