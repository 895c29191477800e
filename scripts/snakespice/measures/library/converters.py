"""Converters: linearity in units of the least significant bit (IEEE Std 1241-2010, 1658-2011).

INL and DNL are the largest magnitude over all codes, by the line through the end points (`end`) or
the one that fits best (`best`), on which the size of a step is based, too.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from snakespice.measures import curves
from snakespice.measures.mark import measure
from snakespice.measures.signal import Misuse, NotTaken, Real, Signal

Fit = Literal["end", "best"]


@measure("LSB")
def dac_inl(signal: Signal, fit: Fit = "end") -> float:
    """Integral non-linearity of a D/A converter: largest distance of a level from the line.

    `signal` has one point for each code, in their order: a `.dc` analysis over the code.

    Raises:
        NotTaken: there are fewer than three codes, or all levels are the same.
    """
    levels = _levels(signal)
    slope, errors = _line(levels, fit)
    return float(np.abs(errors / slope).max())


@measure("LSB")
def dac_dnl(signal: Signal, fit: Fit = "end") -> float:
    """Differential non-linearity of a D/A converter: largest distance of a step from one LSB.

    `signal` as for `dac_inl`.

    Raises:
        NotTaken: there are fewer than three codes, or all levels are the same.
    """
    levels = _levels(signal)
    slope, _ = _line(levels, fit)
    return float(np.abs(np.diff(levels) / slope - 1).max())


@measure("LSB")
def adc_inl(signal: Signal, fit: Fit = "end") -> float:
    """Integral non-linearity of an A/D converter: largest distance of a transition from the line.

    `signal` is the output code over a ramp of the input: a `.dc` analysis, or a transient one with
    a ramp. A code's width is the length for which it is put out, so a converter need not be
    monotonic (IEEE 1241, 4.1.6); the first and the last code have none.

    Raises:
        NotTaken: there are fewer than two codes between the first and the last.
    """
    edges = np.concatenate([[0.0], np.cumsum(_widths(signal))])
    slope, errors = _line(edges, fit)
    return float(np.abs(errors / slope).max())


@measure("LSB")
def adc_dnl(signal: Signal, fit: Fit = "end") -> float:
    """Differential non-linearity of an A/D converter: largest distance of a width from one LSB.

    A missing code has no width, so that is -1. `signal` as for `adc_inl`.

    Raises:
        NotTaken: there are fewer than two codes between the first and the last.
    """
    widths = _widths(signal)
    slope, _ = _line(np.concatenate([[0.0], np.cumsum(widths)]), fit)
    return float(np.abs(widths / slope - 1).max())


@measure
def missing_codes(signal: Signal) -> float:
    """How many codes between the first and the last are never put out; `signal` as for `adc_inl`.

    Raises:
        NotTaken: there are fewer than two codes between the first and the last.
    """
    return float(np.sum(_widths(signal) == 0))


def _levels(signal: Signal) -> Real:
    curves.several(signal, 3)
    return curves.real(signal)


def _widths(signal: Signal) -> Real:
    """Return the length of the axis for which each code but the first and the last is put out.

    The output may take time between two codes: a line that crosses k - 1/2 is at code k from there.
    """
    curves.has_axis(signal)
    y = curves.real(signal)
    first, last = round(float(y.min())), round(float(y.max()))
    if last - first < 3:
        raise NotTaken(
            f"{signal.name} has codes {first} to {last}: fewer than two between its ends"
        )
    if last - first > 1 << 20:
        raise Misuse(f"{signal.name} goes from {first} to {last}: that is no code")
    # The length for which the signal is at or above each threshold; each code's is the difference.
    thresholds = np.arange(first + 1, last + 1) - 0.5
    lower, upper = np.minimum(y[1:], y[:-1]), np.maximum(y[1:], y[:-1])
    steps = np.diff(signal.x)
    flat = np.rint(lower) == np.rint(upper)
    above = np.zeros(len(thresholds) + 1)
    code = np.clip(np.floor(lower[flat] + 0.5).astype(int) - first, 0, last - first)
    np.add.at(above, code, steps[flat])
    # Backwards: what is at code k is above all thresholds up to its own.
    above = np.cumsum(above[::-1])[::-1][1:]
    for low, high, step in zip(lower[~flat], upper[~flat], steps[~flat], strict=True):
        above += step * np.clip((high - thresholds) / (high - low), 0, 1)
    return above[:-1] - above[1:]


def _line(values: Real, fit: str) -> tuple[float, Real]:
    """Return the slope of the line, and how far each value is from it."""
    number = np.arange(len(values))
    if fit == "best":
        slope, start = np.polyfit(number, values, 1)
    else:
        slope, start = (values[-1] - values[0]) / (len(values) - 1), values[0]
    if not slope:
        raise NotTaken("all levels are the same")
    errors: Real = values - (start + slope * number)
    return float(slope), errors
