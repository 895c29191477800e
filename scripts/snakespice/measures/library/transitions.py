"""Transitions and steps: rise, fall and slew; overshoot, settling, droop and recovery.

Terms and levels are those of IEEE Std 181-2011 (IEC 60469). `low` and `high` are the states, found
in the histogram unless they are given; fractions such as `lower=0.1` are of the way between them.
A step goes from `initial` to `final`, the first and the last value unless they are given.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from snakespice.measures import curves, levels
from snakespice.measures.mark import measure
from snakespice.measures.signal import Misuse, NotTaken, Real, Signal

Side = Literal["rise", "fall"]
_HELD_WITHIN = 0.05  # of the step: the band for which the last value must hold to be the final one


@measure
def low_level(signal: Signal) -> float:
    """Low state: the mode of the histogram's lower half (IEEE 181, 5.2).

    Raises:
        NotTaken: the signal is constant.
    """
    return levels.states(signal)[0]


@measure
def high_level(signal: Signal) -> float:
    """High state: the mode of the histogram's upper half (IEEE 181, 5.2).

    Raises:
        NotTaken: the signal is constant.
    """
    return levels.states(signal)[1]


@measure("s")
def rise_time(
    signal: Signal,
    low: float | None = None,
    high: float | None = None,
    *,
    lower: float = 0.1,
    upper: float = 0.9,
    n: float = 1,
) -> float:
    """Time of the n-th rise from the 10 % to the 90 % level (IEEE 181, transition duration).

    From where it has left the lower level for good to where it first reaches the upper one.

    Raises:
        NotTaken: the signal does not rise so often.
    """
    return _transition(signal, low, high, lower, upper, n, "rise")


@measure("s")
def fall_time(
    signal: Signal,
    low: float | None = None,
    high: float | None = None,
    *,
    lower: float = 0.1,
    upper: float = 0.9,
    n: float = 1,
) -> float:
    """Time of the n-th fall from the 90 % to the 10 % level; as `rise_time`.

    Raises:
        NotTaken: the signal does not fall so often.
    """
    return _transition(signal, low, high, lower, upper, n, "fall")


@measure
def slew_rate(
    signal: Signal,
    low: float | None = None,
    high: float | None = None,
    *,
    lower: float = 0.1,
    upper: float = 0.9,
    edge: Side = "rise",
    n: float = 1,
) -> float:
    """Slope of the line through the 10 % and 90 % points of a transition, per second.

    Below 0 of a fall.

    The steepest slope at any point is `max_slope`.

    Raises:
        NotTaken: there are not so many transitions.
    """
    bottom, top = levels.states(signal, low, high)
    time = _transition(signal, bottom, top, lower, upper, n, edge)
    if not time:
        raise NotTaken(f"{signal.name} goes from one level to the other in no time")
    return (upper - lower) * (top - bottom) / time * (1 if edge == "rise" else -1)


@measure
def max_slope(signal: Signal) -> float:
    """Steepest slope of a line between two points, as a magnitude, per unit of the axis.

    Raises:
        NotTaken: there is one point only, or the signal jumps.
    """
    y = curves.real(signal)
    curves.several(signal)
    return float(np.abs(np.diff(y) / np.diff(signal.x)).max())


@measure("%")
def overshoot(signal: Signal, initial: float | None = None, final: float | None = None) -> float:
    """How far the signal goes beyond its final value, in percent of the step (IEEE 181, 5.5).

    0 where it does not.

    Raises:
        NotTaken: there is no step; `final` is given and never reached, or not given and the signal
            still moves by more than 2.5 % of the step in the last quarter of its window.
    """
    step = levels.step(signal, initial, final, _HELD_WITHIN)
    beyond = _beyond(signal, step)
    return 100 * max(0.0, float(beyond[_reached(signal, step) :].max()))


@measure("%")
def undershoot(signal: Signal, initial: float | None = None, final: float | None = None) -> float:
    """How far the signal falls back below its final value once it was there, in % of the step.

    Raises:
        NotTaken: there is no step; `final` is given and never reached, or not given and the signal
            still moves by more than 2.5 % of the step in the last quarter of its window.
    """
    step = levels.step(signal, initial, final, _HELD_WITHIN)
    beyond = _beyond(signal, step)
    return 100 * max(0.0, float(-beyond[_reached(signal, step) :].min()))


@measure("%")
def preshoot(signal: Signal, initial: float | None = None, final: float | None = None) -> float:
    """How far the signal goes the wrong way before it steps, in percent of the step.

    Raises:
        NotTaken: there is no step; `final` is given and never reached, or not given and the signal
            still moves by more than 2.5 % of the step in the last quarter of its window.
    """
    step = levels.step(signal, initial, final, _HELD_WITHIN)
    beyond = _beyond(signal, step)
    return 100 * max(0.0, float(-1 - beyond[: _reached(signal, step) + 1].min()))


@measure("s")
def settling_time(
    signal: Signal,
    band: float = 0.02,
    initial: float | None = None,
    final: float | None = None,
    *,
    start: float | None = None,
) -> float:
    """Time from `start` until the signal stays within `band` of the step around its final value.

    `band` is a fraction: 0.001 is 0.1 %. `start` is the beginning of the signal unless given. (IEEE
    181, 5.4: it counts there from the 50 % instant; MATLAB's stepinfo and ViVA as here.)

    Raises:
        NotTaken: the signal is outside of its band at the end; or, where `final` is not given, it
            still moves by more than half of the band in the last quarter of its window, so that its
            last value may not be the final one; or there is no step.
    """
    curves.positive("band", band)
    curves.over(signal, "time")
    cut = curves.part(signal, start)
    step = levels.step(cut, initial, final, band)
    return _last_exit(cut, step.final, band * abs(step.size)) - float(cut.x[0])


@measure
def droop(signal: Signal, at: float) -> float:
    """How far the signal falls below its value at `at`, as after a step of the load there.

    0 where it does not.

    Raises:
        NotTaken: `at` is outside of the signal.
    """
    behind = curves.part(signal, at)
    y = curves.real(behind)
    return float(y[0] - y.min())


@measure("s")
def recovery_time(
    signal: Signal, at: float, band: float = 0.01, final: float | None = None
) -> float:
    """Time from `at` until the signal stays within `band` of its final value, as after a load step.

    `band` is a fraction of the final value itself, 0.01 is 1 %: there need be no step.

    Raises:
        NotTaken: as `settling_time`.
    """
    curves.positive("band", band)
    curves.over(signal, "time")
    behind = curves.part(signal, at)
    y = curves.real(behind)
    target = float(y[-1]) if final is None else final
    if not target:
        raise Misuse("the final value is 0, of which a fraction is no band")
    if final is None:
        levels.check_settled(behind, band * abs(target))
    return _last_exit(behind, target, band * abs(target)) - at


def _transition(
    signal: Signal,
    low: float | None,
    high: float | None,
    lower: float,
    upper: float,
    n: float,
    edge: str,
) -> float:
    """Return how long the n-th transition takes from one reference level to the other."""
    curves.over(signal, "time")
    if not 0 <= lower < upper <= 1:
        raise Misuse(f"lower is {lower:g} and upper {upper:g}: must be fractions, the upper larger")
    bottom, top = levels.states(signal, low, high)
    first, second = bottom + lower * (top - bottom), bottom + upper * (top - bottom)
    _, rising, (starts, ends) = curves.transitions(signal, first, second)
    times = (ends - starts)[rising == (edge == "rise")]
    place = curves.whole("n", n)
    if len(times) < abs(place):
        what = f"{signal.name} has {len(times)} whole {edge}s from {first:g} to {second:g}"
        raise NotTaken(f"{what}, not {abs(place)}")
    return float(times[place - 1 if place > 0 else place])


def _beyond(signal: Signal, step: levels.Step) -> Real:
    """Return how far each value is beyond the final one, by the size of the step."""
    beyond: Real = (curves.real(signal) - step.final) / step.size
    return beyond


def _reached(signal: Signal, step: levels.Step) -> int:
    """Return the first point at which the final value is reached."""
    there = _beyond(signal, step) >= 0
    place = int(np.argmax(there))
    if not there[place]:
        raise NotTaken(f"{signal.name} never reaches its final value, {step.final:g}")
    return place


def _last_exit(signal: Signal, target: float, band: float) -> float:
    """Return from where on a signal stays within `band` of its target.

    Raises NotTaken where it does not at its end.
    """
    distance = np.abs(curves.real(signal) - target) - band
    outside = np.flatnonzero(distance > 0)
    if not len(outside):
        return float(signal.x[0])
    if outside[-1] == len(signal) - 1:
        raise NotTaken(
            f"{signal.name} is not settled: it ends {distance[-1] + band:g} away from {target:g},"
            f" the band is {band:g}"
        )
    place = int(outside[-1])
    # The line goes from outside of the band to inside, and cuts the nearer of its edges.
    edge = target + np.copysign(band, signal.y[place].real - target)
    before, behind = signal.y[place].real, signal.y[place + 1].real
    share = (edge - before) / (behind - before)
    return float(signal.x[place] + share * (signal.x[place + 1] - signal.x[place]))
