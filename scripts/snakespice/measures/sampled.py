"""Coherent records: a periodic signal at equal steps over a whole number of its periods.

Only then the lines of a spectrum are those of the signal, and no window function is needed; so
records that are not coherent are refused. The points of a transient analysis are at any distance,
so they are interpolated, by cubics through four of them. Of a pure tone with 50 points a period, at
steps that differ by a factor of five, that leaves -118 dB in nine harmonics and -104 dB in all
lines (straight lines: -74 and -57 dB); with 20 points a period -84 and -71 dB. Where edges are
sharp and have points on both sides, straight lines are better.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log2

import numpy as np
from numpy.typing import NDArray

from snakespice.measures import curves
from snakespice.measures.signal import Misuse, NotTaken, Real, Signal

_TOLERANCE = 1e-6  # of a period, or of a sample
_FEWEST = 1 << 10
_TOGETHER = 1e-6  # of the mean step: points nearer to one another are taken for one


@dataclass(frozen=True)
class Record:
    """`power` of each line (mean square, without a negative side), `line` that of the tone."""

    power: Real
    line: int

    @property
    def tone(self) -> float:
        """The power of the tone. Raises NotTaken where there is none."""
        power = float(self.power[self.line])
        if not power:
            raise NotTaken("the signal has no tone at f0")
        return power

    def harmonics(self, count: int) -> float:
        """Return the power of the 2nd to the (`count` + 1)-th harmonic, folded at half the rate."""
        samples = 2 * (len(self.power) - 1)
        lines = self.line * np.arange(2, count + 2) % samples
        lines = np.unique(np.minimum(lines, samples - lines))
        return float(self.power[lines[(lines != 0) & (lines != self.line)]].sum())


def record(
    signal: Signal,
    f0: float,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: str = "cubic",
) -> Record:
    """Take the longest coherent record of a tone of `f0` (Hz) that ends with the signal.

    With `fs` (Hz) the signal is sampled at that rate from `start` on, as a converter's output is:
    the longest even number of samples that holds a whole number of periods. Without, the record is
    that of the last whole periods, of as many samples as it has points, or more. It is taken once
    of a signal, however many measures want it.

    Raises NotTaken where there is no such record, and Misuse where the signal is not over time.
    """
    key = (f0, fs, start, stop, interpolation)
    return signal.known(key, lambda: _longest(signal, *key))


def _longest(
    signal: Signal,
    f0: float,
    fs: float | None,
    start: float | None,
    stop: float | None,
    interpolation: str,
) -> Record:
    curves.over(signal, "time")
    curves.positive("f0", f0)
    cut = curves.part(signal, start, stop)
    first, last = float(cut.x[0]), float(cut.x[-1])
    span = (last - first) * f0
    if fs is None:
        periods = floor(span + _TOLERANCE)
        if periods < 1:
            raise NotTaken(
                f"{signal.name} lasts for {span:.3g} periods of {f0:g} Hz, fewer than one"
            )
        begin = max(first, last - periods / f0)
        size = max(_FEWEST, 1 << ceil(log2(len(cut))))
        # A whole number of samples a period is not needed, as there are whole periods.
        return _record(cut, begin, periods / f0, size, periods, interpolation)
    samples, periods = _coherent(signal, f0, curves.positive("fs", fs), last - first)
    return _record(cut, first, samples / fs, samples, periods, interpolation)


def _coherent(signal: Signal, f0: float, fs: float, length: float) -> tuple[int, int]:
    """Return the largest even number of samples that holds whole periods, and how many."""
    if not f0 < fs / 2:
        raise Misuse(f"f0 is {f0:g}: must be below half of fs, {fs / 2:g}")
    most = floor(length * fs + _TOLERANCE) + 1  # with one at either end
    sizes = np.arange(most - most % 2, 1, -2)
    periods = sizes * (f0 / fs)
    whole = np.abs(periods - np.round(periods)) < _TOLERANCE * np.maximum(1, periods)
    whole &= np.round(periods) >= 1
    if not whole.any():
        even = max(2, most - most % 2)
        near = max(1, round(even * f0 / fs)) * fs / even
        raise NotTaken(
            f"{signal.name} is not sampled coherently: no even number of its {most} samples at"
            f" fs = {fs:g} Hz holds whole periods of f0 = {f0:g} Hz; f0 = {near:.8g} would do"
        )
    place = int(np.argmax(whole))
    return int(sizes[place]), round(float(periods[place]))


def _record(
    signal: Signal, begin: float, length: float, size: int, line: int, interpolation: str
) -> Record:
    values = resampled(signal, begin, length / size, size, interpolation)
    lines: NDArray[np.complex128] = np.fft.rfft(values) / size
    power: Real = np.abs(lines) ** 2
    power[1:-1] *= 2
    return Record(power, line)


def resampled(signal: Signal, begin: float, step: float, size: int, interpolation: str) -> Real:
    """Return the values of a real signal at `size` times from `begin` on, `step` apart."""
    y = curves.real(signal)
    times: Real = begin + step * np.arange(float(size))
    steps = np.diff(signal.x)
    keep = np.append(steps > _TOGETHER * (signal.x[-1] - signal.x[0]) / len(steps), True)
    x, y = signal.x[keep], y[keep]
    if interpolation == "linear" or len(x) < 4:
        return np.interp(times, signal.x, curves.real(signal))
    # Lagrange's form; what does not depend on the time is worked out once for each four points.
    h01, h12, h23 = x[1:-2] - x[:-3], x[2:-1] - x[1:-2], x[3:] - x[2:-1]
    h02, h13, h03 = h01 + h12, h12 + h23, h01 + h12 + h23
    parts = (
        -y[:-3] / (h01 * h02 * h03),
        y[1:-2] / (h01 * h12 * h13),
        -y[2:-1] / (h02 * h12 * h23),
        y[3:] / (h03 * h13 * h23),
    )
    # How many points lie at or before each time; times are equally spaced, so they are counted.
    behind = np.clip(np.ceil((x - begin) / step), 0, size).astype(np.intp)
    place = np.clip(np.cumsum(np.bincount(behind, minlength=size + 1))[:size] - 2, 0, len(x) - 4)
    d0, d1, d2, d3 = (times - x[k : len(x) - 3 + k][place] for k in range(4))
    c0, c1, c2, c3 = (part[place] for part in parts)
    found: Real = d2 * d3 * (d1 * c0 + d0 * c1) + d0 * d1 * (d3 * c2 + d2 * c3)
    return found
