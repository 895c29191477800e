"""Basic measures: extremes, values, means, integrals, crossings and delays.

Between its points a signal is a straight line, as everywhere here; so means weigh each stretch of
the axis by its length, however the simulator has chosen its steps.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from snakespice.measures import curves
from snakespice.measures.library.waveforms import derivative
from snakespice.measures.mark import measure
from snakespice.measures.signal import Misuse, NotTaken, Signal

Edge = Literal["rise", "fall", "either"]


@measure
def minimum(signal: Signal) -> float:
    """Smallest value (Xyce MIN)."""
    return float(curves.real(signal).min())


@measure
def maximum(signal: Signal) -> float:
    """Largest value (Xyce MAX)."""
    return float(curves.real(signal).max())


@measure
def peak_to_peak(signal: Signal) -> float:
    """Largest value less the smallest (Xyce PP)."""
    return float(np.ptp(curves.real(signal)))


@measure
def x_of_minimum(signal: Signal) -> float:
    """Where on the axis the smallest value is, the first of several (ngspice MIN_AT)."""
    return float(signal.x[np.argmin(curves.real(signal))])


@measure
def x_of_maximum(signal: Signal) -> float:
    """Where on the axis the largest value is, the first of several (ngspice MAX_AT)."""
    return float(signal.x[np.argmax(curves.real(signal))])


@measure
def first(signal: Signal) -> float:
    """Value at the first point."""
    return float(curves.real(signal)[0])


@measure
def last(signal: Signal) -> float:
    """Value at the last point."""
    return float(curves.real(signal)[-1])


@measure
def value_at(signal: Signal, x: float) -> float:
    """Value at `x` on the axis (Xyce FIND AT).

    Raises:
        NotTaken: `x` is outside of the signal.
    """
    return curves.value(signal, x)


@measure
def value_when(
    signal: Signal, when: Signal, level: float, n: float = 1, *, edge: Edge = "either"
) -> float:
    """Value where the signal `when` crosses `level` the n-th time (Xyce FIND WHEN).

    Raises:
        NotTaken: it does not cross it so often, or outside of the signal.
    """
    curves.over(when, signal.axis)
    return curves.value(signal, crossing(when, level, n, edge=edge))


@measure
def average(signal: Signal) -> float:
    """Mean over the axis: the integral by the length, whatever the steps (ngspice AVG).

    Raises:
        NotTaken: there is one point only.
    """
    return integral(signal) / _length(signal)


@measure
def rms(signal: Signal) -> float:
    """Root of the mean square over the axis, of the straight lines between points.

    Of a line from a to b that is (a² + ab + b²) / 3. ngspice's RMS takes (a² + b²) / 2 instead,
    which is larger by a sixth of the square of each step in the value.

    Raises:
        NotTaken: there is one point only.
    """
    y = curves.real(signal)
    length = _length(signal)
    squares = y[1:] ** 2 + y[1:] * y[:-1] + y[:-1] ** 2
    return float(np.sqrt(np.dot(np.diff(signal.x), squares) / 3 / length))


@measure
def integral(signal: Signal) -> float:
    """Integral over the axis: charge of a current, energy of a power (Xyce INTEG).

    Raises:
        NotTaken: there is one point only.
    """
    _length(signal)
    return curves.by_lines(signal.x, curves.real(signal))


@measure
def derivative_at(signal: Signal, x: float) -> float:
    """Slope at `x`: between those at the points beside it, each of a parabola through three.

    Xyce DERIV AT.

    Raises:
        NotTaken: `x` is outside of the signal, or there are fewer than three points.
    """
    curves.real(signal)
    return curves.value(derivative(signal), x)


@measure
def crossing(
    signal: Signal, level: float, n: float = 1, *, edge: Edge = "either", hysteresis: float = 0
) -> float:
    """Where on the axis the signal crosses `level` the n-th time (Spectre MDL `cross`).

    It crosses where it comes from below to the level or above, or back. n = -1 is the last time.
    With `hysteresis` (in units of the signal) a crossing counts once the signal is beyond the level
    by half of it, so that noise on a slow edge is no crossing of its own.

    Raises:
        NotTaken: it does not cross it so often.
    """
    return curves.chosen(signal, *curves.crossings(signal, level, hysteresis), edge, n, level)


@measure
def crossing_count(
    signal: Signal, level: float, *, edge: Edge = "either", hysteresis: float = 0
) -> float:
    """How often the signal crosses `level`; see `crossing`. 0 is a number here, and no failure."""
    points, rising = curves.crossings(signal, level, hysteresis)
    return float(len(points) if edge == "either" else np.sum(rising == (edge == "rise")))


@measure("s")
def delay(
    trigger: Signal,
    target: Signal,
    trigger_level: float,
    target_level: float | None = None,
    *,
    trigger_edge: Edge = "either",
    target_edge: Edge = "either",
    trigger_n: float = 1,
    target_n: float = 1,
) -> float:
    """From a crossing of one signal to one of another (TRIG and TARG of ngspice).

    Both are counted from the beginning of their signals (from the end where n is negative), so it
    can be negative. `target_level` is that of the trigger unless it is given.

    Raises:
        NotTaken: one of them does not cross its level so often.
        Misuse: they are over different axes.
    """
    curves.over(target, trigger.axis)
    level = trigger_level if target_level is None else target_level
    start = crossing(trigger, trigger_level, trigger_n, edge=trigger_edge)
    return crossing(target, level, target_n, edge=target_edge) - start


def _length(signal: Signal) -> float:
    if len(signal) < 2 and signal.axis == "point":
        raise Misuse(f"{signal.name} has no axis: it is of an operating point")
    length = float(signal.x[-1] - signal.x[0])
    if not length:
        raise NotTaken(f"{signal.name} has no more than one point")
    return length
