"""Marks of the functions that expressions call; expressions.functions finds them in the source."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, overload

import numpy as np

from snakespice.measures.signal import Misuse, NotTaken, Signal

P = ParamSpec("P")
R = TypeVar("R")
Unit = str | Mapping[str, str]


@overload
def measure(unit: Callable[P, R]) -> Callable[P, R]: ...
@overload
def measure(
    unit: Unit = "", *, reads: tuple[str, ...] = (), version: int = 1
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def measure(
    unit: Unit | Callable[P, R] = "", *, reads: tuple[str, ...] = (), version: int = 1
) -> Callable[P, R] | Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that takes signals and gives a number, or a mapping of several.

    `unit` is that of the number, or a mapping from the name of each number to its unit. `reads` are
    the vectors that it reads of each device that it is given by name. `version` is raised when the
    function gives other numbers than it did: measures that use it are then taken again. All of them
    are plain values, as they are read from the source.

    The function is called with signals that are finite, else NotTaken is raised; so it is where
    what it gives is not finite.
    """
    if callable(unit):
        return _guarded(unit)
    return _guarded


def operation(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that makes a signal of signals, or a number of a number."""
    return function


def _guarded(function: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Signal) and not value.is_finite:
                raise NotTaken(_not_finite(value))
        with np.errstate(all="ignore"):
            result = function(*args, **kwargs)
        numbers = result.values() if isinstance(result, Mapping) else [result]
        for number in numbers:
            if not math.isfinite(_real(number, function.__name__)):
                raise NotTaken(f"{function.__name__} gives {number}")
        return result

    return checked


def _real(number: Any, name: str) -> float:
    if isinstance(number, (complex, np.complexfloating)):
        raise Misuse(f"{name} gives a complex number: take mag, real or imag of the signal")
    return math.nan if number is None else float(number)


def _not_finite(signal: Signal) -> str:
    place = int(np.argmin(np.isfinite(signal.y)))
    return f"{signal.name} is {signal.y[place]} at {signal.axis} {signal.x[place]:g}"
