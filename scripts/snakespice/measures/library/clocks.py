"""Clocks and data: periods, duty, pulses, jitter, the eye, set-up and hold.

`level` is half-way between the states of the signal unless it is given (IEEE Std 181-2011, mid
reference level); noise of less than a fifth of the way between them is no edge.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from snakespice.measures import curves, levels
from snakespice.measures.mark import measure
from snakespice.measures.signal import NotTaken, Real, Signal

Side = Literal["rise", "fall"]
Polarity = Literal["high", "low"]


@measure("s")
def period(signal: Signal, level: float | None = None, *, edge: Side = "rise") -> float:
    """Mean period: between the first and the last edge through `level`, by their number less one.

    `level` is half-way between the states unless given; noise of less than a fifth of the way
    between them is no edge.

    Raises:
        NotTaken: there are fewer than three edges, which is two periods.
    """
    points = levels.edges(signal, edge, level, 3)
    return float(points[-1] - points[0]) / (len(points) - 1)


@measure("Hz")
def frequency(signal: Signal, level: float | None = None, *, edge: Side = "rise") -> float:
    """Reciprocal of the mean `period`.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    return 1 / period(signal, level, edge=edge)


@measure("%")
def duty_cycle(signal: Signal, level: float | None = None) -> float:
    """Share of whole periods in which the signal is above `level` (half-way), in percent.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    points = levels.edges(signal, "rise", level, 3)
    threshold, hysteresis = levels.middle(signal, level)
    crossed, rising = curves.crossings(signal, threshold, hysteresis)
    falls = crossed[~rising]
    ends = falls[np.searchsorted(falls, points[:-1])]
    return 100 * float(np.sum(ends - points[:-1]) / (points[-1] - points[0]))


@measure("s")
def pulse_width(
    signal: Signal, level: float | None = None, *, polarity: Polarity = "high", n: float = 1
) -> float:
    """Duration of the n-th pulse at `level`, half-way between the states (IEEE 181, 5.3.2).

    Raises:
        NotTaken: there are not so many whole pulses.
    """
    curves.over(signal, "time")
    threshold, hysteresis = levels.middle(signal, level)
    points, rising = curves.crossings(signal, threshold, hysteresis)
    begins = rising[:-1] == (polarity == "high")
    widths = np.diff(points)[begins]
    place = curves.whole("n", n)
    if len(widths) < abs(place):
        raise NotTaken(f"{signal.name} has {len(widths)} whole pulses, not {abs(place)}")
    return float(widths[place - 1 if place > 0 else place])


@measure("s")
def period_jitter(signal: Signal, level: float | None = None, *, edge: Side = "rise") -> float:
    """Standard deviation of the periods (JEDEC JESD65B, period jitter, rms), with n-1.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    return float(np.std(np.diff(levels.edges(signal, edge, level, 3)), ddof=1))


@measure("s")
def period_jitter_pp(signal: Signal, level: float | None = None, *, edge: Side = "rise") -> float:
    """Longest period less the shortest.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    return float(np.ptp(np.diff(levels.edges(signal, edge, level, 3))))


@measure("s")
def cycle_jitter(signal: Signal, level: float | None = None, *, edge: Side = "rise") -> float:
    """Root mean square of the change from one period to the next (JESD65B, cycle-to-cycle).

    Raises:
        NotTaken: there are fewer than two periods.
    """
    changes = np.diff(levels.edges(signal, edge, level, 3), 2)
    return float(np.sqrt(np.mean(changes**2)))


@measure("s")
def time_interval_error(
    signal: Signal,
    frequency: float | None = None,
    level: float | None = None,
    *,
    edge: Side = "rise",
) -> float:
    """Root mean square distance of edges from those of an ideal clock, which fits them best.

    Its frequency is that given, or also the one that fits best.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    return float(np.std(_errors(signal, frequency, level, edge)))


@measure("s")
def time_interval_error_pp(
    signal: Signal,
    frequency: float | None = None,
    level: float | None = None,
    *,
    edge: Side = "rise",
) -> float:
    """Latest edge less the earliest, against those of an ideal clock; see `time_interval_error`.

    Raises:
        NotTaken: there are fewer than two periods.
    """
    return float(np.ptp(_errors(signal, frequency, level, edge)))


