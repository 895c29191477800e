"""Spectra: tones, distortion, noise and spurs of a periodic signal.

All but the fit of a tone work on a coherent record: see measures.sampled for how it is found and
interpolated, and when it is refused. No window function is applied. Definitions: IEEE Std
1241-2010, section 9 (SINAD, SNR, SFDR, ENOB, THD), with powers of lines of the discrete Fourier
transform; DC counts nowhere. `harmonics` is how many count as distortion, from the second on.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from snakespice.measures import curves, sampled
from snakespice.measures.mark import measure
from snakespice.measures.signal import NotTaken, Signal

Interpolation = Literal["linear", "cubic"]


@measure
def tone_amplitude(signal: Signal, f0: float) -> float:
    """Peak amplitude of the sine of `f0` (Hz) that fits best, with a constant (IEEE 1057, 4.1.4.1).

    Least squares over time, whatever the steps; the signal needs no whole number of periods.

    Raises:
        NotTaken: the signal lasts for less than one period.
    """
    return float(np.abs(_tone(signal, f0)))


@measure("deg")
def tone_phase(signal: Signal, f0: float) -> float:
    """Phase of that sine at time 0 as a cosine, in degrees, (-180, 180]; see `tone_amplitude`.

    Raises:
        NotTaken: the signal lasts for less than one period.
    """
    return float(np.rad2deg(np.angle(_tone(signal, f0))))


@measure("%")
def thd(
    signal: Signal,
    f0: float,
    harmonics: float = 9,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Total harmonic distortion: amplitude of the harmonics together by that of the tone (.FOUR).

    Raises:
        NotTaken: there is no coherent record, or no tone.
    """
    found = sampled.record(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    power = found.harmonics(curves.whole("harmonics", harmonics))
    return 100 * float(np.sqrt(power / found.tone))


@measure("dB")
def thd_db(
    signal: Signal,
    f0: float,
    harmonics: float = 9,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Total harmonic distortion in decibels against the tone, -80 for example; see `thd`.

    Raises:
        NotTaken: there is no coherent record, or no tone.
    """
    found = sampled.record(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    power = found.harmonics(curves.whole("harmonics", harmonics))
    if not power:
        raise NotTaken("there is no distortion at all")
    return 10 * float(np.log10(power / found.tone))


@measure("dB")
def snr(
    signal: Signal,
    f0: float,
    harmonics: float = 9,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Signal to noise ratio: the tone by all that is neither it, nor a harmonic, nor DC.

    Raises:
        NotTaken: there is no coherent record, no tone, or no noise.
    """
    found = sampled.record(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    count = curves.whole("harmonics", harmonics)
    noise = found.power[1:].sum() - found.tone - found.harmonics(count)
    return _ratio(found.tone, float(noise))


@measure("dB")
def sndr(
    signal: Signal,
    f0: float,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Signal to noise and distortion ratio, SINAD: the tone by all else but DC.

    Raises:
        NotTaken: there is no coherent record, no tone, or nothing else.
    """
    found = sampled.record(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    return _ratio(found.tone, float(found.power[1:].sum() - found.tone))


@measure("dB")
def sfdr(
    signal: Signal,
    f0: float,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Spurious free dynamic range: the tone by the largest other line but DC.

    Raises:
        NotTaken: there is no coherent record, no tone, or nothing else.
    """
    found = sampled.record(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    others = np.delete(found.power, [0, found.line])
    return _ratio(found.tone, float(others.max(initial=0)))


@measure("bit")
def enob(
    signal: Signal,
    f0: float,
    *,
    fs: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    interpolation: Interpolation = "cubic",
) -> float:
    """Effective number of bits: (SNDR - 1.76) / 6.02, of a tone of full scale.

    Raises:
        NotTaken: as `sndr`.
    """
    ratio = sndr(signal, f0, fs=fs, start=start, stop=stop, interpolation=interpolation)
    return (ratio - 1.76) / 6.02


def _ratio(tone: float, rest: float) -> float:
    if rest <= 0:
        raise NotTaken("beside the tone there is nothing")
    return 10 * float(np.log10(tone / rest))


def _tone(signal: Signal, f0: float) -> complex:
    """Return the complex amplitude of the tone that fits best."""
    curves.over(signal, "time")
    curves.positive("f0", f0)
    y = curves.real(signal)
    if (signal.x[-1] - signal.x[0]) * f0 < 1 - 1e-6:
        raise NotTaken(f"{signal.name} lasts for less than one period of {f0:g} Hz")
    turns = 2 * np.pi * f0 * signal.x
    basis = np.stack([np.cos(turns), -np.sin(turns), np.ones_like(turns)])
    # Over a period or more these are nearly orthogonal, so the normal equations are good.
    weighted = basis * curves.shares(signal.x)
    cosine, sine, _ = np.linalg.solve(weighted @ basis.T, weighted @ y)
    return complex(cosine, sine)
