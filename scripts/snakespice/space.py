"""The parameter space: the n-th case computed from n, with or without excluded combinations."""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from snakespice.quantity import format_number, match_key, parse_number

MOST_CASES = 1_000_000_000


class Column(Protocol):
    """The values of one parameter, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> str: ...

    def find(self, key: float | str) -> Sequence[int]:
        """Return the indices of the values that match `key` (see `quantity.match_key`)."""

    def to_json(self) -> Any:
        """Return plain data from which `column_from_json` makes the column again."""


SHORT = 1000


class Listed:
    """A column of values that are written down."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> str:
        return self._texts[index]

    @cached_property
    def _indices(self) -> dict[float | str, list[int]]:
        indices: dict[float | str, list[int]] = {}
        for index, text in enumerate(self._texts):
            indices.setdefault(match_key(text), []).append(index)
        return indices

    def find(self, key: float | str) -> Sequence[int]:
        """Return the indices of the values that match `key`."""
        return self._indices.get(key, ())

    def to_json(self) -> list[str]:
        """Return the values."""
        return list(self._texts)


class Generated:
    """A column of which the n-th value is computed from n: type range, logspace or step.

    `start`, `stop` and `step` are SPICE numbers; the values are plain decimal numbers, exact for
    range and step, of 12 digits for logspace. Raises ValueError, which says what is wrong with
    which key, where there can be no such column.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = {key: value if key == "num" else str(value) for key, value in spec.items()}
        self._start, self._stop = _exact(spec, "start"), _exact(spec, "stop")
        self._logarithmic = spec["type"] == "logspace"
        span = self._stop - self._start
        if spec["type"] == "step":
            step = _exact(spec, "step")
            if not step or span / step < 0:
                raise ValueError("step: does not lead from start to stop")
            self._num = math.floor(span / step) + 1
        else:
            self._num = int(spec["num"])
            step = span / max(1, self._num - 1)
        if self._num > MOST_CASES:
            raise ValueError(f"makes {self._num:,} values, more than {MOST_CASES:,}")
        if self._logarithmic and self._start * self._stop <= 0:
            raise ValueError("start, stop: a logarithmic range cannot touch or cross zero")
        self._last = -1, ""
        # Over a common denominator, so that a value is one correctly rounded division of integers.
        self._denominator = math.lcm(self._start.denominator, step.denominator)
        self._first = int(self._start * self._denominator)
        self._step = int(step * self._denominator)
        # How far apart the values are for their size, and what it takes to print them differently.
        if self._logarithmic:
            if min(abs(self._start), abs(self._stop)) < sys.float_info.min:
                raise ValueError("start, stop: too small for a logarithmic range")
            low, high = self._exponents
            distance, needed = abs(high - low) * math.log(10) / max(1, self._num - 1), 1e-11
        else:
            largest = max(abs(self._start), abs(self._stop)) or 1
            distance, needed = float(min(Fraction(1), abs(step) / largest)), 4e-16
            if abs(step) < math.ulp(0.0):
                distance = 0.0
        if self._num > 1 and distance < needed:
            raise ValueError("start, stop: lie so close that some of the values are the same")

    def __len__(self) -> int:
        return self._num

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < self._num:
            raise IndexError(index)
        if self._num <= SHORT:
            return self._short[index]
        if self._last[0] != index:  # the cases of a slow axis come one after the other
            self._last = index, self._text(index)
        return self._last[1]

    @cached_property
    def _short(self) -> list[str]:
        """All values of a short column: each is asked for in very many cases."""
        return [self._text(index) for index in range(self._num)]

    def _text(self, index: int) -> str:
        if not self._logarithmic:
            return format_number((self._first + self._step * index) / self._denominator)
        if index in (0, self._num - 1):  # the ends are as given, free of rounding
            return format_number(float(self._stop if index else self._start))
        low, high = self._exponents
        size = 10 ** (low + (high - low) * index / (self._num - 1))
        return format_number(float(f"{math.copysign(size, self._start):.12g}"))

    @property
    def _exponents(self) -> tuple[float, float]:
        return math.log10(abs(self._start)), math.log10(abs(self._stop))

    def find(self, key: float | str) -> Sequence[int]:
        """Return the index of the value that matches `key`, if there is one."""
        if isinstance(key, str):
            return ()
        if self._logarithmic:
            low, high = self._exponents
            step = (high - low) / max(1, self._num - 1)
            guess = round((math.log10(abs(key) or 1) - low) / (step or 1))
        else:
            distance = Fraction(repr(key)) * self._denominator - self._first
            guess = round(distance / (self._step or 1))
        near = range(max(0, guess - 1), min(self._num, guess + 2))
        return [index for index in near if match_key(self[index]) == key]

    def to_json(self) -> dict[str, Any]:
        """Return the specification from which the column was made."""
        return dict(self._spec)


def _exact(spec: Mapping[str, Any], key: str) -> Fraction:
    try:
        return Fraction(repr(parse_number(str(spec[key]))))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def column_from_json(data: Any) -> Column:
    """Return the column that `to_json` described: a list of texts, or a generator's keys."""
    return Generated(data) if isinstance(data, Mapping) else Listed(data)


