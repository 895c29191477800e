"""Gain, bandwidth, margins, rejection and resonance of transfer functions in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library import small_signal as s
from snakespice.measures.library.waveforms import db, phase
from snakespice.measures.signal import Misuse, NotTaken, Signal

F = np.geomspace(1, 1e9, 901)  # 100 points a decade


def response(values: np.ndarray) -> Signal:
    return Signal(F, values.astype(complex), "frequency", "v(out)")


def poles(gain: float, *corners: float) -> Signal:
    """Return a gain with real poles at these frequencies."""
    values = np.full(F.shape, gain, dtype=complex)
    for corner in corners:
        values /= 1 + 1j * F / corner
    return response(values)


AMPLIFIER = poles(1e4, 1e3, 2e7)


def test_gain_and_phase_at_a_frequency() -> None:
    assert s.gain_at(AMPLIFIER, 1) == pytest.approx(80, abs=1e-3)
    assert s.gain_at(AMPLIFIER, 1e3) == pytest.approx(80 - 10 * math.log10(2), abs=1e-3)
    assert s.phase_at(AMPLIFIER, 1e3) == pytest.approx(-45, abs=0.01)
    with pytest.raises(NotTaken, match="known from"):
        s.gain_at(AMPLIFIER, 2e9)


def test_group_delay_of_one_pole() -> None:
    one = poles(1, 1e6)
    tau = 1 / (2 * math.pi * 1e6)
    assert s.group_delay_at(one, 10) == pytest.approx(tau, rel=1e-3)
    assert s.group_delay_at(one, 1e6) == pytest.approx(tau / 2, rel=1e-3)


def test_phase_does_not_jump() -> None:
    three = poles(1e4, 1e3, 1e5, 1e6)
    assert s.phase_at(three, 1e9) == pytest.approx(-270, abs=0.2)
    assert float(phase(three).y[-1]) == pytest.approx(-270, abs=0.2)  # type: ignore[union-attr]
    assert float(db(three).y[0]) == pytest.approx(80, abs=1e-3)  # type: ignore[union-attr]


def test_bandwidths() -> None:
    half = 10 * math.log10(2)
    assert s.upper_cutoff(AMPLIFIER, half) == pytest.approx(1e3, rel=1e-4)
    band = response(poles(1, 1e6).y * (1j * F / 1e3) / (1 + 1j * F / 1e3))
    assert s.lower_cutoff(band, half) == pytest.approx(1e3, rel=3e-3)
    assert s.upper_cutoff(band, half) == pytest.approx(1e6, rel=3e-3)
    assert s.bandwidth(band, half) == pytest.approx(1e6 - 1e3, rel=3e-3)
    with pytest.raises(NotTaken, match="does not fall to 77 dB below"):
        s.bandwidth(AMPLIFIER)


def test_ripple_and_attenuation() -> None:
    assert s.ripple(AMPLIFIER, 1, 1e3) == pytest.approx(10 * math.log10(2), abs=1e-3)
    assert s.attenuation(poles(10, 1e3), 1e5) == pytest.approx(40, abs=1e-3)
    assert s.attenuation(poles(10, 1e3), 1e5, 1e6, of="first") == pytest.approx(40, abs=1e-3)


def test_unity_gain_and_gain_bandwidth() -> None:
    one = poles(1e4, 1e3)
    assert s.unity_gain_frequency(one) == pytest.approx(1e3 * math.sqrt(1e8 - 1), rel=1e-4)
    assert s.gain_bandwidth(one, 1e5) == pytest.approx(1e7, rel=1e-4)
    with pytest.raises(NotTaken, match="not by -20"):
        s.gain_bandwidth(one, 10)
    with pytest.raises(NotTaken, match="falls through 0 never"):
        s.unity_gain_frequency(poles(0.5, 1e3))


def test_margins_of_three_poles() -> None:
    """Equal poles at 1 MHz: -180 degrees at sqrt(3) MHz, where the gain has fallen to an eighth."""
    loop = poles(4, 1e6, 1e6, 1e6)
    crossover = math.sqrt(4 ** (2 / 3) - 1)
    margin = 180 - 3 * math.degrees(math.atan(crossover))
    assert s.phase_margin(loop) == pytest.approx(margin, abs=0.01)
    assert s.gain_margin(loop) == pytest.approx(20 * math.log10(2), abs=0.01)


def test_an_unstable_loop_has_margins_below_0() -> None:
    loop = poles(16, 1e6, 1e6, 1e6)
    assert s.phase_margin(loop) < 0
    assert s.gain_margin(loop) == pytest.approx(-20 * math.log10(2), abs=0.01)


def test_two_integrators_begin_at_180_degrees() -> None:
    """A phase-locked loop: K (1 + jf/z) / (jf)² has the margin atan(f/z), from either side."""
    for sign in (1e-12, -1e-12):
        values = 1e10 * (1 + 1j * F / 1e4) / (1j * F) ** 2 * np.exp(1j * sign)
        crossover = s.unity_gain_frequency(response(values))
        expected = math.degrees(math.atan(crossover / 1e4))
        assert s.phase_margin(response(values)) == pytest.approx(expected, abs=0.01)


def test_the_worst_of_several_crossovers_counts() -> None:
    """A resonance behind the first crossover brings the gain above 1 again, at -180 and more."""
    ratio = F / 1e7
    loop = response(poles(1e4, 1e2).y / (1 - ratio**2 + 1j * ratio / 100))
    gain, angle = np.abs(loop.y), np.rad2deg(np.unwrap(np.angle(loop.y)))
    crossed = np.flatnonzero((gain[1:] < 1) != (gain[:-1] < 1))
    assert len(crossed) == 3
    worst = min(180 - abs(angle[crossed]).max(), 180 - abs(angle[crossed + 1]).max())
    assert worst < 10 < 180 + angle[crossed[0]]
    assert s.phase_margin(loop) == pytest.approx(worst, abs=3)


def test_a_coupled_loop_that_rises_through_1_first() -> None:
    """Two coupling capacitors: its phase begins at +180 degrees, and it is stable."""
    high = (1j * F / 10) / (1 + 1j * F / 10)
    loop = response(poles(100, 1e6).y * high**2)
    up = 10 / math.sqrt(100 - 1)  # where (f/10)² = (1 + (f/10)²) / 100
    lead = 2 * (90 - math.degrees(math.atan(up / 10)))
    down = 180 - math.degrees(math.atan(math.sqrt(1e4 - 1)))
    assert s.phase_margin(loop) == pytest.approx(min(180 - lead, down), abs=0.1)


def test_a_conditionally_stable_loop_has_the_nearer_margin() -> None:
    """Its phase crosses -180 degrees upwards and, at a higher frequency, back."""
    values = 1e16 * (1 + 1j * F / 3e4) ** 2 / (1j * F) ** 3 / (1 + 1j * F / 1e7) ** 2
    loop = response(values)
    gain = 20 * np.log10(np.abs(values))
    angle = np.rad2deg(np.unwrap(np.angle(values))) - 360
    crossed = np.flatnonzero((angle[1:] < -180) != (angle[:-1] < -180))
    assert len(crossed) == 2
    nearest = min((gain[place] for place in crossed), key=abs)
    assert s.gain_margin(loop) == pytest.approx(-nearest, abs=1)


def test_what_does_not_cross_has_no_margin() -> None:
    with pytest.raises(NotTaken, match="below 1 at all frequencies"):
        s.phase_margin(poles(0.5, 1e6))
    with pytest.raises(NotTaken, match="does not cross -180"):
        s.gain_margin(AMPLIFIER)


def test_rejection_is_the_ratio_of_two_analyses() -> None:
    supply = Signal(F[::3], 0.5 / (1 + 1j * F[::3] / 1e8), "frequency")
    assert s.psrr(AMPLIFIER, supply, 10) == pytest.approx(80 + 20 * math.log10(2), abs=1e-2)
    assert s.cmrr(AMPLIFIER, supply, 10) == s.psrr(AMPLIFIER, supply, 10)


def test_resonance_and_its_quality() -> None:
    """A series circuit; its current has the quality 20."""
    ratio = F / 3.3e5
    current = response(1 / (1 + 20j * (ratio - 1 / ratio)))
    assert s.resonance_frequency(current) == pytest.approx(3.3e5, rel=1e-3)
    assert s.quality_factor(current) == pytest.approx(20, rel=0.02)
    assert s.peaking(response(1 / (1 - ratio**2 + 1j * ratio / 5))) == pytest.approx(14, abs=0.1)
    with pytest.raises(NotTaken, match="that is no resonance"):
        s.quality_factor(AMPLIFIER)


def test_a_response_is_over_frequency_and_complex() -> None:
    with pytest.raises(Misuse, match="over time, must be over frequency"):
        s.gain_at(Signal([0, 1], [1, 2]), 1)
    with pytest.raises(Misuse, match="is real: it has no phase"):
        s.phase_margin(Signal([1, 2], [2.0, 0.5], "frequency"))
    with pytest.raises(NotTaken, match="is 0 at frequency 2 Hz"):
        s.gain_at(Signal([1, 2], [1j, 0], "frequency"), 1)
