"""How far a waveform is from another: norms, and a tube of tolerance around a reference.

Both are lines between their points and are looked at where they are known both, at the points of
either. `reference("golden.csv", "v(out)")` brings a waveform from a file.
"""

from __future__ import annotations

import numpy as np

from snakespice.measures import curves
from snakespice.measures.mark import measure
from snakespice.measures.signal import NotTaken, Real, Signal


@measure
def distance_max(signal: Signal, reference: Signal) -> float:
    """Largest distance (Xyce ERROR INFNORM).

    Raises:
        NotTaken: both have no part of the axis in common.
    """
    _, difference = _difference(signal, reference)
    return float(np.abs(difference).max())


@measure
def distance_l1(signal: Signal, reference: Signal) -> float:
    """Mean distance over the axis (as Xyce ERROR L1NORM, which adds up points instead).

    Raises:
        NotTaken: both have no part of the axis in common.
    """
    x, difference = _difference(signal, reference)
    low, high = difference[:-1], difference[1:]
    # A line that crosses 0 has two triangles.
    apart = np.abs(low) + np.abs(high)
    crossed = low * high < 0
    areas = apart / 2
    areas[crossed] = (low[crossed] ** 2 + high[crossed] ** 2) / (2 * apart[crossed])
    return float(np.dot(np.diff(x), areas) / (x[-1] - x[0]))


@measure
def distance_rms(signal: Signal, reference: Signal) -> float:
    """Root mean square distance over the axis (as Xyce ERROR L2NORM, which adds up points instead).

    Raises:
        NotTaken: both have no part of the axis in common.
    """
    x, difference = _difference(signal, reference)
    low, high = difference[:-1], difference[1:]
    squares = (low**2 + low * high + high**2) / 3
    return float(np.sqrt(np.dot(np.diff(x), squares) / (x[-1] - x[0])))


@measure
def tube_excess(
    signal: Signal, reference: Signal, absolute: float = 0, *, relative: float = 0, shift: float = 0
) -> float:
    """How far the signal leaves a tube around the reference; 0 or below where it stays inside.

    The tube is `absolute` and `relative` of the reference's magnitude wide to each side, and at
    each place as high and as low as the reference is anywhere within `shift` (of the axis) of it.

    Raises:
        NotTaken: both have no part of the axis in common.
    """
    x, difference = _difference(signal, reference)
    base = np.interp(x, reference.x, curves.real(reference))
    values = base + difference
    high, low = base, base
    if shift:
        known = np.union1d(reference.x, x)
        level = np.interp(known, reference.x, curves.real(reference))
        high = _extreme(known, level, x, shift)
        low = -_extreme(known, -level, x, shift)
    above = values - high - absolute - relative * np.abs(high)
    below = low - values - absolute - relative * np.abs(low)
    return float(np.maximum(above, below).max())


def _difference(signal: Signal, reference: Signal) -> tuple[Real, Real]:
    """Return the signal less its reference at all points where both are known."""
    curves.over(reference, signal.axis)
    first = max(float(signal.x[0]), float(reference.x[0]))
    last = min(float(signal.x[-1]), float(reference.x[-1]))
    if not first < last:
        raise NotTaken(f"{signal.name} and {reference.name} have no part of the axis in common")
    points = np.union1d(signal.x, reference.x)
    x = points[(points >= first) & (points <= last)]
    mine = np.interp(x, signal.x, curves.real(signal))
    return x, mine - np.interp(x, reference.x, curves.real(reference))


def _extreme(known: Real, level: Real, x: Real, shift: float) -> Real:
    """Return the largest level within `shift` of each x, with the lines at the ends of that."""
    ends = np.maximum(np.interp(x - shift, known, level), np.interp(x + shift, known, level))
    first = np.searchsorted(known, x - shift, side="left")
    last = np.searchsorted(known, x + shift, side="right")
    found = np.array([level[a:b].max() for a, b in zip(first, last, strict=True)])
    highest: Real = np.maximum(ends, found)
    return highest
