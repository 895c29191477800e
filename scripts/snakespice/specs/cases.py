"""The cases of a sweep in columns, as specifications see them: what varies, and what came out.

A *condition* is all of a case that is neither its draw nor a random variable: statistics are taken
over the draws of one condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from snakespice.base.quantity import match_key
from snakespice.config.space import CORNER, DRAW

COMPLETED, FAILED, PENDING = 0, 1, 2

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass
class Cases:
    """Columns of equal length, a row a case; cases that are not needed have no row.

    `parameters` are those that vary and are no random variables, `corner_name` among them where a
    sweep has corners; `corner_parameters` are those that a corner sets. `draw` is None where a
    sweep has no draws; `group` tells the independent group that a draw is in, None where draws
    are all independent. `nominal` is the row that has all the testbench's defaults.
    """

    case_id: Integers
    status: NDArray[np.int8]
    parameters: Mapping[str, pd.Categorical[str]]
    measures: Mapping[str, Floats]
    warned: Mask
    corner_parameters: tuple[str, ...] = ()
    draw: Integers | None = None
    variables: Mapping[str, Floats] = field(default_factory=dict)
    group: Callable[[int], int] | None = None
    nominal: int | None = None

    def __len__(self) -> int:
        return len(self.case_id)

    @cached_property
    def is_draw(self) -> Mask:
        """Which rows are draws; none in a sweep without, and the nominal ones are not."""
        return np.zeros(len(self), bool) if self.draw is None else self.draw > 0

    @cached_property
    def groups(self) -> Integers | None:
        """The group of each row's draw."""
        if self.group is None or self.draw is None:
            return None
        numbers, places = np.unique(self.draw, return_inverse=True)
        return np.array([self.group(int(number) - 1) for number in numbers])[places]

    @cached_property
    def condition(self) -> Integers:
        """The condition of each row, numbered from 0 in the order in which they come."""
        if self.draw is None:
            return np.arange(len(self))
        return _numbered(
            [(c.codes, len(c.categories)) for c in self.parameters.values()], len(self)
        )

    def mask(self, values: Mapping[str, str]) -> Mask:
        """Tell which rows have these values; numbers match when they are the same number."""
        found = np.ones(len(self), bool)
        for name, value in values.items():
            column = self.parameters[name]
            found &= np.isin(column.codes, _codes(column, value))
        return found

    def label(self, rows: Integers) -> str:
        """Return what these rows have in common: `hot`, `hot, load=1p`."""
        return ", ".join(
            str(column[rows[0]]) if name == CORNER else f"{name}={column[rows[0]]}"
            for name, column in self.parameters.items()
            if name not in self.corner_parameters
            and (column.codes[rows] == column.codes[rows[0]]).all()
        )

    def described(self, row: int) -> str:
        """Return all parameters of a row, and its draw: `corner=ss, temp=125, draw=17`."""
        values = {name: str(column[row]) for name, column in self.parameters.items()}
        if self.draw is not None:
            values[DRAW] = str(self.draw[row])
        return ", ".join(f"{name}={value}" for name, value in values.items())

    def reference(self, values: Mapping[str, str]) -> Integers:
        """Return for each row the row that has these values and all others its own; -1 for none.

        Another corner comes with all that it sets, and with another value of what a corner sets
        comes another corner.
        """
        left_out: tuple[str, ...] = self.corner_parameters if CORNER in values else ()
        if not left_out and not set(self.corner_parameters).isdisjoint(values):
            left_out = (CORNER,)
        own: list[tuple[Integers, int]] = []
        wanted: list[Integers] = []
        for name, column in self.parameters.items():
            if name in left_out and name not in values:
                continue
            codes = np.asarray(column.codes, np.int64)
            own.append((codes, len(column.categories)))
            if name in values:
                matching = _codes(column, values[name])
                codes = np.full(len(self), matching[0] if matching else -1)
            wanted.append(codes)
        if self.draw is not None:
            own.append((self.draw, int(self.draw.max()) + 1))
            here = np.full(len(self), int(values[DRAW])) if DRAW in values else self.draw
            wanted.append(here)
        both = [
            (np.concatenate([codes, others]), size)
            for (codes, size), others in zip(own, wanted, strict=True)
        ]
        keys = _numbered(both, 2 * len(self))
        place = np.full(keys.max(initial=-1) + 1, -1)
        place[keys[: len(self)]] = np.arange(len(self))
        return place[keys[len(self) :]]


def _codes(column: pd.Categorical[str], value: str) -> list[int]:
    key = match_key(value)
    return [code for code, text in enumerate(column.categories) if match_key(text) == key]


def _numbered(columns: list[tuple[Integers, int]], rows: int) -> Integers:
    """Number the combinations of codes from 0, in the order in which they come."""
    numbers = np.zeros(rows, np.int64)
    for codes, size in columns:
        # Code -1 is what no row has. Numbered again after each column, so that nothing overflows.
        numbers = pd.factorize(numbers * (size + 1) + np.asarray(codes, np.int64) + 1)[0]
    return np.asarray(numbers, np.int64)
