"""Columns: the values of one parameter, written down or computed from their number."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

from snakespice.base.quantity import format_number, match_key, parse_number

MOST_CASES = 1_000_000_000
_SHORT = 1000  # values, which are all written down when the first is asked for


class Column(Protocol):
    """The values of one parameter, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> str: ...

    def find(self, key: float | str) -> Sequence[int]:
        """Return the indices of the values that match `key` (see `quantity.match_key`)."""

    def to_json(self) -> Any:
        """Return plain data from which `column_from_json` makes the column again."""


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
        if self._num <= _SHORT:
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
