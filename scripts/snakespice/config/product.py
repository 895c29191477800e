"""Crossed axes: the n-th case computed from n, with or without excluded combinations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from snakespice.base.quantity import match_key
from snakespice.config.column import Column


@dataclass(frozen=True)
class Axis:
    """Parameters that vary together: a single one, a zip group, or the columns of a table.

    A lazy sequence of rows, each a tuple of values in the order of `names`. The columns are of
    equal length; an axis without any has `repeats` rows, which differ in nothing here.
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    repeats: int = 1

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else self.repeats

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
    """The rows of an axis in stretches whose rows all leave the same rules alive (see Space)."""

    first_row: list[int]
    cases_per_row: list[int]
    alive: list[int]
    cases_before: list[int]  # one longer than the others: the last is the number of all cases


class Product:
    """The crossed axes, less the cases that an exclude rule matches.

    Cases are numbered from 1 in the order of itertools.product (first axis slowest). A rule gives
    values to some parameters; texts match when equal, and numbers when they are the same number.
    Neither the count nor a case enumerates the space, so ten million cases cost what ten do. The
    axes are walked from the first to the last with the rules that are still *alive*: those that
    all rows chosen so far match, where a rule matches every row of an axis that it does not name.
    A rule that is alive when no axis that it names is left excludes all that is below. So how many
    cases are below depends on the axis and on the rules alive only, is worked out once for each
    such pair, and most rows of an axis, those that no rule names, are counted together.

    A set of rules is an integer with a bit for each, so that joining and asking is one operation.
    With axes R: 1 2 3 and C: 1 2, and the rules {R: 2} (bit 0) and {R: 3, C: 2} (bit 1):

        start   alive 0b11                              R's rows: three stretches of one row
        R = 1   alive 0b00                              both values of C: 2 cases
        R = 2   alive 0b01, and bit 0 names no axis from C on: 0 cases
        R = 3   alive 0b10, C = 1 leaves 0b00: 1 case; C = 2 leaves 0b10: 0 cases
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        exclude: Sequence[Mapping[str, str]] = (),
        names: Sequence[str] | None = None,
    ) -> None:
        """Make the product; `names` is the order of the parameters, by default that of the axes."""
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
        # By axis: rules that name no axis from there on (alive, they exclude), rules that name this
        # axis (they die in a row that they do not match), and the rules that each row matches.
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

    def case(self, number: int) -> tuple[list[int], dict[str, str]]:
        """Return the row of each axis and the parameters of a case, numbered from 1.

        Raises IndexError beyond the last.
        """
        rows, _ = self._rows(number)
        return rows, self._at(rows)

    def cases(self, numbers: range) -> Iterator[tuple[int, list[int], dict[str, str]]]:
        """Yield number, rows and parameters of consecutive cases; the list of rows is reused."""
        last = self.axes[-1]
        number = numbers.start
        while number < numbers.stop:
            rows, following = self._rows(number)
            case = self._at(rows)
            yield number, rows, case
            # The next few differ from it in the last axis alone.
            for _ in range(following):
                number += 1
                if number == numbers.stop:
                    return
                rows[-1] += 1
                case = case.copy()
                case.update(zip(last.names, last[rows[-1]], strict=True))
                yield number, rows, case
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
            if not alive:  # nothing below is excluded
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
        others = alive & ~self._naming[index]  # what a row leaves alive that no rule names
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
