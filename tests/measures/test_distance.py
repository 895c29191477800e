"""Distances of lines from lines, exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snakespice.measures.library.distance import (
    distance_l1,
    distance_max,
    distance_rms,
    tube_excess,
)
from snakespice.measures.signal import Misuse, NotTaken, Signal

FLAT = Signal([0, 4], [1, 1])
RAMP = Signal([0, 1, 2], [0, 1, 2])


def test_distances_count_where_both_are_known() -> None:
    assert distance_max(RAMP, FLAT) == 1
    assert distance_l1(RAMP, FLAT) == pytest.approx(0.5)
    assert distance_rms(RAMP, FLAT) == pytest.approx(math.sqrt(1 / 3))
    assert distance_l1(Signal([0, 2], [0, 2]), FLAT) == pytest.approx(0.5)  # crosses between points


def test_a_waveform_has_no_distance_from_itself_at_other_points() -> None:
    t = np.linspace(0, 2, 33)
    assert distance_max(Signal(t, t), RAMP) == 0
    assert tube_excess(Signal(t, t), RAMP) == 0


def test_tube() -> None:
    assert tube_excess(RAMP, FLAT, 1) == 0
    assert tube_excess(RAMP, FLAT, 0.75) == pytest.approx(0.25)
    assert tube_excess(RAMP, FLAT, 0.5, relative=0.25) == pytest.approx(0.25)


def test_tube_allows_an_edge_to_be_late() -> None:
    """An edge that comes 0.2 late leaves a tube without that shift by its whole height."""
    edge = Signal([0, 1, 1.1, 3], [0, 0, 1, 1])
    late = Signal([0, 1.2, 1.3, 3], [0, 0, 1, 1])
    assert tube_excess(late, edge, 0.01) == pytest.approx(0.99)
    assert tube_excess(late, edge, 0.01, shift=0.21) <= 0
    assert tube_excess(late, edge, 0.01, shift=0.15) == pytest.approx(0.49)


def test_nothing_in_common() -> None:
    with pytest.raises(NotTaken, match="no part of the axis in common"):
        distance_max(RAMP, Signal([2, 3], [1, 1]))
    with pytest.raises(Misuse, match="over frequency, must be over time"):
        distance_max(RAMP, Signal([0, 1], [1, 1], "frequency"))
