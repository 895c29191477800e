"""Waveforms made of waveforms; where they are given a number, they give a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snakespice.measures import curves
from snakespice.measures.mark import operation
from snakespice.measures.signal import Misuse, Real, Signal, Values


def _apply(x: Signal | float, compute: Callable[[Any], Any], name: str) -> Signal | float:
    if isinstance(x, Signal):
        return x.with_values(compute(x.y), f"{name}({x.name})")
    with np.errstate(all="ignore"):
        result = compute(np.asarray(x))[()]
    return result.item()  # type: ignore[no-any-return]


@operation
def mag(x: Signal | float) -> Signal | float:
    """Magnitude."""
    return _apply(x, np.abs, "mag")


@operation
def db(x: Signal | float) -> Signal | float:
    """Magnitude in decibels, 20 lg |x|: of voltages and currents."""
    return _apply(x, lambda y: 20 * np.log10(np.abs(y)), "db")


@operation
def db10(x: Signal | float) -> Signal | float:
    """Magnitude in decibels, 10 lg |x|: of powers."""
    return _apply(x, lambda y: 10 * np.log10(np.abs(y)), "db10")


@operation
def phase(x: Signal | float) -> Signal | float:
    """Phase in degrees, without jumps of 360 along the axis; the first is in (-180, 180].

    ngspice's own `vp` and `ph` are in radians, and jump.
    """

    def degrees(y: Values) -> Real:
        return np.rad2deg(np.unwrap(np.atleast_1d(np.angle(y)))).reshape(y.shape)

    return _apply(x, degrees, "phase")


@operation
def real(x: Signal | float) -> Signal | float:
    """Real part."""
    return _apply(x, np.real, "real")


@operation
def imag(x: Signal | float) -> Signal | float:
    """Imaginary part."""
    return _apply(x, np.imag, "imag")


@operation
def conj(x: Signal | float) -> Signal | float:
    """Complex conjugate."""
    return _apply(x, np.conj, "conj")


@operation
def sqrt(x: Signal | float) -> Signal | float:
    """Square root; NaN of negative numbers."""
    return _apply(x, np.sqrt, "sqrt")


@operation
def exp(x: Signal | float) -> Signal | float:
    """Power of e."""
    return _apply(x, np.exp, "exp")


@operation
def ln(x: Signal | float) -> Signal | float:
    """Natural logarithm."""
    return _apply(x, np.log, "ln")


@operation
def log10(x: Signal | float) -> Signal | float:
    """Decimal logarithm."""
    return _apply(x, np.log10, "log10")


@operation
def sin(x: Signal | float) -> Signal | float:
    """Sine of an angle in radians."""
    return _apply(x, np.sin, "sin")


@operation
def cos(x: Signal | float) -> Signal | float:
    """Cosine of an angle in radians."""
    return _apply(x, np.cos, "cos")


@operation
def tan(x: Signal | float) -> Signal | float:
    """Tangent of an angle in radians."""
    return _apply(x, np.tan, "tan")


@operation
def atan(x: Signal | float) -> Signal | float:
    """Arc tangent in radians."""
    return _apply(x, np.arctan, "atan")


@operation
def clip(x: Signal | float, low: float, high: float) -> Signal | float:
    """What lies below `low` or above `high` is brought there."""
    return _apply(x, lambda y: np.clip(y, low, high), "clip")


@operation
def axis(signal: Signal) -> Signal:
    """The axis itself: seconds, hertz, or what is swept."""
    return signal.with_values(signal.x, signal.axis)


@operation
def window(signal: Signal, start: float | None = None, stop: float | None = None) -> Signal:
    """The part from `start` to `stop` (on the axis), with points at both on its lines.

    Raises:
        NotTaken: one of them lies outside of the signal.
    """
    return curves.part(signal, start, stop)


@operation
def resample(signal: Signal, like: Signal) -> Signal:
    """The values at the points of `like`, on the lines between the signal's own.

    Raises:
        NotTaken: a point of `like` lies outside of the signal.
        Misuse: both are over different axes.
    """
    curves.over(signal, like.axis)
    curves.inside(signal, float(like.x[0]))
    curves.inside(signal, float(like.x[-1]))
    return Signal(like.x, np.interp(like.x, signal.x, signal.y), signal.axis, signal.name)


@operation
def derivative(signal: Signal) -> Signal:
    """Slope at each point: that of the parabola through it and its neighbours.

    Of points that follow one another in no time only the last counts.
    """
    keep = np.append(np.diff(signal.x) > 0, True)
    x, y = signal.x[keep], signal.y[keep]
    curves.several(Signal(x, y, signal.axis, signal.name), 3)
    slope: Values = np.gradient(y, x, edge_order=2)
    return Signal(x, slope, signal.axis, f"derivative({signal.name})")


@operation
def running_integral(signal: Signal) -> Signal:
    """Integral of the lines from the first point to each."""
    areas = np.diff(signal.x) * (signal.y[1:] + signal.y[:-1]) / 2
    total = np.concatenate([[0.0], np.cumsum(areas)])
    return signal.with_values(total, f"running_integral({signal.name})")


@operation
def group_delay(signal: Signal) -> Signal:
    """Group delay of a complex response in seconds: minus the slope of its phase (rad/s).

    The phase must turn by less than half a turn from point to point.
    """
    curves.over(signal, "frequency")
    if not signal.is_complex:
        raise Misuse(f"{signal.name} is real: it has no phase")
    angle = Signal(signal.x, np.unwrap(np.angle(signal.y)), "frequency", signal.name)
    return -derivative(angle) / (2 * np.pi)  # type: ignore[no-any-return]
