"""A testbench's `specs`: from what is written to specifications that can be met and missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from snakespice.base.engineering import parse_engineering
from snakespice.base.problems import nearest
from snakespice.config.names import value_fault
from snakespice.config.scope import ConfigScope, KeyPath
from snakespice.config.space import CORNER, DRAW
from snakespice.config.specification import (
    ALL_SPECS,
    CRITERIA,
    Guard,
    Limits,
    Override,
    Spec,
    Waiver,
)
from snakespice.config.yamlfile import as_written


def read_specs(
    written: Mapping[str, Any],
    units: Mapping[str, str],
    parameters: Sequence[str],
    scope: ConfigScope,
) -> tuple[Spec, ...]:
    """Return the specifications of a testbench, after noting what is wrong with them.

    `written` is what the schema lets through; `units` has the unit of each measure, which is empty
    where none was given; `parameters` are those of the testbench.
    """
    specs = []
    for name, data in written.items():
        one = _Reader(scope.below("specs", name), data, parameters)
        if name == ALL_SPECS:
            one.scope.add(
                (), f'"{name}" is what all specifications together are called', "rename it"
            )
        specs.append(one.spec(name, units))
    return tuple(specs)


class _Reader:
    """Reads one specification, and notes what is wrong with it."""

    def __init__(self, scope: ConfigScope, data: Mapping[str, Any], parameters: Sequence[str]):
        self.scope = scope
        self._data = data
        self._parameters = list(parameters)
        self._unit = ""

    def spec(self, name: str, units: Mapping[str, str]) -> Spec:
        """Return the specification of this name."""
        data = self._data
        measure = data.get("measure", name)
        if measure not in units:
            key: KeyPath = ("measure",) if "measure" in data else ()
            wrong = f'"{measure}" is no measure of this testbench'
            self.scope.add(key, wrong, nearest(measure, list(units)) or "add it to measures")
        self._unit = data.get("unit") or units.get(measure, "")
        relative = self._relative_to()
        in_percent = relative is not None and self._unit == "%"
        if units.get(measure) and self._unit != units[measure] and not in_percent:
            wrong = f'is "{self._unit}", and that of the measure is "{units[measure]}"'
            self.scope.add(("unit",), wrong, "give both the same")
        low, high = self._limits(data, ())
        criterion, target = self._criterion()
        spec = Spec(
            name=name,
            measure=measure,
            unit=self._unit,
            low=low,
            high=high,
            typ=self._number(("typ",), data.get("typ")),
            guard=self._guard(),
            criterion=criterion,
            target=target,
            by_estimate=data.get("judge") == "estimate",
            per=tuple(self._override(at, other) for at, other in enumerate(data.get("per", ()))),
            relative_to=relative,
            null_fails=data.get("null") == "fail",
            waive=self._waiver(),
            required=tuple(data.get("required", ())),
        )
        self._check(spec)
        return spec

    def _number(self, path: KeyPath, value: Any) -> float | None:
        if value is None:
            return None
        try:
            number, unit = parse_engineering(as_written(value), self._unit)
        except ValueError as fault:
            self.scope.add(path, str(fault))
            return None
        self._unit = self._unit or unit
        return number

    def _limits(self, data: Mapping[str, Any], path: KeyPath) -> Limits:
        """Return the limits that `min`, `max`, or `equals` with its `tolerance` name."""
        low, high = (self._number((*path, key), data.get(key)) for key in ("min", "max"))
        exact = self._number((*path, "equals"), data.get("equals"))
        if exact is None:
            if "tolerance" in data:
                self.scope.add((*path, "tolerance"), "is for equals, which is not there")
            return Limits(low, high)
        if "min" in data or "max" in data:
            self.scope.add((*path, "equals"), "stands beside min or max", "keep one of the two")
        tolerance = self._amount((*path, "tolerance"), data.get("tolerance", "0"))
        reach = tolerance.amount * abs(exact) if tolerance.relative else tolerance.amount
        return Limits(exact - reach, exact + reach)

    def _amount(self, path: KeyPath, value: Any) -> Guard:
        """Return a number, or a part in per cent."""
        text = as_written(value).strip()
        is_part = text.endswith("%")
        number = self._number(path, text.removesuffix("%") if is_part else text) or 0.0
        if number < 0:
            self.scope.add(path, "must not be negative")
        return Guard(number / 100, True) if is_part else Guard(number, False)

    def _guard(self) -> Guard | None:
        written = self._data.get("guard")
        return None if written is None else self._amount(("guard",), written)

    def _criterion(self) -> tuple[str | None, float]:
        """Return what is asked of the draws, and how much of it."""
        asked = [name for name in CRITERIA if name in self._data]
        if not asked:
            if "judge" in self._data:
                self.scope.add(("judge",), f"is for {', '.join(CRITERIA)}, and none is there")
            return None, 0.0
        name = asked[0]
        for other in asked[1:]:
            self.scope.add((other,), f"stands beside {name}", "a specification has one of them")
        text = as_written(self._data[name]).strip()
        is_part = name == "yield" and text.endswith("%")
        try:
            target = parse_engineering(text)[0] / (100 if is_part else 1)
        except ValueError as fault:
            self.scope.add((name,), str(fault))
            return name, 0.0
        if name == "yield" and not 0 < target < 1:
            remedy = "without it, every case must pass" if target == 1 else "write 0.99"
            self.scope.add((name,), "must be more than 0 and less than 1", remedy)
        elif target <= 0:
            self.scope.add((name,), "must be more than 0")
        return name, target

    def _override(self, index: int, data: Mapping[str, Any]) -> Override:
        path = ("per", index)
        where = self._values((*path, "where"), data["where"], (CORNER,))
        return Override(where, *self._limits(data, path))

    def _relative_to(self) -> dict[str, str] | None:
        written = self._data.get("relative_to")
        if written is None:
            return None
        return self._values(("relative_to",), written, (CORNER, DRAW))

    def _values(
        self, path: KeyPath, written: Mapping[str, Any], labels: Sequence[str]
    ) -> dict[str, str]:
        known = [*self._parameters, *labels]
        for name, value in written.items():
            if name not in known:
                self.scope.add((*path, name), "is no parameter", nearest(name, known))
            self.scope.add_fault((*path, name), value_fault(value))
        return {name: as_written(value) for name, value in written.items()}

    def _waiver(self) -> Waiver | None:
        data = self._data.get("waive")
        if data is None:
            return None
        until = str(data["until"])
        try:
            date.fromisoformat(until)
        except ValueError:
            self.scope.add(("waive", "until"), f'"{until}" is no day', "write 2027-01-31")
        return Waiver(data["by"], data["why"], until)

    def _check(self, spec: Spec) -> None:
        """Note limits that nothing can meet, and specifications that nothing can miss."""
        if not spec.is_judged and not self._data.get("info"):
            self.scope.add((), "has no limit", "write info: true where it is only to be reported")
        if spec.is_judged and self._data.get("info"):
            self.scope.add(("info",), "stands beside limits", "keep one of the two")
        if spec.criterion and not spec.is_judged:
            self.scope.add((spec.criterion,), "is how far the limits are, and there is none")
        for number, (_, written) in enumerate(spec.rules):
            path: KeyPath = ("per", number - 1) if number else ()
            for low, high in (written, spec.judged_by(written)):
                if low is not None and high is not None and low > high:
                    guarded = " by the guard" if (low, high) != written else ""
                    self.scope.add(
                        path, f"asks for {low:g} at the least and {high:g} at the most{guarded}"
                    )
                    break
        if spec.guard and spec.guard.relative and 0 in (spec.low, spec.high):
            self.scope.add(("guard",), "is a part of a limit that is 0", "write a number")
