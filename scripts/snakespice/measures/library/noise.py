"""Noise: spectral densities as `.noise` gives them, in V/sqrt(Hz) or A/sqrt(Hz).

(With `set sqrnoise` ngspice gives V²/Hz instead: take sqrt(...) of it then.) Between its points a
density is a power of the frequency, as ngspice takes it, so 1/f noise is integrated exactly however
few points a decade has.
"""

from __future__ import annotations

import numpy as np

from snakespice.measures import curves
from snakespice.measures.mark import measure
from snakespice.measures.signal import FREQUENCY, NotTaken, Real, Signal


@measure
def noise_at(signal: Signal, f: float) -> float:
    """Spot noise: the density at the frequency `f` (Hz), `noise_at(signal("onoise_spectrum"), 1k)`.

    Raises:
        NotTaken: `f` is outside of the analysis, or the density is 0.
    """
    x, y = _logarithms(signal)
    curves.inside(signal, f)
    return float(np.exp(np.interp(np.log(curves.positive("f", f)), x, y)))


@measure
def noise_rms(signal: Signal, start: float | None = None, stop: float | None = None) -> float:
    """Integrated noise from `start` to `stop` (Hz): root of the integral of the squared density.

    Over the whole analysis it is ngspice's onoise_total or inoise_total.

    Raises:
        NotTaken: the analysis does not reach so far.
    """
    return float(np.sqrt(_power(signal, start, stop)))


@measure("%")
def noise_share(
    device: Signal, total: Signal, start: float | None = None, stop: float | None = None
) -> float:
    """Share of the noise power from `start` to `stop` (Hz) that a device gives, in percent.

    Both are densities at the same place: `noise_share(signal("onoise_r1"),
    signal("onoise_spectrum"))`. (`.noise v(out) v1 dec 10 1 1meg 1` saves those of devices.)

    Raises:
        NotTaken: the analysis does not reach so far.
    """
    return 100 * _power(device, start, stop) / _power(total, start, stop)


def _logarithms(signal: Signal) -> tuple[Real, Real]:
    curves.over(signal, FREQUENCY)
    density = curves.real(signal)
    if not (density > 0).all() or signal.x[0] <= 0:
        raise NotTaken(f"{signal.name} is not above 0 at all frequencies")
    return np.log(signal.x), np.log(density)


def _power(signal: Signal, start: float | None, stop: float | None) -> float:
    """Return the integral of the squared density, a power of the frequency between two points."""
    curves.over(signal, FREQUENCY)
    if not np.any(signal.y):
        return 0.0
    x, y = _logarithms(signal)
    first = float(signal.x[0]) if start is None else curves.positive("start", start)
    last = float(signal.x[-1]) if stop is None else curves.positive("stop", stop)
    curves.inside(signal, first)
    curves.inside(signal, last)
    logs = Signal(x, 2 * y, "lg frequency", signal.name)
    band = curves.part(logs, max(np.log(first), x[0]), min(np.log(last), x[-1]))
    x, y = band.x, curves.real(band)
    # f^a from f1 to f2 is the exponential of a line over lg f, times f: its mean has this form.
    width, low = np.diff(x), (y + x)[:-1]
    slope = np.diff(y + x)
    mean = np.where(
        np.abs(slope) < 1e-9, 1 + slope / 2, np.expm1(slope) / np.where(slope, slope, 1)
    )
    return float(np.sum(np.exp(low) * mean * width))
