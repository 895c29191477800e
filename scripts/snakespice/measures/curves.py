"""What measures have in common: parts of signals, values between points, crossings of a level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snakespice.measures.signal import FREQUENCY, POINT, TIME, Misuse, NotTaken, Real, Signal

_UNITS = {TIME: " s", FREQUENCY: " Hz"}


def at(signal: Signal, x: float) -> str:
    """Say where on the axis of a signal this is: `at time 1e-06 s`."""
    return f"at {signal.axis} {x:g}{_UNITS.get(signal.axis, '')}"


def real(signal: Signal) -> Real:
    """Return the values of a signal that has to be real."""
    if signal.is_complex:
        raise Misuse(f"{signal.name} is complex: take mag, db, phase, real or imag of it")
    return signal.y  # type: ignore[return-value]


def over(signal: Signal, axis: str) -> None:
    """Raise Misuse unless a signal is over this axis."""
    if signal.axis != axis:
        raise Misuse(f"{signal.name} is over {signal.axis}, must be over {axis}")


def several(signal: Signal, least: int = 2) -> None:
    """Raise NotTaken where a signal has too few points."""
    if len(signal) < least:
        raise NotTaken(f"{signal.name} has {len(signal)} points, fewer than {least}")


def whole(name: str, number: float) -> int:
    """Return a number that has to be whole and not 0, as that of a crossing."""
    if number != int(number) or not number:
        raise Misuse(f"{name} is {number:g}, must be 1, 2 ... or, from the end, -1, -2 ...")
    return int(number)


def positive(name: str, number: float) -> float:
    """Return a number that has to be above 0."""
    if not number > 0:
        raise Misuse(f"{name} is {number:g}, must be above 0")
    return number


def inside(signal: Signal, x: float) -> None:
    """Raise NotTaken where `x` is outside of the points of a signal."""
    # What ngspice calls its last time is off by the rounding of many steps.
    slack = 1e-9 * max(abs(signal.x[0]), abs(signal.x[-1]))
    if not signal.x[0] - slack <= x <= signal.x[-1] + slack:
        raise NotTaken(
            f"{signal.name} is known from {signal.x[0]:g} to {signal.x[-1]:g}, not {at(signal, x)}"
        )


def value(signal: Signal, x: float) -> float:
    """Return the value of a real signal at `x`, on the straight line between its points.

    Raises NotTaken where it is outside of them.
    """
    inside(signal, x)
    return float(np.interp(x, signal.x, real(signal)))


def part(signal: Signal, start: float | None = None, stop: float | None = None) -> Signal:
    """Return a signal from `start` to `stop`, with points at both that lie on its lines.

    Raises NotTaken where one of them is outside of it, and Misuse where they are no interval.
    """
    if start is None and stop is None:
        return signal
    first = signal.x[0] if start is None else start
    last = signal.x[-1] if stop is None else stop
    if not first < last:
        raise Misuse(f"start is {first:g} and stop is {last:g}: that is no interval")
    inside(signal, first)
    inside(signal, last)
    low = np.searchsorted(signal.x, first, side="right")
    high = np.searchsorted(signal.x, last, side="left")
    x = np.concatenate([[first], signal.x[low:high], [last]])
    before, behind = (np.interp([end], signal.x, signal.y) for end in (first, last))
    y = np.concatenate([before, signal.y[low:high], behind])
    return Signal(x, y, signal.axis, signal.name)


def by_lines(x: Real, y: Real) -> float:
    """Return the integral of the straight lines between points."""
    return float(np.dot(x[1:] - x[:-1], y[1:] + y[:-1])) / 2


def shares(x: Real) -> Real:
    """Return the length of the axis that each point stands for: half of the steps beside it."""
    steps = np.diff(x) / 2
    shares = np.zeros_like(x)
    shares[:-1] += steps
    shares[1:] += steps
    return shares


def crossings(
    signal: Signal, level: float, hysteresis: float = 0
) -> tuple[Real, NDArray[np.bool_]]:
    """Return where a real signal crosses `level`, and whether it rises there.

    It crosses where it comes from below to the level or above it, and back. With `hysteresis` one
    counts if the signal goes on to half of that beyond the level, and the one before was so, too.
    """
    y = real(signal)
    if not hysteresis:
        above = y >= level
        place = np.flatnonzero(above[1:] != above[:-1])
        return _cut(signal.x, y, place, level), above[place + 1]
    x, rising, _ = transitions(signal, level - hysteresis / 2, level + hysteresis / 2, level)
    return x, rising


def transitions(
    signal: Signal, low: float, high: float, middle: float | None = None
) -> tuple[Real, NDArray[np.bool_], tuple[Real, Real]]:
    """Return every change from below `low` to `high` or above, and back.

    For each: where `middle` was last crossed on its way, whether it rises, and where it has left
    the first level for good and reached the second for the first time.
    """
    key = (low, high, middle)
    return signal.known(("transitions", key), lambda: _transitions(signal, *key))


def _transitions(
    signal: Signal, low: float, high: float, middle: float | None
) -> tuple[Real, NDArray[np.bool_], tuple[Real, Real]]:
    y = real(signal)
    x = signal.x
    state = (y >= high).astype(np.int8) - (y < low)
    known = np.flatnonzero(state)
    change = np.flatnonzero(state[known][1:] != state[known][:-1])
    left, reached = known[change], known[change + 1] - 1
    rising = state[known][change] < 0
    none = np.empty(0)
    if not len(change):
        return none, rising, (none, none)
    starts, ends = np.empty(len(change)), np.empty(len(change))
    for is_rise, first, second in ((True, low, high), (False, high, low)):
        chosen = rising == is_rise
        starts[chosen] = _cut(x, y, left[chosen], first)
        ends[chosen] = _cut(x, y, reached[chosen], second)
    if middle is None:
        return starts, rising, (starts, ends)
    above = y >= middle
    crossed = np.flatnonzero(above[1:] != above[:-1])
    last = crossed[np.searchsorted(crossed, reached, side="right") - 1]
    return _cut(x, y, last, middle), rising, (starts, ends)


def _cut(x: Real, y: Real, place: NDArray[np.intp], level: float) -> Real:
    """Return where the lines that begin at the points `place` have the value `level`."""
    before, behind = y[place], y[place + 1]
    found: Real = x[place] + (level - before) / (behind - before) * (x[place + 1] - x[place])
    return found


def chosen(
    signal: Signal, points: Real, rising: NDArray[np.bool_], edge: str, n: float, level: float
) -> float:
    """Return the n-th of some crossings, counted from the end where n is negative.

    `edge` is rise, fall or either. Raises NotTaken where there are fewer.
    """
    number = whole("n", n)
    if edge != "either":
        points = points[rising == (edge == "rise")]
    if len(points) < abs(number):
        how = {"rise": "rises through", "fall": "falls through", "either": "crosses"}[edge]
        times = f"{len(points)} times" if len(points) != 1 else "once"
        often = f"{times}, not {abs(number)} times" if len(points) else "never"
        raise NotTaken(f"{signal.name} {how} {level:g} {often}")
    return float(points[number - 1 if number > 0 else number])


def has_axis(signal: Signal) -> None:
    """Raise Misuse for a signal that has no axis."""
    if signal.axis == POINT:
        raise Misuse(f"{signal.name} has no axis: it is of an operating point")
