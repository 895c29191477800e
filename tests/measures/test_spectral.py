"""Spectra of sums of sines whose amplitudes are given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.spectral import (
    enob,
    sfdr,
    sndr,
    snr,
    thd,
    thd_db,
    tone_amplitude,
    tone_phase,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal

F0 = 1e3


def uneven(start: float, stop: float, points: int) -> np.ndarray:
    """Return times whose steps differ by a factor of three."""
    u = np.linspace(0, 1, points)
    return start + (stop - start) * (u + 0.5 / (2 * np.pi * 7) * np.sin(2 * np.pi * 7 * u))


def distorted(t: np.ndarray) -> np.ndarray:
    """Return a tone of 1 V with 1 % of the second harmonic, 0.5 % of the third, and 0.3 V."""
    w = 2 * np.pi * F0 * t
    return 0.3 + np.cos(w + 0.5) + 0.01 * np.sin(2 * w) + 0.005 * np.cos(3 * w + 1)


def test_tone_is_fitted_at_uneven_steps_and_to_no_whole_periods() -> None:
    t = uneven(0.2e-3, 3.9e-3, 4000)
    pure = Signal(t, 0.3 + 0.7 * np.cos(2 * np.pi * F0 * t - 1))
    assert tone_amplitude(pure, F0) == pytest.approx(0.7, rel=1e-9)
    assert tone_phase(pure, F0) == pytest.approx(-math.degrees(1), rel=1e-9)
    with pytest.raises(NotTaken, match="less than one period of 100 Hz"):
        tone_amplitude(pure, 100)


@pytest.mark.parametrize("points", [300, 2000])
def test_distortion_at_uneven_steps(points: int) -> None:
    """60 or 400 points a period, in a window of 5.3 of them."""
    t = uneven(0, 5.3e-3, points)
    signal = Signal(t, distorted(t))
    expected = math.hypot(0.01, 0.005)
    assert thd(signal, F0) == pytest.approx(100 * expected, rel=2e-3)
    assert thd_db(signal, F0) == pytest.approx(20 * math.log10(expected), abs=0.02)
    assert thd(signal, F0, 1) == pytest.approx(1, rel=2e-3)
    assert sfdr(signal, F0) == pytest.approx(40, abs=0.02)


def test_what_interpolation_leaves_is_as_the_module_says() -> None:
    """A pure tone of 50 points a period, at steps that differ by a factor of five."""
    t = np.append(0, np.cumsum(np.random.default_rng(0).uniform(0.3, 1.7, 499)))
    t *= 10e-3 / t[-1]
    pure = Signal(t, np.cos(2 * np.pi * F0 * t))
    assert thd_db(pure, F0) < -110
    assert sndr(pure, F0) > 100
    assert thd_db(pure, F0, interpolation="linear") > -80
    assert sndr(pure, F0, interpolation="linear") < 60


def test_points_that_nearly_coincide_do_no_harm() -> None:
    t = np.sort(np.concatenate([uneven(0, 5e-3, 2000), uneven(0, 5e-3, 2000)[::50] + 1e-17]))
    assert thd(Signal(t, distorted(t)), F0) == pytest.approx(
        100 * math.hypot(0.01, 0.005), rel=1e-3
    )


def samples(size: int, periods: int, bits: int | None = None, noise: float = 0) -> Signal:
    """Return the held output of an ideal converter at 1 MHz: a tone of full scale, from -1 to 1."""
    generator = np.random.default_rng(3)
    k = np.arange(size + 1)
    y = np.sin(2 * np.pi * periods * k / size + 0.1) + noise * generator.standard_normal(size + 1)
    if bits:
        y = np.round(y * 2 ** (bits - 1)) / 2 ** (bits - 1)
    t = np.repeat(k * 1e-6, 2)[:-1] + np.tile([2e-8, 0.99e-6], size + 1)[:-1]
    return Signal(t, np.repeat(y, 2)[:-1])


def test_an_ideal_converter_has_its_bits() -> None:
    size, periods = 4096, 127
    held = samples(size, periods, bits=10)
    f0 = periods / size * 1e6
    options = {"fs": 1e6, "start": 5e-7, "interpolation": "linear"}
    assert enob(held, f0, **options) == pytest.approx(10, abs=0.1)  # type: ignore[arg-type]
    assert sndr(held, f0, **options) == pytest.approx(61.96, abs=0.6)  # type: ignore[arg-type]
    assert snr(held, f0, **options) >= sndr(held, f0, **options)  # type: ignore[arg-type]


def test_noise_of_known_power() -> None:
    size, periods = 8192, 127
    noisy = samples(size, periods, noise=0.01)
    found = snr(noisy, periods / size * 1e6, fs=1e6, start=5e-7, interpolation="linear")
    assert found == pytest.approx(10 * math.log10(0.5 / 0.01**2), abs=0.2)


def test_harmonics_beyond_half_the_rate_are_folded() -> None:
    """127 periods in 512 samples: the third harmonic, 381, is seen at 131."""
    k = np.arange(513)
    w = 2 * np.pi * 127 * k / 512
    signal = Signal(k * 1e-6, np.cos(w) + 0.01 * np.cos(3 * w))
    assert thd(signal, 127 / 512 * 1e6, fs=1e6) == pytest.approx(1, rel=1e-6)


def test_the_longest_coherent_record_is_found() -> None:
    """Of 1,100 samples at 1 MHz 1,000 hold a whole number of periods of 13 kHz."""
    t = np.arange(1100) * 1e-6
    signal = Signal(t, np.cos(2 * np.pi * 13e3 * t) + 0.001 * np.cos(2 * np.pi * 26e3 * t))
    assert thd(signal, 13e3, fs=1e6) == pytest.approx(0.1, rel=1e-6)


def test_sampling_that_is_not_coherent_is_refused_with_what_would_do() -> None:
    t = np.arange(1001) * 1e-6
    with pytest.raises(NotTaken, match=r"not sampled coherently: .* f0 = 13000 would do"):
        sndr(Signal(t, np.cos(2 * np.pi * 13.1234567e3 * t)), 13.1234567e3, fs=1e6)


def test_less_than_a_period_is_refused() -> None:
    t = np.linspace(0, 0.9e-3, 100)
    with pytest.raises(NotTaken, match=r"lasts for 0.9 periods of 1000 Hz, fewer than one"):
        thd(Signal(t, np.sin(2 * np.pi * F0 * t)), F0)


def test_a_spectrum_is_of_time() -> None:
    with pytest.raises(Misuse, match="over frequency, must be over time"):
        thd(Signal([1, 2], [0, 1], "frequency"), F0)
    with pytest.raises(Misuse, match="must be below half of fs"):
        thd(Signal([0, 1], [0, 1]), 600, fs=1000)


def test_no_tone_has_no_distortion() -> None:
    with pytest.raises(NotTaken, match="no tone at f0"):
        thd(Signal(np.linspace(0, 1e-3, 50), np.zeros(50)), F0)