@measure
def eye_height(
    signal: Signal,
    period: float,
    offset: float = 0,
    *,
    width: float = 0.2,
    level: float | None = None,
) -> float:
    """Opening of the eye: the lowest one less the highest zero around the middle of the interval.

    The signal is cut into intervals of `period` (s) from `offset` on, which is where bits begin; it
    is looked at in the middle part of each, which is `width` of it. `level` parts ones from zeros.
    Below 0 where a bit crosses it there: the eye is closed.

    Raises:
        NotTaken: there is no whole interval, or there are only ones or only zeros.
    """
    starts = _intervals(signal, period, offset)
    threshold, _ = levels.middle(signal, level)
    middles = np.interp(starts + period / 2, signal.x, signal.y)
    ones, zeros = [], []
    for start, in_middle in zip(starts, middles, strict=True):
        begin = float(start + (1 - width) / 2 * period)
        y = curves.real(curves.part(signal, begin, begin + width * period))
        if in_middle >= threshold:
            ones.append(float(y.min()))
        else:
            zeros.append(float(y.max()))
    if not ones or not zeros:
        raise NotTaken(f"{signal.name} has only {'ones' if ones else 'zeros'}: there is no eye")
    return min(ones) - max(zeros)


@measure("s")
def eye_width(signal: Signal, period: float, level: float | None = None) -> float:
    """Width of the eye: the interval less the spread of all crossings of `level` within it.

    Raises:
        NotTaken: the signal crosses the level less than twice.
    """
    curves.positive("period", period)
    curves.over(signal, "time")
    threshold, hysteresis = levels.middle(signal, level)
    points, _ = curves.crossings(signal, threshold, hysteresis)
    if len(points) < 2:
        raise NotTaken(f"{signal.name} crosses {threshold:g} {len(points)} times; 2 are needed")
    # Around the mean phase, so that crossings do not lie at both ends of the interval.
    turns = points / period
    centre = np.angle(np.mean(np.exp(2j * np.pi * turns))) / (2 * np.pi)
    phases = (turns - centre + 0.5) % 1
    return period * max(0.0, 1 - float(np.ptp(phases)))


@measure("s")
def setup_time(
    data: Signal,
    clock: Signal,
    data_level: float | None = None,
    clock_level: float | None = None,
    *,
    edge: Side = "rise",
) -> float:
    """Shortest time for which the data did not change before an edge of the clock.

    Raises:
        NotTaken: there is no change of the data before any edge.
    """
    changes, clocks = _data_and_clock(data, clock, data_level, clock_level, edge)
    before = np.searchsorted(changes, clocks, side="right")
    if not before.any():
        raise NotTaken(f"{data.name} does not change before an edge of {clock.name}")
    return float(np.min((clocks - changes[before - 1])[before > 0]))


@measure("s")
def hold_time(
    data: Signal,
    clock: Signal,
    data_level: float | None = None,
    clock_level: float | None = None,
    *,
    edge: Side = "rise",
) -> float:
    """Shortest time for which the data did not change after an edge of the clock.

    Raises:
        NotTaken: there is no change of the data after any edge.
    """
    changes, clocks = _data_and_clock(data, clock, data_level, clock_level, edge)
    behind = np.searchsorted(changes, clocks, side="right")
    has_one = behind < len(changes)
    if not has_one.any():
        raise NotTaken(f"{data.name} does not change after an edge of {clock.name}")
    return float(np.min(changes[behind[has_one]] - clocks[has_one]))


def _errors(signal: Signal, frequency: float | None, level: float | None, edge: str) -> Real:
    points = levels.edges(signal, edge, level, 3)
    if frequency is not None:
        turns = points * curves.positive("frequency", frequency)
        errors: Real = (points - np.round(turns - turns[0]) / frequency) - points[0]
        return errors
    number = np.arange(len(points))
    slope, start = np.polyfit(number, points, 1)
    fitted: Real = points - (start + slope * number)
    return fitted


def _intervals(signal: Signal, period: float, offset: float) -> Real:
    """Return where whole intervals of `period` begin."""
    curves.positive("period", period)
    curves.over(signal, "time")
    first = np.ceil((signal.x[0] - offset) / period)
    count = int(np.floor((signal.x[-1] - offset) / period + 1e-9) - first)
    if count < 1:
        raise NotTaken(f"{signal.name} has no whole interval of {period:g} s")
    starts: Real = offset + (first + np.arange(count)) * period
    return starts


def _data_and_clock(
    data: Signal,
    clock: Signal,
    data_level: float | None,
    clock_level: float | None,
    edge: str,
) -> tuple[Real, Real]:
    """Return when the data change, and when the clock has an edge."""
    curves.over(data, "time")
    threshold, hysteresis = levels.middle(data, data_level)
    changes, _ = curves.crossings(data, threshold, hysteresis)
    return changes, levels.edges(clock, edge, clock_level, 1)
