"""Reflection, stability, intercept and compression in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.rf import (
    compression_point,
    oip3,
    reflection,
    return_loss,
    stability_factor,
    vswr,
)
from snakespice.measures.signal import NotTaken, Signal

F = np.array([1e9, 2e9, 3e9])


def constant(value: complex) -> Signal:
    return Signal(F, np.full(3, value, dtype=complex), "frequency")


def test_reflection_of_an_impedance() -> None:
    twice = reflection(constant(100))
    assert np.allclose(twice.y, 1 / 3)
    assert vswr(twice, 2e9) == pytest.approx(2)
    assert return_loss(twice, 2e9) == pytest.approx(20 * math.log10(3))
    assert return_loss(reflection(constant(75 + 25j), 75), 1e9) == pytest.approx(
        -20 * math.log10(abs(25j / (150 + 25j)))
    )


def test_what_is_reflected_whole_or_not_at_all() -> None:
    with pytest.raises(NotTaken, match="nothing is reflected"):
        return_loss(reflection(constant(50)), 1e9)
    with pytest.raises(NotTaken, match="not below 1"):
        vswr(reflection(constant(50j)), 1e9)


def test_stability_of_an_attenuator_and_of_an_amplifier() -> None:
    """A matched attenuator of a factor a has K = (1 + a^4) / (2 a²)."""
    zero, a = constant(0), 0.5
    found = stability_factor(zero, constant(a), constant(a), zero)
    assert found == pytest.approx((1 + a**4) / (2 * a**2))
    s = {"s11": 0.8, "s12": 0.05, "s21": 4.0, "s22": 0.7}
    determinant = s["s11"] * s["s22"] - s["s12"] * s["s21"]
    expected = (1 - 0.64 - 0.49 + determinant**2) / (2 * 0.2)
    assert stability_factor(**{n: constant(v) for n, v in s.items()}) == pytest.approx(expected)


def test_intercept_of_a_cubic() -> None:
    """Of y = a x + b x³ each product has 3/4 b A³, and they meet at A² = 4 a / (3 |b|)."""
    a, b, amplitude = 10.0, -0.5, 0.01
    t = np.linspace(0, 1e-6, 40_001)
    x = amplitude * (np.cos(2 * np.pi * 100e6 * t) + np.cos(2 * np.pi * 101e6 * t))
    intercept = a * math.sqrt(4 * a / (3 * abs(b)))
    expected = 10 * math.log10(intercept**2 / 100 / 1e-3)
    assert oip3(Signal(t, a * x + b * x**3), 100e6, 101e6) == pytest.approx(expected, abs=0.01)
    with pytest.raises(NotTaken, match=r"0.75 periods of f2 - f1"):
        oip3(Signal(t[:30_001], x[:30_001]), 100e6, 101e6)


def test_compression_of_an_amplifier() -> None:
    """Gain 20 dB, and its output power falls by 1 dB where the input has 0 dBm."""
    level = np.linspace(-40, 10, 501)
    gain = 20 - 1.0 * 10 ** (level / 10)
    output = Signal(level, level + gain, "v-sweep")
    assert compression_point(output) == pytest.approx(0, abs=0.01)
    with pytest.raises(NotTaken, match="rises through 1 never"):
        compression_point(output[:300])


def test_scikit_rf_says_the_same() -> None:
    skrf = pytest.importorskip("skrf")
    generator = np.random.default_rng(4)
    values = 0.2 * (
        generator.standard_normal((3, 2, 2)) + 1j * generator.standard_normal((3, 2, 2))
    )
    network = skrf.Network(frequency=skrf.Frequency.from_f(F, unit="hz"), s=values)
    s = [[Signal(F, values[:, i, j], "frequency") for j in (0, 1)] for i in (0, 1)]
    assert stability_factor(s[0][0], s[0][1], s[1][0], s[1][1]) == pytest.approx(
        network.stability.min()
    )
    assert vswr(s[0][0], 2e9) == pytest.approx(network.s_vswr[1, 0, 0])
