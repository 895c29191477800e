"""Intervals of 95 % hold 95 % of what they are made for: over 200 experiments each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from snakespice.draws.draws import Draws
from snakespice.draws.methods import METHODS
from snakespice.specs.intervals import (
    TAIL,
    Interval,
    clopper_pearson,
    confidence_sequence,
    distance_interval,
    draws_for_distance,
    draws_for_yield,
    jackknife_interval,
    sigma_interval,
    tail_at,
)

EXPERIMENTS = 200
FEWEST = 182  # of 200: fewer have a chance of 0.6 % if each covers with 95 %


def covered(made: Callable[[np.random.Generator], Interval], truth: float) -> int:
    """Count in how many experiments the truth lies in the interval."""
    rng = np.random.default_rng(16)
    intervals = [made(rng) for _ in range(EXPERIMENTS)]
    return sum(low <= truth <= high for low, high in intervals)


@pytest.mark.parametrize(("p", "n"), [(0.5, 40), (0.97, 300), (0.999, 500)])
def test_clopper_pearson_covers(p: float, n: int) -> None:
    assert covered(lambda rng: clopper_pearson(int(rng.binomial(n, p)), n), p) >= FEWEST


def test_both_intervals_are_those_of_the_design() -> None:
    assert clopper_pearson(982, 1000) == pytest.approx((0.972, 0.989), abs=5e-4)
    assert confidence_sequence(982, 1000) == pytest.approx((0.961, 0.994), abs=5e-4)


@pytest.mark.parametrize("passes", [0, 1, 50, 99, 100])
def test_intervals_hold_the_estimate_and_no_impossible_yield(passes: int) -> None:
    for within in (clopper_pearson(passes, 100), confidence_sequence(passes, 100)):
        assert 0 <= within.low <= passes / 100 <= within.high <= 1
    low, high = clopper_pearson(passes, 100)
    outer = confidence_sequence(passes, 100)
    assert outer.low <= low and high <= outer.high


def looks_outside(bounds: Callable[[int, int], Interval], p: float) -> int:
    """Count experiments in which, at some look every 50 draws up to 1000, the truth is outside."""
    rng = np.random.default_rng(16)
    outside = 0
    for _ in range(EXPERIMENTS):
        passes = np.cumsum(rng.random(1000) < p)
        looks = [bounds(int(passes[n - 1]), n) for n in range(50, 1001, 50)]
        outside += any(not low <= p <= high for low, high in looks)
    return outside


def test_only_the_confidence_sequence_holds_at_every_look() -> None:
    assert looks_outside(confidence_sequence, 0.95) <= EXPERIMENTS - FEWEST
    assert looks_outside(clopper_pearson, 0.95) > 1.5 * (EXPERIMENTS - FEWEST)


@pytest.mark.parametrize("n", [8, 50, 500])
@pytest.mark.parametrize("mean", [0.0, 0.3, 2.0])
def test_the_distance_of_the_nearer_limit_is_covered(n: int, mean: float) -> None:
    limit = 4.0  # on both sides; sigma is 1

    def made(rng: np.random.Generator) -> Interval:
        values = rng.normal(mean, 1, n)
        sigma = values.std(ddof=1)
        estimate = min((limit - values.mean()) / sigma, (values.mean() + limit) / sigma)
        return distance_interval(float(estimate), n, sides=2)

    assert covered(made, limit - mean) >= FEWEST


@pytest.mark.parametrize(("n", "distance"), [(2, 1.0), (5, 3.0), (30, -0.5), (200, 3.0)])
def test_the_distance_of_one_limit_is_noncentral_t(n: int, distance: float) -> None:
    low, high = distance_interval(distance, n)
    t = np.sqrt(n) * distance
    assert stats.nct.cdf(t, n - 1, np.sqrt(n) * low) == pytest.approx(1 - TAIL, abs=1e-4)
    assert stats.nct.cdf(t, n - 1, np.sqrt(n) * high) == pytest.approx(TAIL, abs=1e-4)


def test_the_distance_of_a_million_draws_is_as_of_a_normal_variable() -> None:
    low, high = distance_interval(4.0, 1_000_000)
    error = np.sqrt((1 + 4**2 / 2) / 1e6)
    assert (low, high) == pytest.approx((4 - 1.96 * error, 4 + 1.96 * error), abs=1e-5)


def test_sigma_is_covered() -> None:
    def made(rng: np.random.Generator) -> Interval:
        return sigma_interval(float(rng.normal(0, 2, 12).std(ddof=1)), 12)

    assert FEWEST <= covered(made, 2.0) < EXPERIMENTS


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_groups_of_even_draws_cover_mean_and_yield(method: str) -> None:
    normal = {"type": "normal", "mean": "0", "sigma": "1"}
    spec = {"method": method, "variables": {"a": normal, "b": normal}, "correlations": []}
    group = METHODS[method].group
    assert group is not None
    groups = np.array([group(index) for index in range(256)])
    limit = 1.5  # of a + b / 2, which has a sigma of sqrt(1.25)
    truths = {"mean": 0.0, "yield": stats.norm.cdf(limit / np.sqrt(1.25))}
    held = dict.fromkeys(truths, 0)
    widths = []
    for seed in range(EXPERIMENTS):
        draws = Draws(seed, spec)
        values = np.array([draws.values(n) for n in range(1, 257)], float) @ [1, 0.5]
        for name, what in (("mean", values), ("yield", values <= limit)):
            rest = [what[groups != g].mean() for g in np.unique(groups)]
            within = jackknife_interval(float(what.mean()), np.array(rest))
            assert within is not None
            held[name] += within.low <= truths[name] <= within.high
            widths.append(within.high - within.low)
    assert held["mean"] >= FEWEST
    assert held["yield"] >= FEWEST
    # That it is narrow is what even draws are for: 256 random ones give 0.27 for the mean.
    assert np.mean(widths[::2]) < 0.14


def test_one_group_gives_no_interval() -> None:
    assert jackknife_interval(1.0, np.array([1.0])) is None


def test_looks_leave_out_as_much_as_one_look_in_all() -> None:
    assert sum(tail_at(looks) for looks in range(1, 10_000)) == pytest.approx(TAIL, rel=1e-3)
    assert tail_at(0) == TAIL


def test_the_draws_that_are_proposed_decide_four_times_in_five() -> None:
    rng = np.random.default_rng(16)
    needed = draws_for_yield(980, 1000, 0.97)
    assert needed is not None
    decided = sum(
        clopper_pearson(int(rng.binomial(needed, 0.98)), needed).low >= 0.97 for _ in range(400)
    )
    assert 0.7 < decided / 400 < 0.95
    needed = draws_for_distance(3.3, 3.0)
    assert needed is not None
    decided = 0
    for _ in range(400):
        values = rng.normal(0, 1, needed)
        decided += (
            distance_interval(float((3.3 - values.mean()) / values.std(ddof=1)), needed).low >= 3
        )
    assert 0.7 < decided / 400 < 0.95


@pytest.mark.parametrize("target", [0.9, 0.99, 0.999])
def test_without_a_fail_as_many_draws_are_proposed_as_prove_it(target: float) -> None:
    needed = draws_for_yield(20, 20, target)
    assert needed is not None
    assert clopper_pearson(needed, needed).low >= target
    assert clopper_pearson(int(0.85 * needed), int(0.85 * needed)).low < target


def test_no_number_of_draws_tells_a_yield_from_itself() -> None:
    assert draws_for_yield(99, 100, 0.99) is None
    assert draws_for_distance(3.0, 3.0) is None
