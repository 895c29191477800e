"""Small signals: gain, phase, bandwidth, margins, rejection and resonance over frequency.

Between its points a response is a line of its decibels and of its unwrapped phase over the
logarithm of the frequency, which is what a Bode plot shows. A response that is real, such as a
magnitude that was computed, has no phase.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from snakespice.measures import curves
from snakespice.measures.library.waveforms import group_delay
from snakespice.measures.mark import measure
from snakespice.measures.signal import FREQUENCY, Misuse, NotTaken, Real, Signal

Reference = Literal["first", "max"]


@measure("dB")
def gain_at(signal: Signal, f: float) -> float:
    """Gain at the frequency `f` (Hz), in decibels.

    Raises:
        NotTaken: `f` is outside of the analysis, or the response is 0.
    """
    return curves.value(_decibels(signal), _log(signal, f))


@measure("deg")
def phase_at(signal: Signal, f: float) -> float:
    """Phase at the frequency `f` (Hz) in degrees, without jumps from the first point on.

    Raises:
        NotTaken: `f` is outside of the analysis.
    """
    return curves.value(_degrees(signal), _log(signal, f))


@measure("s")
def group_delay_at(signal: Signal, f: float) -> float:
    """Group delay at the frequency `f` (Hz): minus the slope of the phase (rad) over rad/s.

    Raises:
        NotTaken: `f` is outside of the analysis, or there are fewer than three points.
    """
    delays = group_delay(signal)
    curves.inside(signal, f)
    return curves.value(delays, f)


@measure("Hz")
def upper_cutoff(signal: Signal, drop: float = 3, *, of: Reference = "max") -> float:
    """Frequency above which the gain is `drop` dB or more below its largest value (or the first).

    3 dB is a factor of 0.708; give drop=10*log10(2) for half of the power. The first such frequency
    above that of the reference.

    Raises:
        NotTaken: the gain does not fall so far within the analysis.
    """
    gain, place, level = _below(signal, drop, of)
    return _leaves(signal, gain, place, level, rising=False)


@measure("Hz")
def lower_cutoff(signal: Signal, drop: float = 3) -> float:
    """Frequency below which the gain is `drop` dB or more below its largest value.

    The last such frequency below that of the largest value.

    Raises:
        NotTaken: the gain does not fall so far within the analysis.
    """
    gain, place, level = _below(signal, drop, "max")
    return _leaves(signal, gain, place, level, rising=True)


@measure("Hz")
def bandwidth(signal: Signal, drop: float = 3) -> float:
    """Of a band-pass: `upper_cutoff` less `lower_cutoff`.

    Raises:
        NotTaken: the gain does not fall by `drop` dB on both sides within the analysis.
    """
    return upper_cutoff(signal, drop) - lower_cutoff(signal, drop)


@measure("dB")
def ripple(signal: Signal, start: float, stop: float) -> float:
    """Largest gain less the smallest from `start` to `stop` (Hz), in decibels.

    Raises:
        NotTaken: the analysis does not reach so far.
    """
    gain = _decibels(signal)
    band = curves.part(gain, _log(signal, start), _log(signal, stop))
    return float(np.ptp(curves.real(band)))


@measure("dB")
def attenuation(
    signal: Signal, start: float, stop: float | None = None, *, of: Reference = "max"
) -> float:
    """Stop band attenuation: the largest gain (or the first) less the largest in the stop band.

    The stop band goes from `start` to `stop` (Hz), or to the end of the analysis.

    Raises:
        NotTaken: the analysis does not reach so far.
    """
    gain = _decibels(signal)
    end = None if stop is None else _log(signal, stop)
    band = curves.part(gain, _log(signal, start), end)
    return _reference(gain, of)[1] - float(curves.real(band).max())


@measure("dB")
def peaking(signal: Signal) -> float:
    """Largest gain less that at the lowest frequency, in decibels; 0 where there is no peak."""
    gain = curves.real(_decibels(signal))
    return float(gain.max() - gain[0])


@measure("Hz")
def unity_gain_frequency(signal: Signal, n: float = 1) -> float:
    """Frequency at which the gain falls through 1 (0 dB) the n-th time.

    Raises:
        NotTaken: it does not within the analysis.
    """
    gain = _decibels(signal)
    points, rising = curves.crossings(gain, 0)
    return float(10 ** curves.chosen(gain, points, rising, "fall", n, 0))


@measure("Hz")
def gain_bandwidth(signal: Signal, f: float) -> float:
    """Gain (as a factor) times frequency at `f` (Hz), which has to lie where the gain falls as 1/f.

    Raises:
        NotTaken: `f` is outside of the analysis, or the gain there does not fall by 18 to 22 dB a
            decade.
    """
    gain = _decibels(signal)
    place = _log(signal, f)
    curves.inside(gain, place)
    near = np.clip([place - 0.1, place + 0.1], gain.x[0], gain.x[-1])
    slope = float(np.diff(np.interp(near, gain.x, curves.real(gain)))[0] / (near[1] - near[0]))
    if abs(slope + 20) > 2:
        raise NotTaken(f"at {f:g} Hz the gain changes by {slope:.3g} dB a decade, not by -20")
    return float(10 ** (curves.value(gain, place) / 20)) * f


@measure("deg")
def phase_margin(signal: Signal) -> float:
    """Phase margin of a loop gain, the smallest over all frequencies at which it crosses 1.

    180 degrees less the magnitude of the phase there; below 0 beyond 180, where the loop is
    unstable if it crosses once. The loop gain is positive where the feedback is negative: at its
    largest magnitude its phase is taken to lie between -270 and 90 degrees.

    Raises:
        NotTaken: the gain does not cross 1 within the analysis.
    """
    gain, angle = _loop(signal)
    points, _ = curves.crossings(gain, 0)
    if not len(points):
        side = "above" if curves.real(gain)[0] >= 0 else "below"
        raise NotTaken(f"the gain of {signal.name} is {side} 1 at all frequencies")
    return float(np.min(180 - np.abs(np.interp(points, angle.x, curves.real(angle)))))


@measure("dB")
def gain_margin(signal: Signal) -> float:
    """Gain margin of a loop gain, the one nearest to 0 over all crossings of -180 degrees.

    By how many decibels the gain there is below 1; below 0 where it is above. See `phase_margin`.

    Raises:
        NotTaken: the phase does not cross -180 degrees within the analysis.
    """
    gain, angle = _loop(signal)
    degrees = curves.real(angle)
    turns = np.arange(np.floor(degrees.min() / 360), np.ceil(degrees.max() / 360) + 1)
    points = np.concatenate([curves.crossings(angle, 360 * turn - 180)[0] for turn in turns])
    if not len(points):
        raise NotTaken(f"the phase of {signal.name} does not cross -180 degrees")
    margins = -np.interp(points, gain.x, curves.real(gain))
    return float(margins[np.argmin(np.abs(margins))])


@measure("dB")
def psrr(signal: Signal, supply: Signal, f: float) -> float:
    """Power supply rejection at `f` (Hz): gain from the input less that from the supply, in dB.

    `signal` and `supply` are the responses of the output in two analyses, each with 1 V at one of
    them: `psrr(v("out", plot="ac1"), v("out", plot="ac2"), f=1k)`.

    Raises:
        NotTaken: `f` is outside of an analysis.
    """
    return gain_at(signal, f) - gain_at(supply, f)


@measure("dB")
def cmrr(signal: Signal, common: Signal, f: float) -> float:
    """Common mode rejection at `f` (Hz): differential gain less common mode gain, in decibels.

    Both are responses of the output, as in `psrr`.

    Raises:
        NotTaken: `f` is outside of an analysis.
    """
    return gain_at(signal, f) - gain_at(common, f)


@measure("Hz")
def resonance_frequency(signal: Signal) -> float:
    """Frequency of the largest magnitude: the top of the parabola through the three highest points.

    Raises:
        NotTaken: the largest is the first or the last point.
    """
    return float(10 ** _peak(_decibels(signal)).place)


@measure
def quality_factor(signal: Signal) -> float:
    """Q of a resonance: its frequency by the width at half of the power (3.01 dB).

    Raises:
        NotTaken: there is no peak, or it does not fall by 3 dB on both sides within the analysis.
    """
    gain = _decibels(signal)
    peak = _peak(gain)
    level = peak.value - 10 * np.log10(2)
    low = _leaves(signal, gain, peak.point, level, rising=True)
    high = _leaves(signal, gain, peak.point, level, rising=False)
    return float(10**peak.place) / (high - low)


def _decibels(signal: Signal) -> Signal:
    """Return the gain in decibels over the logarithm of the frequency."""
    curves.over(signal, FREQUENCY)
    if signal.x[0] <= 0:
        signal = signal[1:]  # a linear analysis may begin at 0 Hz, which no logarithm has
        curves.several(signal, 1)
    gain = 20 * np.log10(np.abs(signal.y))
    found = Signal(np.log10(signal.x), gain, "lg frequency", f"gain of {signal.name}")
    if not found.is_finite:
        place = float(signal.x[np.argmin(np.isfinite(gain))])
        raise NotTaken(f"{signal.name} is 0 {curves.at(signal, place)}, which is no decibels")
    return found


def _degrees(signal: Signal) -> Signal:
    """Return the phase in degrees over the logarithm of the frequency."""
    curves.over(signal, FREQUENCY)
    if not signal.is_complex:
        raise Misuse(f"{signal.name} is real: it has no phase; give the complex response")
    if signal.x[0] <= 0:
        signal = signal[1:]
    angle = np.rad2deg(np.unwrap(np.angle(signal.y)))
    return Signal(np.log10(signal.x), angle, "lg frequency", f"phase of {signal.name}")


def _loop(signal: Signal) -> tuple[Signal, Signal]:
    """Return gain and phase of a loop; at its largest gain its phase is in (-270, 90]."""
    gain, angle = _decibels(signal), _degrees(signal)
    most = float(curves.real(angle)[np.argmax(curves.real(gain))])
    return gain, angle - 360 * float(np.ceil((most - 90) / 360))


def _log(signal: Signal, f: float) -> float:
    curves.over(signal, FREQUENCY)
    curves.positive("the frequency", f)
    curves.inside(signal, f)
    lowest = signal.x[0] if signal.x[0] > 0 else signal.x[min(1, len(signal) - 1)]
    return float(np.clip(np.log10(f), np.log10(lowest), np.log10(signal.x[-1])))


def _reference(gain: Signal, of: str) -> tuple[int, float]:
    values = curves.real(gain)
    place = int(np.argmax(values)) if of == "max" else 0
    return place, float(values[place])


def _below(signal: Signal, drop: float, of: str) -> tuple[Signal, int, float]:
    gain = _decibels(signal)
    place, level = _reference(gain, of)
    return gain, place, level - curves.positive("drop", drop)


def _leaves(signal: Signal, gain: Signal, place: int, level: float, *, rising: bool) -> float:
    """Return the frequency, next to a point on one side of it, at which a gain crosses a level."""
    points, rises = curves.crossings(gain, level)
    below, above = (points <= gain.x[place]) & rises, (points >= gain.x[place]) & ~rises
    beside = points[below if rising else above]
    if not len(beside):
        side = "below" if rising else "above"
        where = f"{10 ** float(gain.x[place]):g} Hz"
        raise NotTaken(f"{signal.name} does not fall to {level:.4g} dB {side} {where}")
    return float(10 ** (beside[-1] if rising else beside[0]))


class _Peak(NamedTuple):
    """The highest point, and place and value of the top of the parabola through it."""

    point: int
    place: float
    value: float


def _peak(gain: Signal) -> _Peak:
    values: Real = curves.real(gain)
    point = int(np.argmax(values))
    if point in (0, len(gain) - 1):
        raise NotTaken(
            f"the {gain.name} is largest at an end of the analysis: that is no resonance"
        )
    near = slice(point - 1, point + 2)
    centre = float(gain.x[point])
    curve, slope, value = np.polyfit(gain.x[near] - centre, values[near], 2)
    shift = -slope / (2 * curve)
    return _Peak(point, centre + float(shift), float(value + slope * shift / 2))
