"""Latin hypercubes and Sobol' points: how even they are, and what that is worth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from snakespice.draws import sobol
from snakespice.draws.counter import permutation, uniform
from snakespice.draws.methods import CUBE, METHODS, SCRAMBLES


def points(method: str, dimensions: int, num: int, seed: int = 1) -> np.ndarray:
    at = METHODS[method].at
    return np.array([[at(f"{seed}::v{d}", d, n) for d in range(dimensions)] for n in range(num)])


@pytest.mark.parametrize("method", METHODS)
def test_coordinates_are_uniform_and_independent(method: str) -> None:
    made = points(method, 4, 4096)
    assert made.min() > 0
    assert made.max() < 1
    for column in made.T:
        assert stats.kstest(column, "uniform").pvalue > 0.01
    correlation = np.corrcoef(made, rowvar=False) - np.eye(4)
    assert np.abs(correlation).max() < 4 / math.sqrt(4096)


def test_a_number_is_never_0_or_1() -> None:
    # The text has as many leading zeros, or ones, as no hash that is at hand.
    from snakespice.draws.counter import fraction

    assert fraction(0, 52, "x") > 0
    assert fraction(2**52 - 1, 52, "x") < 1
    assert fraction(2**32 - 1, 32, "x") < 1


def test_a_permutation_is_one_and_no_place_is_preferred() -> None:
    rows = np.array([permutation(f"1::x:{cube}", CUBE) for cube in range(400)])
    assert all(sorted(row) == list(range(CUBE)) for row in rows)
    counts = np.bincount(rows[:, 0], minlength=CUBE)
    assert stats.chisquare(counts).pvalue > 0.01


def test_each_cube_has_one_draw_in_each_slice() -> None:
    made = points("lhs", 3, 3 * CUBE)
    for cube in range(3):
        slices = np.floor(made[cube * CUBE : (cube + 1) * CUBE] * CUBE)
        for column in slices.T:
            assert sorted(column) == list(range(CUBE))


@pytest.mark.parametrize("dimension", [0, 1, 2, 63, sobol.DIMENSIONS - 1])
def test_each_scramble_has_one_point_in_each_interval(dimension: int) -> None:
    made = [METHODS["sobol"].at("1::x", dimension, n) for n in range(SCRAMBLES * 32)]
    for scramble in (0, 7, 15):
        column = np.array(made[scramble::SCRAMBLES])
        for num in (1, 2, 4, 8, 16, 32):
            assert sorted(np.floor(column[:num] * num)) == list(range(num))


def test_a_dimension_too_many_is_refused_by_the_method() -> None:
    assert METHODS["sobol"].most_variables == sobol.DIMENSIONS
    with pytest.raises(IndexError):
        sobol.coordinate(sobol.DIMENSIONS, 1, "x")


def t_value(made: np.ndarray, m: int) -> int:
    """The least t for which 2**m points have 2**t in each box of that volume, by counting."""
    for t in range(m + 1):
        for a in range(m - t + 1):
            b = m - t - a
            boxes = np.floor(made[:, 0] * 2**a) * 2**b + np.floor(made[:, 1] * 2**b)
            if not (np.bincount(boxes.astype(int), minlength=2 ** (a + b)) == 2**t).all():
                break
        else:
            return t
    raise AssertionError


def test_projections_on_two_dimensions_are_as_even_as_those_of_joe_and_kuo() -> None:
    from scipy.stats import qmc

    dimensions, m = 24, 8
    ours = np.array([[sobol.coordinate(d, n, "s") for d in range(dimensions)] for n in range(2**m)])
    theirs = qmc.Sobol(dimensions, scramble=False).random(2**m)
    means = [
        np.mean(
            [t_value(made[:, pair], m) for pair in itertools.combinations(range(dimensions), 2)]
        )
        for made in (ours, theirs)
    ]
    assert means[0] <= means[1] + 0.1


def test_scrambling_is_that_of_owen() -> None:
    # Two points whose bits agree in the first k have scrambled bits that agree in the first k, and
    # that differ in the next; those beyond are independent.
    rng = np.random.default_rng(1)
    beyond = []
    for trial in range(300):
        k = int(rng.integers(0, 24))
        one = int(rng.integers(0, 2**32))
        other = one ^ (1 << 31 - k) ^ int(rng.integers(0, 2 ** (31 - k)))
        a, b = (sobol._scrambled(bits, f"{trial}") for bits in (one, other))
        assert (a ^ b).bit_length() == 32 - k
        beyond.append((a ^ b) >> 30 - k & 1)
    assert stats.binomtest(sum(beyond), len(beyond)).pvalue > 0.01


def test_errors_fall_with_the_number_of_draws_as_they_should() -> None:
    nums, errors, falls = (64, 256, 1024), {}, {}
    for method in METHODS:
        # The product over 3 coordinates of 1 + (u - 1/2) is 1 on average.
        values = [np.prod(0.5 + points(method, 3, nums[-1], seed), axis=1) for seed in range(12)]
        errors[method] = [np.sqrt(np.mean([(v[:n].mean() - 1) ** 2 for v in values])) for n in nums]
        falls[method] = np.polyfit(np.log(nums), np.log(errors[method]), 1)[0]
    assert falls["random"] == pytest.approx(-0.5, abs=0.2)
    assert falls["sobol"] < -0.8
    assert errors["sobol"][-1] < errors["lhs"][-1] < errors["random"][-1]


@pytest.mark.parametrize(
    ("method", "given", "whole"),
    [
        ("random", [1, 500], [1, 500]),
        ("lhs", [1, 64, 65, 500], [64, 64, 128, 512]),
        ("sobol", [1, 16, 17, 33, 500, 512, 700], [16, 16, 32, 64, 512, 512, 1024]),
    ],
)
def test_numbers_of_draws_fill_groups(method: str, given: list[int], whole: list[int]) -> None:
    assert [METHODS[method].whole(num) for num in given] == whole


def test_random_numbers_of_texts_are_independent_of_their_likeness() -> None:
    made = np.array([uniform(f"1:x:{n}") for n in range(10_000)])
    assert stats.kstest(made, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(made[1:], made[:-1])[0, 1]) < 0.04
