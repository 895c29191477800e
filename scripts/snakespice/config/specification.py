"""Specifications: what a measure must be for the design to be good.

They never reach the plan of a sweep: whoever changes a limit simulates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

ALL_SPECS = "all"  # what all specifications together are called
CRITERIA = ("sigma", "cpk", "yield")


class Limits(NamedTuple):
    """What a measure may be, both ends included; None is no limit."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Guard:
    """How much tighter the limits are judged than they are written; `relative` to their size."""

    amount: float
    relative: bool

    def tightened(self, limits: Limits) -> Limits:
        """Return the limits by which cases are judged."""
        low, high = limits
        return Limits(
            None if low is None else low + self._of(low),
            None if high is None else high - self._of(high),
        )

    def _of(self, limit: float) -> float:
        return self.amount * abs(limit) if self.relative else self.amount


@dataclass(frozen=True)
class Override:
    """Other limits for the cases that have these values; None is that of the specification."""

    where: Mapping[str, str]
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Waiver:
    """Who accepts that a specification fails, why, and until which day (ISO 8601)."""

    by: str
    why: str
    until: str


@dataclass(frozen=True)
class Spec:
    """A specification.

    `criterion` is one of CRITERIA, of which at least `target` is asked for, or None: every case
    must pass. A specification without any limit is only reported.
    """

    name: str
    measure: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    typ: float | None = None
    guard: Guard | None = None
    criterion: str | None = None
    target: float = 0.0
    by_estimate: bool = False
    per: tuple[Override, ...] = ()
    relative_to: Mapping[str, str] | None = None
    null_fails: bool = False
    waive: Waiver | None = None
    required: tuple[str, ...] = ()

    @property
    def limits(self) -> Limits:
        """The limits as written, for cases that no override is for."""
        return Limits(self.low, self.high)

    @property
    def is_judged(self) -> bool:
        """Whether there is a limit."""
        return any(end is not None for _, limits in self.rules for end in limits)

    @property
    def rules(self) -> list[tuple[Mapping[str, str], Limits]]:
        """The written limits, and those of the cases with some values; the last that fits counts.

        What an override does not name is as the specification has it.
        """
        others = (
            (
                other.where,
                Limits(
                    self.low if other.low is None else other.low,
                    self.high if other.high is None else other.high,
                ),
            )
            for other in self.per
        )
        return [({}, self.limits), *others]

    def judged_by(self, limits: Limits) -> Limits:
        """Return limits as cases are judged by them."""
        return self.guard.tightened(limits) if self.guard else limits

    def to_json(self) -> dict[str, Any]:
        """Return the specification as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Spec:
        """Return the specification that `to_json` described."""
        return cls(
            **{
                **data,
                "guard": Guard(**data["guard"]) if data["guard"] else None,
                "per": tuple(Override(**other) for other in data["per"]),
                "waive": Waiver(**data["waive"]) if data["waive"] else None,
                "required": tuple(data["required"]),
            }
        )
