"""Noise densities of white and 1/f noise in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.noise import noise_at, noise_rms, noise_share
from snakespice.measures.signal import Misuse, NotTaken, Signal


def density(values: np.ndarray, f: np.ndarray) -> Signal:
    return Signal(f, values, "frequency", "onoise_spectrum")


def test_spot_noise_lies_on_the_line_of_logarithms() -> None:
    f = np.array([1.0, 100.0])
    assert noise_at(density(1e-6 / np.sqrt(f), f), 10) == pytest.approx(1e-6 / math.sqrt(10))


@pytest.mark.parametrize("points", [2, 3, 50])
def test_white_and_flicker_noise_are_exact_however_few_points(points: int) -> None:
    f = np.geomspace(10, 1e6, points)
    assert noise_rms(density(np.full(points, 4e-9), f)) == pytest.approx(4e-9 * math.sqrt(1e6 - 10))
    flicker = density(1e-6 / np.sqrt(f), f)
    assert noise_rms(flicker) == pytest.approx(1e-6 * math.sqrt(math.log(1e5)))
    assert noise_rms(flicker, 100, 1e4) == pytest.approx(1e-6 * math.sqrt(math.log(100)))


def test_noise_of_a_low_pass() -> None:
    """kT/C: white noise behind a pole has the bandwidth pi/2 of it."""
    f = np.geomspace(1, 1e9, 901)
    behind = density(4e-9 / np.sqrt(1 + (f / 1e4) ** 2), f)
    assert noise_rms(behind) == pytest.approx(4e-9 * math.sqrt(math.pi / 2 * 1e4), rel=1e-3)


def test_share_of_a_device() -> None:
    f = np.array([1.0, 10, 100])
    total = density(np.full(3, 5e-9), f)
    assert noise_share(density(np.full(3, 3e-9), f), total) == pytest.approx(36)
    assert noise_share(density(np.zeros(3), f), total) == 0


def test_noise_outside_of_the_analysis_is_unknown() -> None:
    f = np.array([1.0, 10])
    with pytest.raises(NotTaken, match="known from 1 to 10, not at frequency 100 Hz"):
        noise_rms(density(np.ones(2), f), 1, 100)
    with pytest.raises(NotTaken, match="not above 0"):
        noise_at(density(np.array([1.0, 0]), f), 2)
    with pytest.raises(Misuse, match="must be over frequency"):
        noise_rms(Signal(f, f))
