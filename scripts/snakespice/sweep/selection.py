"""Which cases a run is asked for: all of a sweep, or those of some corners.

A selection plans nothing: cases have the numbers that they have, and what was simulated before
stays. The others are pending, "not selected".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from snakespice.sweep.plan import Plan

NOT_SELECTED = "not selected"  # the message of a case that is pending for that reason


class Selection:
    """The cases of these corners; of all, where `corners` is None or the sweep has none."""

    def __init__(self, plan: Plan, corners: Collection[str] | None) -> None:
        space = plan.space
        self._ranges: list[range] | None = None
        if corners is not None and space.corners:
            chosen = [label for label in space.corners.labels if label in corners]
            self._ranges = sorted(
                (cases for label in chosen for cases in space.cases_of_corner(label)),
                key=lambda cases: cases.start,
            )

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self._ranges is None

    def of(self, cases: range) -> Sequence[int]:
        """Return those of consecutive cases that are asked for."""
        if self._ranges is None:
            return cases
        return [
            number
            for there in self._ranges
            for number in range(max(there.start, cases.start), min(there.stop, cases.stop))
        ]
