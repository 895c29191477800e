"""Periods, jitter, eyes, set-up and hold, of edges whose times are given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.clocks import (
    cycle_jitter,
    duty_cycle,
    eye_height,
    eye_width,
    frequency,
    hold_time,
    period,
    period_jitter,
    period_jitter_pp,
    pulse_width,
    setup_time,
    time_interval_error,
    time_interval_error_pp,
)
from snakespice.measures.signal import NotTaken, Signal

EDGE = 0.01


def clock(rises: np.ndarray, falls: np.ndarray) -> Signal:
    """Return a clock from 0 to 1 that is half-way up and down at these times."""
    times, values = [min(rises[0], falls[0]) - 1.0], [float(falls[0] < rises[0])]
    for time, end in sorted([*((t, 1.0) for t in rises), *((t, 0.0) for t in falls)]):
        times += [time - EDGE / 2, time + EDGE / 2]
        values += [1 - end, end]
    return Signal([*times, times[-1] + 0.3], [*values, values[-1]])


STEADY = clock(np.arange(1, 11), np.arange(1, 11) + 0.3)
OFFSETS = np.array([0, 0.02, -0.01, 0.03, 0, -0.02, 0.01, 0, 0.02, -0.03])
SHAKY = clock(np.arange(1, 11) + OFFSETS, np.arange(1, 11) + 0.5)


def test_period_frequency_and_duty() -> None:
    assert period(STEADY) == pytest.approx(1)
    assert frequency(STEADY, edge="fall") == pytest.approx(1)
    assert duty_cycle(STEADY) == pytest.approx(30)
    assert pulse_width(STEADY) == pytest.approx(0.3)
    assert pulse_width(STEADY, polarity="low", n=-1) == pytest.approx(0.7)


def test_period_of_a_sine() -> None:
    t = np.linspace(0, 5.2, 5001)
    sine = Signal(t, np.sin(2 * np.pi * t))
    assert frequency(sine, 0) == pytest.approx(1, rel=1e-6)
    assert duty_cycle(sine, 0) == pytest.approx(50, rel=1e-4)


def test_fewer_than_two_periods_have_no_period() -> None:
    short = clock(np.array([1, 2]), np.array([1.5, 2.5]))
    for measure in (period, frequency, duty_cycle, period_jitter, cycle_jitter):
        with pytest.raises(NotTaken, match="2 times; 3 are needed"):
            measure(short)
    with pytest.raises(NotTaken, match="has 2 whole pulses, not 3"):
        pulse_width(short, n=3)


def test_noise_makes_no_edges() -> None:
    generator = np.random.default_rng(1)
    t = np.linspace(0, 10, 20_001)
    noisy = Signal(t, np.sin(2 * np.pi * t) + 0.05 * generator.standard_normal(t.size))
    assert period(noisy) == pytest.approx(1, rel=0.01)


def test_jitter_is_that_of_the_edges() -> None:
    periods = 1 + np.diff(OFFSETS)
    assert period_jitter(SHAKY) == pytest.approx(np.std(periods, ddof=1))
    assert period_jitter_pp(SHAKY) == pytest.approx(np.ptp(periods))
    assert cycle_jitter(SHAKY) == pytest.approx(math.sqrt(np.mean(np.diff(periods) ** 2)))
    assert period_jitter(STEADY) == pytest.approx(0, abs=1e-12)


def test_interval_error_against_the_best_clock_or_a_given_one() -> None:
    assert time_interval_error(SHAKY, 1.0) == pytest.approx(np.std(OFFSETS))
    assert time_interval_error_pp(SHAKY, 1.0) == pytest.approx(np.ptp(OFFSETS))
    line = np.polyval(np.polyfit(np.arange(10), OFFSETS, 1), np.arange(10))
    assert time_interval_error(SHAKY) == pytest.approx(np.std(OFFSETS - line))


BITS = [0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1]


def data(shift: float = 0.0, droop: float = 0.0) -> Signal:
    """Return bits of 1 s; edges to ones are `shift` late, zeros lie `droop` up."""
    times, values = [0.0], [droop]
    for place in range(1, len(BITS)):
        if BITS[place] != BITS[place - 1]:
            at = place + shift * BITS[place]
            times += [at - EDGE / 2, at + EDGE / 2]
            values += [BITS[place - 1] or droop, BITS[place] or droop]
    return Signal([*times, float(len(BITS))], [*values, values[-1]])


def test_eye_is_open_by_what_is_between_ones_and_zeros() -> None:
    assert eye_height(data(droop=0.25), 1) == pytest.approx(0.75)
    assert eye_height(data(), 1, 0.5, width=0.3) < 0.01  # looked at where the bits change
    assert eye_width(data(), 1) == pytest.approx(1)
    assert eye_width(data(0.2), 1) == pytest.approx(0.8)


def test_no_eye_of_what_never_changes() -> None:
    with pytest.raises(NotTaken, match="only zeros"):
        eye_height(Signal([0, 3, 3.1, 3.3], [0, 0, 1, 1]), 1)
    with pytest.raises(NotTaken, match="no whole interval"):
        eye_height(data(), 20)
    with pytest.raises(NotTaken, match=r"crosses 0.5 1 times"):
        eye_width(Signal([0, 1, 1.1, 2], [0, 0, 1, 1]), 1)


def test_setup_and_hold_are_the_shortest() -> None:
    latch = clock(np.arange(1, 12) + 0.6, np.arange(1, 12) + 0.9)
    assert setup_time(data(0.2), latch) == pytest.approx(0.4)
    assert hold_time(data(0.2), latch) == pytest.approx(0.4)
    still = Signal([0, 20, 20.1, 40], [0, 0, 1, 1])
    with pytest.raises(NotTaken, match="does not change before"):
        setup_time(still, latch)
