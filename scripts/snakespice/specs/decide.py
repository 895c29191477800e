"""Pass, fail or incomplete: what follows from cases, from an interval, and from several answers.

Fail beats incomplete, and that beats pass. What is not known is never a pass: a simulation that
failed or is pending, a measure that could not be taken, an interval that lies across the target.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from snakespice.config.specification import Spec
from snakespice.specs.intervals import Interval, draws_for_distance, draws_for_yield
from snakespice.specs.line import FAILS, INCOMPLETE, PASSES, REPORTED, Line
from snakespice.specs.sample import Sample
from snakespice.specs.yields import Yield

_WORST_FIRST = (FAILS, INCOMPLETE, PASSES, REPORTED)


class Decision(NamedTuple):
    """An answer and its reason, and how many draws would probably give one where there is none."""

    status: str
    reason: str
    draws_to_decide: int | None = None


def worst(lines: Iterable[Line]) -> Line:
    """Return the line whose answer beats those of the others."""
    return min(lines, key=lambda line: _WORST_FIRST.index(line.status))


def by_cases(cases: int, fails: int, missing: str) -> Decision:
    """Decide where every case must pass; `missing` says which have no answer."""
    if fails:
        return Decision(FAILS, f"{fails} of {cases} cases fail")
    if missing or not cases:
        return Decision(INCOMPLETE, f"of {cases} cases, {missing}" if cases else "no case was run")
    return Decision(PASSES, "")


def by_yield(spec: Spec, found: Yield | None) -> Decision:
    """Decide where a part of the draws must pass."""
    if found is None:
        return Decision(INCOMPLETE, "there is no draw")
    if found.pending:
        if found.highest is not None and found.highest < spec.target:
            return Decision(FAILS, f"yield below {found.highest:.4g} even if all others pass")
        return Decision(INCOMPLETE, f"{found.pending} of {found.n} draws are pending")
    if spec.by_estimate:
        return _by_estimate("yield", found.estimate, spec.target)
    if found.interval is None:
        return Decision(INCOMPLETE, f"the yield is {found.estimate:.4g}, interval {found.method}")
    needed = draws_for_yield(found.passed, found.n, spec.target)
    return _by_interval("yield", found.interval, spec.target, needed, found.n)


def by_distance(spec: Spec, found: Sample | None, draws: int, missing: str) -> Decision:
    """Decide where the limits must be so many sigmas, or a Cpk, away from the mean."""
    if missing:
        return Decision(INCOMPLETE, f"of {draws} draws, {missing}: sigma is not known")
    if found is None or found.distance is None:
        return Decision(INCOMPLETE, "takes two draws that differ")
    scale = 3.0 if spec.criterion == "cpk" else 1.0
    distance, name = found.distance / scale, spec.criterion or ""
    if not found.is_normal:
        note = f"{name} is {distance:.3g}, but the draws are plainly not normal"
        return Decision(INCOMPLETE, f"{note}; ask for a yield")
    if spec.by_estimate:
        return _by_estimate(name, distance, spec.target)
    if found.distance_within is None:
        return Decision(INCOMPLETE, f"{name} is {distance:.3g}; an interval takes two groups")
    within = Interval(*(end / scale for end in found.distance_within))
    needed = draws_for_distance(found.distance, spec.target * scale)
    return _by_interval(name, within, spec.target, needed, draws)


def _by_estimate(name: str, estimate: float, target: float) -> Decision:
    told = f"{name} {estimate:.4g}, judged by the estimate alone"
    return Decision(PASSES if estimate >= target else FAILS, told)


def _by_interval(
    name: str, within: Interval, target: float, needed: int | None, n: int
) -> Decision:
    told = f"{name} {within.low:.4g} to {within.high:.4g}"
    if within.low >= target:
        return Decision(PASSES, told)
    if within.high < target:
        return Decision(FAILS, told)
    if needed is None:
        return Decision(INCOMPLETE, f"{told} is across {target:g}")
    needed = max(needed, n + 1)
    return Decision(
        INCOMPLETE,
        f"{told} is across {target:g}; about {needed} draws would probably decide",
        needed,
    )
