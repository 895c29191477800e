"""Linearity of converters with errors that are put in."""

from __future__ import annotations

import numpy as np
import pytest

from snakespice.measures.library.converters import (
    adc_dnl,
    adc_inl,
    dac_dnl,
    dac_inl,
    missing_codes,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal


def dac(levels: list[float]) -> Signal:
    return Signal(np.arange(len(levels)), levels, "v-sweep")


def adc(thresholds: list[float], first: int = 0, slope: float = 1e-6) -> Signal:
    """Return the code over an input from 0 to 8 that changes at these thresholds."""
    x, y = [0.0], [float(first)]
    for place, threshold in enumerate(thresholds):
        x += [threshold - slope / 2, threshold + slope / 2]
        y += [first + place, first + place + 1.0]
    return Signal([*x, 8.0], [*y, y[-1]], "v-sweep")


def test_an_ideal_converter_has_no_error() -> None:
    assert dac_inl(dac([0.1 * k for k in range(16)])) == pytest.approx(0, abs=1e-12)
    assert dac_dnl(dac([-0.1 * k for k in range(16)])) == pytest.approx(0, abs=1e-12)
    ideal = adc([0.5 + k for k in range(7)])
    assert adc_inl(ideal) == pytest.approx(0, abs=1e-6)
    assert adc_dnl(ideal) == pytest.approx(0, abs=1e-6)
    assert missing_codes(ideal) == 0


def test_one_step_that_is_too_large() -> None:
    """Steps 1 1 2 1 1: an LSB is 1.2, so the large one is 2/3 LSB too large."""
    levels = [0.0, 1, 2, 4, 5, 6]
    assert dac_dnl(dac(levels)) == pytest.approx(2 / 1.2 - 1)
    assert dac_inl(dac(levels)) == pytest.approx(0.4 / 1.2)
    slope, start = np.polyfit(range(6), levels, 1)
    expected = np.abs(levels - (start + slope * np.arange(6))).max() / slope
    assert dac_inl(dac(levels), "best") == pytest.approx(expected)
    assert dac_inl(dac(levels), "best") < dac_inl(dac(levels))


def test_the_widths_of_codes() -> None:
    """Codes 1 to 6 have the widths 1 1 0.5 1.5 1 1."""
    wrong = adc([0.5, 1.5, 2.5, 3.0, 4.5, 5.5, 6.5])
    assert adc_dnl(wrong) == pytest.approx(0.5, abs=1e-5)
    assert adc_inl(wrong) == pytest.approx(0.5, abs=1e-5)
    assert adc_dnl(adc([0.5, 1.5, 2.5, 3.0, 4.5, 5.5, 6.5], first=-4)) == pytest.approx(
        0.5, abs=1e-5
    )


def test_a_missing_code() -> None:
    missing = adc([0.5, 1.5, 2.5, 2.5 + 1e-6, 4.5, 5.5, 6.5])
    assert adc_dnl(missing) == pytest.approx(1, abs=1e-4)
    jump = Signal([0, 1, 1, 2, 2, 3, 3, 4], [0, 0, 1, 1, 3, 3, 4, 4], "v-sweep")
    assert missing_codes(jump) == 1


def test_a_converter_that_goes_back() -> None:
    """Codes 0 1 2 1 2 3 4: what 1 has in two pieces counts together."""
    x = [0, 1, 1, 1.75, 1.75, 2, 2, 2.25, 2.25, 3, 3, 4, 4, 5]
    y = [0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4]
    assert adc_dnl(Signal(x, y, "v-sweep")) == pytest.approx(0, abs=1e-12)


def test_what_is_no_converter() -> None:
    with pytest.raises(NotTaken, match="fewer than two between"):
        adc_inl(adc([1.0]))
    with pytest.raises(Misuse, match="that is no code"):
        adc_inl(Signal([0, 1], [0, 1e9], "v-sweep"))
    with pytest.raises(NotTaken, match="all levels are the same"):
        dac_inl(dac([1.0, 1, 1]))
