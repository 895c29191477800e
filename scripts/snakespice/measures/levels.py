"""State levels of pulses, and the steps and clocks that follow from them.

IEEE Std 181-2011, 5.2: the state levels of a two-level signal are the modes of its histogram's
lower and upper half; reference levels lie at fractions of the way between them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from snakespice.measures import curves
from snakespice.measures.signal import Misuse, NotTaken, Real, Signal

BINS = 100


def states(
    signal: Signal, low: float | None = None, high: float | None = None
) -> tuple[float, float]:
    """Return the low and the high state of a real signal; what is given is taken as it is.

    The histogram has 100 bins from the smallest value to the largest, in which each point counts
    for its share of the axis; a state is the mean of what lies in the fullest bin of its half.

    Raises NotTaken where the signal is constant.
    """
    if low is not None and high is not None:
        if not low < high:
            raise Misuse(f"low is {low:g} and high is {high:g}: high must be above")
        return low, high
    found_low, found_high = signal.known("states", lambda: _modes(signal))
    found_low = found_low if low is None else low
    found_high = found_high if high is None else high
    if not found_low < found_high:
        raise Misuse(f"low is {found_low:g} and high is {found_high:g}: high must be above")
    return found_low, found_high


def _modes(signal: Signal) -> tuple[float, float]:
    y = curves.real(signal)
    curves.several(signal)
    bottom, top = float(y.min()), float(y.max())
    if bottom == top:
        raise NotTaken(f"{signal.name} is {bottom:g} throughout: it has no two states")
    bins = np.minimum(((y - bottom) / (top - bottom) * BINS).astype(int), BINS - 1)
    weights = curves.shares(signal.x)
    filled = np.bincount(bins, weights, BINS)
    sums = np.bincount(bins, weights * y, BINS)

    def mode(half: slice, otherwise: float) -> float:
        fullest = half.start + int(np.argmax(filled[half]))
        return float(sums[fullest] / filled[fullest]) if filled[fullest] else otherwise

    return mode(slice(0, BINS // 2), bottom), mode(slice(BINS // 2, BINS), top)


class Step(NamedTuple):
    """A signal that goes from one value to another."""

    initial: float
    final: float

    @property
    def size(self) -> float:
        """How far it goes; below 0 where it falls."""
        return self.final - self.initial


HELD = 0.25  # of the window, at its end


def step(
    signal: Signal, initial: float | None, final: float | None, band: float | None = None
) -> Step:
    """Return the step that a real signal makes, from its first value to its last if not given.

    With `band`, a fraction of the step, the last value is taken for the final one only as
    `check_settled` allows.

    Raises NotTaken where it does not, and where there is no step.
    """
    y = curves.real(signal)
    found = Step(
        float(y[0]) if initial is None else initial, float(y[-1]) if final is None else final
    )
    if not found.size:
        raise NotTaken(f"{signal.name} begins and ends at {found.final:g}: there is no step")
    if final is None and band is not None:
        check_settled(signal, band * abs(found.size))
    return found


def check_settled(signal: Signal, band: float) -> None:
    """Raise NotTaken unless the last value of a real signal is that to which it settles.

    It is taken to be if the signal stays within half of the band around it for the last quarter of
    its window. An exponential that is still further than the band from its end moves more than that
    (for bands of up to a tenth of its step).
    """
    end = curves.part(signal, float(signal.x[-1] - HELD * (signal.x[-1] - signal.x[0])))
    last = float(curves.real(end)[-1])
    if np.abs(curves.real(end) - last).max() > band / 2:
        raise NotTaken(
            f"{signal.name} is not settled: in the last quarter of its window it is up to"
            f" {np.abs(curves.real(end) - last).max():.3g} away from its last value, {last:g},"
            f" more than half of the band, {band:.3g}; simulate for longer, or give final"
        )


def middle(signal: Signal, level: float | None) -> tuple[float, float]:
    """Return the level half-way between a signal's states unless given, and a hysteresis for it.

    The hysteresis is a fifth of the way between the states: from 40 % to 60 %.
    """
    low, high = states(signal)
    return (low + high) / 2 if level is None else level, (high - low) / 5


def edges(signal: Signal, edge: str, level: float | None, least: int) -> Real:
    """Return when a clock's edges are: `edge` is rise or fall.

    Raises NotTaken where there are fewer than `least`.
    """
    curves.over(signal, "time")
    threshold, hysteresis = middle(signal, level)
    points, rising = curves.crossings(signal, threshold, hysteresis)
    found: Real = points[rising == (edge == "rise")]
    if len(found) < least:
        what = "rises through" if edge == "rise" else "falls through"
        raise NotTaken(f"{signal.name} {what} {threshold:g} {len(found)} times; {least} are needed")
    return found