@dataclass(frozen=True)
class Axis:
    """Parameters that vary together: a single one, a zip group, or the columns of a table.

    A lazy sequence of rows, each a tuple of values in the order of `names`. The columns are of
    equal length.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, index: int) -> tuple[str, ...]:
        return tuple(column[index] for column in self.columns)

    def find(self, rule: Mapping[str, str]) -> set[int]:
        """Return the rows that have the values that `rule` gives to names of this axis."""
        matches = [
            set(column.find(match_key(rule[name])))
            for name, column in zip(self.names, self.columns, strict=True)
            if name in rule
        ]
        return set.intersection(*matches)


class _Stretches(NamedTuple):
    """The rows of an axis in stretches whose rows all leave the same rules alive."""

    first_row: list[int]
    cases_per_row: list[int]
    alive: list[int]
    cases_before: list[int]  # one longer than the others: the last is the number of all cases


class Space:
    """The crossed axes, less the cases that an exclude rule matches.

    Cases are numbered from 1 in the order of itertools.product (first axis slowest). A rule gives
    values to some parameters; texts match when equal, and numbers when they are the same number.
    Neither the count nor a case enumerates the space: the axes are walked with the set of rules
    (a bit mask) that all rows chosen so far match.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        exclude: Sequence[Mapping[str, str]] = (),
        names: Sequence[str] | None = None,
    ) -> None:
        """Make the space; `names` is the order of the parameters, by default that of the axes."""
        self.axes = tuple(axes)
        self.exclude = tuple(dict(rule) for rule in exclude)
        places = {
            name: (index, column)
            for index, axis in enumerate(self.axes)
            for name, column in zip(axis.names, axis.columns, strict=True)
        }
        self.names = tuple(places if names is None else names)
        self._places = [(name, *places[name]) for name in self.names]
        sizes = [len(axis) for axis in reversed(self.axes)]
        self._below = [*accumulate(sizes, int.__mul__, initial=1)][::-1]
        # By axis: rules that name none of the axes from there on, rules that name this one, and
        # which of them each row matches.
        self._settled = [
            sum(1 << bit for bit, rule in enumerate(self.exclude) if not self._named(rule, index))
            for index in range(len(self.axes) + 1)
        ]
        self._naming = [0] * len(self.axes)
        self._matching: list[dict[int, int]] = [{} for _ in self.axes]
        for index, axis in enumerate(self.axes):
            for bit, rule in enumerate(self.exclude):
                if rule.keys() & set(axis.names):
                    self._naming[index] |= 1 << bit
                    for row in axis.find(rule):
                        matching = self._matching[index]
                        matching[row] = matching.get(row, 0) | 1 << bit
        self._walked: dict[tuple[int, int], _Stretches] = {}
        self._all_rules = (1 << len(self.exclude)) - 1
        self.count = self._count(0, self._all_rules)

    def __len__(self) -> int:
        return self.count

    def case(self, number: int) -> dict[str, str]:
        """Return the parameters of a case, numbered from 1. Raises IndexError beyond the last."""
        rows, _ = self._rows(number)
        return self._at(rows)

    def cases(self, numbers: range) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield number and parameters of consecutive cases."""
        last = self.axes[-1]
        number = numbers.start
        while number < numbers.stop:
            rows, following = self._rows(number)
            case = self._at(rows)
            yield number, case
            # The next few differ from it in the last axis alone.
            for row in range(rows[-1] + 1, rows[-1] + 1 + following):
                number += 1
                if number == numbers.stop:
                    return
                case = case.copy()
                case.update(zip(last.names, last[row], strict=True))
                yield number, case
            number += 1

    def _at(self, rows: Sequence[int]) -> dict[str, str]:
        """Return the parameters of the case that has these rows of the axes."""
        return {name: column[rows[index]] for name, index, column in self._places}

    def _rows(self, number: int) -> tuple[list[int], int]:
        """Return the row of each axis, and how many cases follow that take the last one's next."""
        if not 1 <= number <= self.count:
            raise IndexError(f"there is no case {number}: there are {self.count}")
        rest, alive, rows, following = number - 1, self._all_rules, [], 0
        for index in range(len(self.axes)):
            if not alive:
                row, rest = divmod(rest, self._below[index + 1])
                following = len(self.axes[index]) - row - 1
            else:
                walk = self._stretches(index, alive)
                stretch = bisect_right(walk.cases_before, rest) - 1
                following = walk.cases_before[stretch + 1] - rest - 1
                rest -= walk.cases_before[stretch]
                row, rest = divmod(rest, walk.cases_per_row[stretch])
                row += walk.first_row[stretch]
                alive = walk.alive[stretch]
            rows.append(row)
        return rows, following

    def _named(self, rule: Mapping[str, str], index: int) -> bool:
        return any(rule.keys() & set(axis.names) for axis in self.axes[index:])

    def _count(self, index: int, alive: int) -> int:
        """Count the cases in the axes from `index` on, where the rules `alive` matched so far."""
        if alive & self._settled[index]:
            return 0
        return self._stretches(index, alive).cases_before[-1] if alive else self._below[index]

    def _stretches(self, index: int, alive: int) -> _Stretches:
        if known := self._walked.get((index, alive)):
            return known
        others = alive & ~self._naming[index]
        starts, masks, row = [], [], 0
        for special in sorted(self._matching[index]):
            if matched := self._matching[index][special] & alive:
                if special > row:
                    starts.append(row)
                    masks.append(others)
                starts.append(special)
                masks.append(others | matched)
                row = special + 1
        if row < len(self.axes[index]):
            starts.append(row)
            masks.append(others)
        lengths = map(int.__sub__, [*starts[1:], len(self.axes[index])], starts)
        per_row = [self._count(index + 1, mask) for mask in masks]
        before = [*accumulate(map(int.__mul__, lengths, per_row), initial=0)]
        walked = self._walked[index, alive] = _Stretches(starts, per_row, masks, before)
        return walked

    def to_json(self) -> dict[str, Any]:
        """Return the space as plain data, generated columns as their specification."""
        return {
            "names": list(self.names),
            "axes": [
                {"names": list(axis.names), "columns": [c.to_json() for c in axis.columns]}
                for axis in self.axes
            ],
            "exclude": [dict(rule) for rule in self.exclude],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Return the space that `to_json` described."""
        axes = [
            Axis(tuple(axis["names"]), tuple(column_from_json(c) for c in axis["columns"]))
            for axis in data["axes"]
        ]
        return cls(axes, data["exclude"], data["names"])
