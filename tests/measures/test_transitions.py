"""Transitions and steps, against first and second order systems in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.transitions import (
    droop,
    fall_time,
    high_level,
    low_level,
    max_slope,
    overshoot,
    preshoot,
    recovery_time,
    rise_time,
    settling_time,
    slew_rate,
    undershoot,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal

ZETA, OMEGA = 0.2, 2 * math.pi


def exponential(tau: float = 1.0, stop: float = 20.0) -> Signal:
    """Return 1 - exp(-t/tau), at points that lie near at the beginning."""
    t = np.concatenate([[0], np.geomspace(1e-4, stop, 20_000)])
    return Signal(t, 1 - np.exp(-t / tau))


def ringing(stop: float = 12.0) -> Signal:
    """Return the step response of a second order system."""
    t = np.linspace(0, stop, 200_001)
    damped = OMEGA * math.sqrt(1 - ZETA**2)
    decay = np.exp(-ZETA * OMEGA * t)
    return Signal(t, 1 - decay * (np.cos(damped * t) + ZETA * OMEGA / damped * np.sin(damped * t)))


PULSES = Signal(
    [0, 1, 1.1, 2, 2.2, 3, 3.1, 4, 4.4, 5], [0.5, 0.5, 3.5, 3.5, 0.5, 0.5, 3.5, 3.5, 0.5, 0.5]
)


def test_states_are_those_at_which_the_signal_stays() -> None:
    assert (low_level(PULSES), high_level(PULSES)) == (0.5, 3.5)


def test_states_are_not_moved_by_overshoot() -> None:
    spiky = Signal([0, 1, 1.01, 1.02, 1.03, 2, 3], [0, 0, 1.4, 1.4, 1, 1, 1])
    assert high_level(spiky) == pytest.approx(1, abs=0.01)


def test_a_constant_has_no_states() -> None:
    with pytest.raises(NotTaken, match="it has no two states"):
        low_level(Signal([0, 1], [1, 1]))


def test_rise_and_fall_of_pulses() -> None:
    assert rise_time(PULSES) == pytest.approx(0.08)
    assert rise_time(PULSES, lower=0.2, upper=0.8) == pytest.approx(0.06)
    assert fall_time(PULSES) == pytest.approx(0.16)
    assert fall_time(PULSES, n=2) == pytest.approx(0.32)
    assert fall_time(PULSES, n=-1) == pytest.approx(0.32)
    assert slew_rate(PULSES) == pytest.approx(30)
    assert slew_rate(PULSES, edge="fall") == pytest.approx(-15)
    assert max_slope(PULSES) == pytest.approx(30)


def test_rise_of_an_exponential() -> None:
    assert rise_time(exponential(2), 0, 1) == pytest.approx(2 * math.log(9), rel=1e-6)


def test_a_rise_begins_where_the_lower_level_is_left_for_good() -> None:
    dips = Signal([0, 1, 2, 3, 4, 9], [0, 0.2, 0.05, 0.5, 1, 1])
    assert rise_time(dips, 0, 1) == pytest.approx(3.8 - (2 + 0.05 / 0.45))


def test_what_does_not_rise_has_no_rise_time() -> None:
    with pytest.raises(NotTaken, match=r"has 2 whole rises from 0.8 to 3.2, not 3"):
        rise_time(PULSES, n=3)
    with pytest.raises(NotTaken, match="0 whole falls"):
        fall_time(exponential())
    with pytest.raises(Misuse, match="must be fractions"):
        rise_time(PULSES, lower=10, upper=90)


def test_overshoot_of_a_second_order_system() -> None:
    expected = math.exp(-math.pi * ZETA / math.sqrt(1 - ZETA**2))
    assert overshoot(ringing(), final=1) == pytest.approx(100 * expected, rel=1e-6)
    assert undershoot(ringing(), final=1) == pytest.approx(100 * expected**2, rel=1e-6)
    assert overshoot(-ringing(), 0, -1) == pytest.approx(100 * expected, rel=1e-6)
    assert overshoot(exponential()) == 0


def test_preshoot_is_what_goes_the_wrong_way_first() -> None:
    signal = Signal([0, 1, 1.5, 2, 3], [0, -0.25, 2, 2, 2])
    assert preshoot(signal) == pytest.approx(12.5)


def test_an_overshoot_beyond_what_is_never_reached_is_none() -> None:
    with pytest.raises(NotTaken, match="never reaches its final value, 2"):
        overshoot(exponential(), final=2)
    with pytest.raises(NotTaken, match="is not settled"):
        overshoot(ringing(1.2))


@pytest.mark.parametrize("band", [0.1, 0.01, 0.001])
def test_settling_of_an_exponential(band: float) -> None:
    assert settling_time(exponential(), band, final=1) == pytest.approx(-math.log(band), rel=1e-6)
    # The last value of 20 time constants is 2e-9 short.
    assert settling_time(exponential(), band) == pytest.approx(-math.log(band), rel=1e-5)


def test_settling_of_what_rings_is_the_last_exit() -> None:
    t = settling_time(ringing(), 0.02, final=1)
    signal = ringing()
    outside = np.abs(signal.y - 1) > 0.02
    assert t == pytest.approx(signal.x[np.flatnonzero(outside)[-1]], abs=1e-4)
    assert abs(np.interp(t, signal.x, signal.y) - 1) == pytest.approx(0.02, rel=1e-6)


def test_settling_counts_from_start() -> None:
    late = Signal(np.append(0, exponential().x + 3), np.append(0, exponential().y))
    assert settling_time(late, 0.01, start=3) == pytest.approx(math.log(100), rel=1e-4)
    assert settling_time(late, 0.01) == pytest.approx(3 + math.log(100), rel=1e-4)


@pytest.mark.parametrize("stop", [0.5, 1, 2, 3, 4, 4.6])
def test_a_window_that_ends_before_settling_gives_nothing(stop: float) -> None:
    """Neither the end of the window nor the time at which its last value was nearly reached."""
    with pytest.raises(NotTaken, match="is not settled"):
        settling_time(exponential(1, stop), 0.01)
    with pytest.raises(NotTaken, match="is not settled"):
        settling_time(exponential(1, stop), 0.01, final=1)


def test_no_step_does_not_settle() -> None:
    with pytest.raises(NotTaken, match="there is no step"):
        settling_time(Signal([0, 1, 2], [1, 2, 1]))


def test_droop_and_recovery_after_a_load_step() -> None:
    t = np.linspace(0, 10, 100_001)
    dip = np.where(t < 1, 0, 0.4 * (np.exp(-(t - 1)) - np.exp(-4 * (t - 1))))
    supply = Signal(t, 1.8 - dip)
    peak = math.log(4) / 3
    assert droop(supply, 1) == pytest.approx(
        0.4 * (math.exp(-peak) - math.exp(-4 * peak)), rel=1e-6
    )
    # The fast part is gone by then: 0.4 exp(-t) = 0.018.
    assert recovery_time(supply, 1, final=1.8) == pytest.approx(math.log(0.4 / 0.018), rel=1e-3)
    with pytest.raises(NotTaken, match="not settled"):
        recovery_time(Signal(t[:25_000], supply.y[:25_000]), 1)
