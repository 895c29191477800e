"""Signals: values over an axis, and what is computed with them.

Between its points a signal is a straight line; all measures go by that, and say so where they do
not. Its points may be at any distance, as those of a transient analysis are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Real: TypeAlias = NDArray[np.float64]
Values: TypeAlias = NDArray[np.float64] | NDArray[np.complex128]
T = TypeVar("T")
TIME, FREQUENCY, POINT = "time", "frequency", "point"


class NotTaken(Exception):
    """A measure cannot be taken of these data; the message says why. It is null then."""


class Misuse(Exception):
    """What is asked makes no sense whatever the data are; the message says why and what does."""


class Signal:
    """Values `y`, real or complex, at the points `x` of an axis, which never go back.

    `axis` is `time` (s), `frequency` (Hz), what a `.dc` analysis sweeps (`v-sweep`), or `point`,
    where there is no axis as after `.op`. `name` is for messages.

    Arithmetic and comparison (1 where true, else 0) work point by point, with numbers and with
    signals that have the same points. Raises Misuse where the points differ.
    """

    __slots__ = ("_is_finite", "_known", "axis", "name", "x", "y")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, x: ArrayLike, y: ArrayLike, axis: str = TIME, name: str = "signal") -> None:
        self.x: Real = np.asarray(x, dtype=np.float64)
        values = np.asarray(y)
        kind = "c16" if values.dtype.kind == "c" else "f8"
        self.y: Values = values.astype(kind, copy=False)
        if self.x.shape != self.y.shape or self.x.ndim != 1 or not self.x.size:
            raise Misuse(f"{name} has {self.y.shape} values at {self.x.shape} points")
        self.axis = axis
        self.name = name
        self._is_finite: bool | None = None
        self._known: dict[object, Any] = {}

    def __len__(self) -> int:
        return len(self.x)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return the values, so that numpy's functions take a signal."""
        return np.array(self.y, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"Signal({self.name} over {self.axis}, {len(self)} points)"

    @property
    def is_complex(self) -> bool:
        """Whether the values are complex, as those of an AC analysis are."""
        return self.y.dtype.kind == "c"

    @property
    def is_finite(self) -> bool:
        """Whether no value is infinite or NaN."""
        if self._is_finite is None:
            # A sum of finite numbers can overflow, so this only spares looking at each.
            self._is_finite = bool(np.isfinite(self.y.sum())) or bool(np.isfinite(self.y).all())
        return self._is_finite

    def known(self, key: object, find: Callable[[], T]) -> T:
        """Return what `find` gives of this signal, which is found once for each `key`."""
        if key not in self._known:
            self._known[key] = find()
        found: T = self._known[key]
        return found

    def with_values(self, y: ArrayLike, name: str | None = None) -> Signal:
        """Return a signal with other values at the same points."""
        return Signal(self.x, y, self.axis, name or self.name)

    def __getitem__(self, part: slice) -> Signal:
        return Signal(self.x[part], self.y[part], self.axis, self.name)

    def has_points_of(self, other: Signal) -> bool:
        """Whether both have the same axis and the same points."""
        return self.axis == other.axis and (
            self.x is other.x or bool(np.array_equal(self.x, other.x))
        )

    def _with(self, other: object, compute: Callable[[Any, Any], Any], sign: str) -> Any:
        if isinstance(other, Signal):
            if not self.has_points_of(other):
                raise Misuse(
                    f"{self.name} {sign} {other.name}: {_points(self)}, {_points(other)}; bring one"
                    " to the points of the other with resample(signal, like)"
                )
            return self.with_values(compute(self.y, other.y), f"{self.name} {sign} {other.name}")
        if isinstance(other, (int, float, complex, np.number)):
            return self.with_values(compute(self.y, other))
        return NotImplemented

    def _behind(self, other: object, compute: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, (int, float, complex, np.number)):
            return self.with_values(compute(other, self.y))
        return NotImplemented

    def _compared(self, other: object, compare: Callable[[Any, Any], Any], sign: str) -> Any:
        if self.is_complex or (isinstance(other, Signal) and other.is_complex):
            raise Misuse(f"{self.name} is complex: compare mag(...), real(...) or imag(...) of it")
        return self._with(other, compare, sign)

    def __add__(self, other: object) -> Any:
        return self._with(other, operator.add, "+")

    def __radd__(self, other: object) -> Any:
        return self._behind(other, operator.add)

    def __sub__(self, other: object) -> Any:
        return self._with(other, operator.sub, "-")

    def __rsub__(self, other: object) -> Any:
        return self._behind(other, operator.sub)

    def __mul__(self, other: object) -> Any:
        return self._with(other, operator.mul, "*")

    def __rmul__(self, other: object) -> Any:
        return self._behind(other, operator.mul)

    def __truediv__(self, other: object) -> Any:
        return self._with(other, operator.truediv, "/")

    def __rtruediv__(self, other: object) -> Any:
        return self._behind(other, operator.truediv)

    def __pow__(self, other: object) -> Any:
        return self._with(other, operator.pow, "**")

    def __rpow__(self, other: object) -> Any:
        return self._behind(other, operator.pow)

    def __neg__(self) -> Signal:
        return self.with_values(-self.y, f"-{self.name}")

    def __pos__(self) -> Signal:
        return self

    def __abs__(self) -> Signal:
        return self.with_values(np.abs(self.y))

    def __lt__(self, other: object) -> Any:
        return self._compared(other, operator.lt, "<")

    def __le__(self, other: object) -> Any:
        return self._compared(other, operator.le, "<=")

    def __gt__(self, other: object) -> Any:
        return self._compared(other, operator.gt, ">")

    def __ge__(self, other: object) -> Any:
        return self._compared(other, operator.ge, ">=")

    def __eq__(self, other: object) -> Any:
        return self._with(other, operator.eq, "==")

    def __ne__(self, other: object) -> Any:
        return self._with(other, operator.ne, "!=")


def _points(signal: Signal) -> str:
    span = f"{signal.x[0]:g} to {signal.x[-1]:g}" if len(signal) > 1 else f"{signal.x[0]:g}"
    return f"{signal.name} has {len(signal)} points of {signal.axis} ({span})"
