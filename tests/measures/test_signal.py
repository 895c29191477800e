"""Signals: what is computed with them, and with which it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from snakespice.measures.library.waveforms import axis as axis_of
from snakespice.measures.library.waveforms import (
    clip,
    db,
    derivative,
    group_delay,
    mag,
    phase,
    resample,
    running_integral,
    window,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal

A = Signal([0, 1, 2], [1, 2, 3], name="a")
B = Signal([0, 1, 2], [4, 5, 6], name="b")


def test_arithmetic_goes_point_by_point() -> None:
    assert np.array_equal((A + B * 2 - 1).y, [8, 11, 14])
    assert np.array_equal((2 / A).y, [2, 1, 2 / 3])
    assert np.array_equal((2**A).y, [2, 4, 8])
    assert np.array_equal((3 - A).y, [2, 1, 0])
    assert np.array_equal((-A).y, [-1, -2, -3])
    assert np.array_equal((A > 1.5).y, [0, 1, 1])
    assert np.array_equal((A == 2).y, [0, 1, 0])
    assert np.array_equal(np.sin(A), np.sin([1, 2, 3]))


@pytest.mark.parametrize(
    "other",
    [
        Signal([0, 1, 3], [1, 2, 3], name="c"),
        Signal([0, 1], [1, 2], name="c"),
        Signal([0, 1, 2], [1, 2, 3], "frequency", "c"),
    ],
)
def test_signals_of_other_points_are_not_computed_with(other: Signal) -> None:
    with pytest.raises(Misuse, match=r"a \+ c: a has 3 points of time .*resample"):
        A + other


def test_resample_brings_them_together() -> None:
    half = Signal([0, 0.5, 1.5], [0, 0, 0])
    assert np.array_equal((resample(A, half) + half).y, [1, 1.5, 2.5])
    with pytest.raises(NotTaken, match="not at time 3 s"):
        resample(A, Signal([0, 3], [0, 0]))


def test_window_has_points_at_its_ends() -> None:
    part = window(A, 0.5, 1.5)
    assert np.array_equal(part.x, [0.5, 1, 1.5])
    assert np.array_equal(part.y, [1.5, 2, 2.5])
    assert len(window(A)) == 3
    with pytest.raises(Misuse, match="no interval"):
        window(A, 2, 1)


def test_complex_signals_have_parts() -> None:
    signal = Signal([1, 10], [1j, -10], "frequency")
    assert np.array_equal(mag(signal).y, [1, 10])  # type: ignore[union-attr]
    assert np.array_equal(db(signal).y, [0, 20])  # type: ignore[union-attr]
    assert np.array_equal(phase(signal).y, [90, 180])  # type: ignore[union-attr]
    with pytest.raises(Misuse, match="is complex"):
        signal > 1  # noqa: B015
    with pytest.raises(Misuse, match="is real"):
        group_delay(Signal([1, 2], [1, 2], "frequency"))


def test_numbers_stay_numbers() -> None:
    assert db(10) == 20
    assert phase(-1) == 180
    assert mag(3 + 4j) == 5  # type: ignore[arg-type]
    assert clip(7, 0, 5) == 5


def test_derivative_and_integral_undo_one_another() -> None:
    x = np.sort(np.random.default_rng(1).uniform(0, 1, 2000))
    parabola = Signal(x, x**2)
    assert np.allclose(derivative(parabola).y, 2 * x)
    assert np.allclose(running_integral(axis_of(parabola)).y, (x**2 - x[0] ** 2) / 2)


def test_a_jump_has_no_slope_of_its_own() -> None:
    jump = Signal([0, 1, 2, 2, 3, 4], [0, 0, 0, 5, 5, 5])
    assert np.isfinite(derivative(jump).y).all()


def test_values_and_points_must_match() -> None:
    with pytest.raises(Misuse):
        Signal([1, 2], [1])
    with pytest.raises(Misuse):
        Signal([], [])
