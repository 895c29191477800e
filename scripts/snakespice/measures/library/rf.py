"""Radio frequency: reflection, stability, compression and intercept points.

Definitions: Pozar, Microwave Engineering, 4th ed., sections 2.3, 10.3, 12.2. Reflection
coefficients are complex signals, as `.sp` gives them: `signal("s_1_1")`.
"""

from __future__ import annotations

import numpy as np

from snakespice.measures import curves
from snakespice.measures.library.spectral import tone_amplitude
from snakespice.measures.mark import measure, operation
from snakespice.measures.signal import NotTaken, Signal


@operation
def reflection(impedance: Signal, z0: float = 50) -> Signal:
    """Reflection coefficient of an impedance against `z0` (ohm): (Z - z0) / (Z + z0)."""
    return (impedance - z0) / (impedance + z0)  # type: ignore[no-any-return]


@measure("dB")
def return_loss(reflection: Signal, f: float) -> float:
    """Return loss at `f` (Hz): -20 lg |Γ|, above 0 for what is passive.

    Raises:
        NotTaken: `f` is outside of the analysis, or nothing is reflected.
    """
    magnitude = _magnitude(reflection, f)
    if not magnitude:
        raise NotTaken(f"{reflection.name} is 0 {curves.at(reflection, f)}: nothing is reflected")
    return -20 * float(np.log10(magnitude))


@measure
def vswr(reflection: Signal, f: float) -> float:
    """Voltage standing wave ratio at `f` (Hz): (1 + |Γ|) / (1 - |Γ|).

    Raises:
        NotTaken: `f` is outside of the analysis, or all is reflected, or more.
    """
    magnitude = _magnitude(reflection, f)
    if magnitude >= 1:
        raise NotTaken(
            f"|{reflection.name}| is {magnitude:.4g} {curves.at(reflection, f)}, not below 1"
        )
    return (1 + magnitude) / (1 - magnitude)


@measure
def stability_factor(s11: Signal, s12: Signal, s21: Signal, s22: Signal) -> float:
    """Rollett's K, the smallest over all frequencies: above 1 (and |Δ| below 1) nothing oscillates.

    K = (1 - |s11|² - |s22|² + |Δ|²) / (2 |s12 s21|), Δ = s11 s22 - s12 s21.

    Raises:
        NotTaken: s12 or s21 is 0 somewhere.
    """
    determinant = s11 * s22 - s12 * s21
    product = 2 * np.abs((s12 * s21).y)
    if not product.all():
        raise NotTaken("s12 or s21 is 0: there K is infinite")
    powers = 1 - np.abs(s11.y) ** 2 - np.abs(s22.y) ** 2 + np.abs(determinant.y) ** 2
    return float((powers / product).min())


@measure("dBm")
def oip3(signal: Signal, f1: float, f2: float, load: float = 50) -> float:
    """Output third order intercept of two tones `f1`, `f2` (Hz): P + (P - P3) / 2.

    `signal` is the voltage over `load` (ohm) in a transient analysis; P is the power of the weaker
    tone and P3 that of the stronger product at 2 f1 - f2 and 2 f2 - f1. The four amplitudes are
    fitted each by itself, so the signal must last for whole periods of f2 - f1.

    Raises:
        NotTaken: it does not, or there is no product.
    """
    beat = abs(f2 - f1)
    curves.positive("f2 - f1", beat)
    curves.over(signal, "time")
    periods = float(signal.x[-1] - signal.x[0]) * beat
    if periods < 1 - 1e-6 or abs(periods - round(periods)) > 1e-3:
        raise NotTaken(
            f"{signal.name} lasts for {periods:.4g} periods of f2 - f1 = {beat:g} Hz, not a whole"
            " number; take window(signal, start, stop)"
        )
    tone = _dbm(min(tone_amplitude(signal, f) for f in (f1, f2)), load)
    product = _dbm(max(tone_amplitude(signal, abs(f)) for f in (2 * f1 - f2, 2 * f2 - f1)), load)
    return tone + (tone - product) / 2


@measure("dB")
def compression_point(signal: Signal, drop: float = 1) -> float:
    """Input level at which the gain is `drop` dB below that of the first point: P1dB, on the axis.

    `signal` is the output in dBm (or dBV) and its axis the input in the same, swept by `.dc`, from
    a level at which the gain is still that of small signals.

    Raises:
        NotTaken: the gain does not fall so far.
    """
    gain = curves.real(signal) - signal.x
    loss = signal.with_values(gain[0] - gain, f"compression of {signal.name}")
    points, rising = curves.crossings(loss, curves.positive("drop", drop))
    return curves.chosen(loss, points, rising, "rise", 1, drop)


def _magnitude(signal: Signal, f: float) -> float:
    curves.over(signal, "frequency")
    return curves.value(signal.with_values(np.abs(signal.y)), f)


def _dbm(amplitude: float, load: float) -> float:
    if not amplitude:
        raise NotTaken("a tone or product has no power")
    return 10 * float(np.log10(amplitude**2 / (2 * curves.positive("load", load)) / 1e-3))
