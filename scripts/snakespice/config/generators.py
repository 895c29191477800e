"""Generators: values of a parameter that are computed from their number and not written down.

To add one: a class here, its name and keys in workflow/schemas/sweep.schema.yaml, its line in
config/README.md; its tests stand in tests/unit/test_generators.py.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

from snakespice.base.kinds import Kinds
from snakespice.base.quantity import format_number, parse_number

MAX_CASES = 1_000_000_000


class Generator(ABC):
    """The values of a parameter, of which the n-th is computed from n; `num` is how many.

    No two values print alike.
    """

    num: int

    @abstractmethod
    def text(self, index: int) -> str:
        """Return the value at an index from 0 to num - 1, a plain decimal number."""

    @abstractmethod
    def index_near(self, number: float) -> int:
        """Return the index of the value nearest to a number, to within one, or beyond the ends."""


GENERATORS: Kinds[Generator] = Kinds()


class _Linear(Generator):
    """Values at equal distances, each as exact as a float can be."""

    def __init__(self, start: Fraction, step: Fraction, num: int) -> None:
        self.num = _bounded(num)
        # Over a common denominator, so that a value is one correctly rounded division of integers.
        self._denominator = math.lcm(start.denominator, step.denominator)
        self._first = int(start * self._denominator)
        self._step = int(step * self._denominator)
        largest = max(abs(start), abs(start + step * (num - 1))) or 1
        # Below the smallest float all steps are the same; a float has 53 bits, that is 1.1e-16.
        apart = float(min(Fraction(1), abs(step) / largest)) if abs(step) >= math.ulp(0.0) else 0.0
        _check_distance(num, apart, 4e-16)

    def text(self, index: int) -> str:
        return format_number((self._first + self._step * index) / self._denominator)

    def index_near(self, number: float) -> int:
        distance = Fraction(repr(number)) * self._denominator - self._first
        return round(distance / (self._step or 1))


@GENERATORS.add("range")
class Range(_Linear):
    """`num` values at equal distances from `start` to `stop`, both included (numpy's linspace)."""

    def __init__(self, start: object, stop: object, num: Any) -> None:
        first, last = _exact("start", start), _exact("stop", stop)
        count = int(num)
        super().__init__(first, (last - first) / max(1, count - 1), count)


@GENERATORS.add("logspace")
class Logspace(Generator):
    """`num` values at equal ratios from `start` to `stop`, both included (numpy's geomspace).

    They have 12 digits, as 10 to the power of something is no exact number.
    """

    def __init__(self, start: object, stop: object, num: Any) -> None:
        self._start, self._stop = float(_exact("start", start)), float(_exact("stop", stop))
        self.num = _bounded(int(num))
        if not self._start or not self._stop or (self._start < 0) != (self._stop < 0):
            raise ValueError("start, stop: a logarithmic range cannot touch or cross zero")
        if min(abs(self._start), abs(self._stop)) < sys.float_info.min:
            raise ValueError("start, stop: too small for a logarithmic range")
        self._low = math.log10(abs(self._start))
        self._decades = math.log10(abs(self._stop)) - self._low
        self._steps = max(1, self.num - 1)
        _check_distance(self.num, abs(self._decades) * math.log(10) / self._steps, 1e-11)

    def text(self, index: int) -> str:
        """Return the value at an index."""
        if index in (0, self.num - 1):  # the ends are as given, free of rounding
            return format_number(self._stop if index else self._start)
        size = 10 ** (self._low + self._decades * index / self._steps)
        return format_number(float(f"{math.copysign(size, self._start):.12g}"))

    def index_near(self, number: float) -> int:
        """Return the index of the value nearest to a number, by the ratio."""
        decades = math.log10(abs(number) or 1) - self._low
        return round(decades / (self._decades / self._steps or 1))


@GENERATORS.add("step")
class Step(_Linear):
    """The values from `start` on, `step` apart, up to and including `stop`."""

    def __init__(self, start: object, stop: object, step: object) -> None:
        first, last, distance = _exact("start", start), _exact("stop", stop), _exact("step", step)
        if not distance or (last - first) / distance < 0:
            raise ValueError("step: does not lead from start to stop")
        super().__init__(first, distance, math.floor((last - first) / distance) + 1)


def _exact(key: str, value: object) -> Fraction:
    """Return a SPICE number as the fraction that its decimal digits are."""
    try:
        return Fraction(repr(parse_number(str(value))))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _bounded(num: int) -> int:
    if num > MAX_CASES:
        raise ValueError(f"makes {num:,} values, more than {MAX_CASES:,}")
    return num


def _check_distance(num: int, apart: float, needed: float) -> None:
    """Refuse values that are closer, relative to their size, than it takes to print them apart."""
    if num > 1 and apart < needed:
        raise ValueError("start, stop: lie so close that some of the values are the same")
