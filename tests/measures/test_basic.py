"""Extremes, values, means, integrals, crossings and delays, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.basic import (
    average,
    crossing,
    crossing_count,
    delay,
    derivative_at,
    first,
    integral,
    last,
    maximum,
    minimum,
    peak_to_peak,
    rms,
    value_at,
    value_when,
    x_of_maximum,
    x_of_minimum,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal

TRIANGLE = Signal([0, 1, 3, 4], [0, 2, -2, 0])


def uneven_sine(periods: float = 1, points: int = 4001) -> Signal:
    """Return sin(2 pi t) at points that lie ten times as near to one another in places."""
    u = np.linspace(0, 1, points)
    t = periods * (u + 0.14 * np.sin(2 * np.pi * u))
    return Signal(t, np.sin(2 * np.pi * t))


def test_extremes() -> None:
    assert (minimum(TRIANGLE), maximum(TRIANGLE), peak_to_peak(TRIANGLE)) == (-2, 2, 4)
    assert (x_of_minimum(TRIANGLE), x_of_maximum(TRIANGLE)) == (3, 1)
    assert (first(TRIANGLE), last(TRIANGLE)) == (0, 0)


def test_value_lies_on_the_line_between_two_points() -> None:
    assert value_at(TRIANGLE, 0.25) == 0.5
    assert value_at(TRIANGLE, 4) == 0
    with pytest.raises(NotTaken, match=r"known from 0 to 4, not at time 4.1 s"):
        value_at(TRIANGLE, 4.1)


def test_value_when_another_signal_crosses() -> None:
    ramp = Signal([0, 4], [0, 8])
    assert value_when(ramp, TRIANGLE, 0, edge="fall") == 4
    with pytest.raises(NotTaken, match="crosses 3 never"):
        value_when(ramp, TRIANGLE, 3)


def test_means_weigh_by_length_and_not_by_points() -> None:
    """A mean of the points of this would be 0.91, as nearly all are in its first part."""
    points = np.concatenate([np.linspace(0, 0.1, 100), [0.1, 1.0]])
    signal = Signal(points, np.where(np.arange(102) < 100, 1.0, 0.0))
    assert average(signal) == pytest.approx(0.1)
    assert rms(signal) == pytest.approx(math.sqrt(0.1))


def test_means_of_a_sine_at_uneven_steps() -> None:
    sine = uneven_sine(3)
    assert average(sine) == pytest.approx(0, abs=1e-8)
    assert rms(sine) == pytest.approx(math.sqrt(0.5), rel=1e-5)
    assert average(abs(sine)) == pytest.approx(2 / math.pi, rel=1e-4)


def test_rms_and_integral_of_lines_are_exact() -> None:
    assert rms(TRIANGLE) == pytest.approx(math.sqrt(4 / 3), rel=1e-15)
    assert integral(Signal([0, 1, 3], [1, 3, 3])) == 8


def test_a_mean_of_one_point_is_none() -> None:
    with pytest.raises(NotTaken, match="no more than one point"):
        average(Signal([1], [2]))
    with pytest.raises(Misuse, match="operating point"):
        average(Signal([0], [2], "point"))


def test_slope_of_a_parabola_is_exact_at_uneven_steps() -> None:
    x = np.array([0, 0.1, 0.5, 0.6, 2])
    assert derivative_at(Signal(x, x**2), 1.3) == pytest.approx(2.6)


def test_crossings_are_counted_from_both_ends() -> None:
    sine = uneven_sine(3)
    assert crossing(sine, 0.5) == pytest.approx(1 / 12, abs=1e-6)
    assert crossing(sine, 0.5, 3) == pytest.approx(1 + 1 / 12, abs=1e-6)
    assert crossing(sine, 0.5, 2, edge="fall") == pytest.approx(1 + 5 / 12, abs=1e-6)
    assert crossing(sine, 0.5, -1) == pytest.approx(2 + 5 / 12, abs=1e-6)
    assert crossing_count(sine, 0.5) == 6
    assert crossing_count(sine, 0.5, edge="rise") == 3
    assert crossing_count(sine, 2) == 0


def test_a_level_that_is_only_touched_is_reached_and_left() -> None:
    touches = Signal([0, 1, 2, 3, 4], [0, 1, 1, 0, 0.5])
    assert [crossing(touches, 1, n) for n in (1, 2)] == [1, 2]


def test_what_is_not_crossed_has_no_crossing() -> None:
    with pytest.raises(NotTaken, match="rises through 0 once, not 2 times"):
        crossing(Signal([0, 1], [-1, 1]), 0, 2, edge="rise")
    with pytest.raises(NotTaken, match="falls through 5 never"):
        crossing(TRIANGLE, 5, edge="fall")
    with pytest.raises(Misuse, match="n is 0"):
        crossing(TRIANGLE, 0, 0)


def test_noise_on_an_edge_is_one_crossing_with_hysteresis() -> None:
    """The edge goes up by 1 in 1 s, with teeth of 0.1."""
    t = np.linspace(0, 1, 101)
    edge = Signal(t, t + 0.1 * (-1) ** np.arange(101))
    assert crossing_count(edge, 0.5) > 5
    assert crossing_count(edge, 0.5, hysteresis=0.5) == 1
    assert crossing(edge, 0.5, hysteresis=0.5) == pytest.approx(0.5, abs=0.11)


def test_delay_between_crossings() -> None:
    sine, late = uneven_sine(3), Signal([0, 1.5, 3], [0, 0, 1])
    assert delay(sine, late, 0.5, 0.5, trigger_edge="rise", trigger_n=2) == pytest.approx(
        2.25 - 13 / 12, abs=1e-6
    )
    with pytest.raises(Misuse, match="over frequency, must be over time"):
        delay(sine, Signal([1, 2], [0, 1], "frequency"), 0.5)


def test_nan_is_no_number() -> None:
    with pytest.raises(NotTaken, match="is nan at time 1"):
        average(Signal([0, 1, 2], [1, np.nan, 1]))
    with pytest.raises(NotTaken, match="is inf at time 2"):
        maximum(Signal([0, 1, 2], [1, 1, np.inf]))


def test_complex_values_have_no_order() -> None:
    with pytest.raises(Misuse, match="is complex: take mag"):
        maximum(Signal([0, 1], [1j, 2]))
