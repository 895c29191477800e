"""Draws follow from their number alone: what changes none of them, and how variables correlate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from snakespice.draws.correlation import CorrelationFault, Mixing
from snakespice.draws.draws import Draws
from snakespice.draws.methods import METHODS

SCRIPTS = Path(__file__).parents[2] / "scripts"
NORMAL = {"type": "normal", "mean": "0", "sigma": "1"}
UNIFORM = {"type": "uniform", "low": "0", "high": "1"}
LOGNORMAL = {"type": "lognormal", "mean": "1", "sigma": "0.5"}


def spec(method: str = "random", pairs: Any = (), **variables: dict[str, Any]) -> dict[str, Any]:
    correlations = [{"of": of, "rho": rho} for of, rho in pairs]
    return {"method": method, "variables": variables, "correlations": correlations}


def table(draws: Draws, num: int) -> np.ndarray:
    """One row a draw, one column a variable."""
    return np.array([[float(v) for v in draws.values(n)] for n in range(1, num + 1)])


@pytest.mark.parametrize("method", METHODS)
def test_variables_behind_and_their_correlations_change_no_draw(method: str) -> None:
    pairs = [(("a", "b"), 0.5)]
    before = Draws(1, spec(method, pairs, a=NORMAL, b=UNIFORM))
    after = Draws(1, spec(method, [*pairs, (("b", "c"), 0.7)], a=NORMAL, b=UNIFORM, c=LOGNORMAL))
    assert [before.values(n) for n in range(200)] == [after.values(n)[:2] for n in range(200)]


def test_a_variable_in_front_changes_no_random_draw() -> None:
    before, after = Draws(1, spec(b=NORMAL)), Draws(1, spec(a=NORMAL, b=NORMAL))
    assert [before.values(n) for n in range(200)] == [after.values(n)[1:] for n in range(200)]


@pytest.mark.parametrize("method", METHODS)
def test_draws_are_the_same_in_any_order_and_in_another_process(method: str) -> None:
    described = spec(method, [(("a", "b"), -0.3)], a=NORMAL, b=LOGNORMAL)
    draws = Draws(7, described)
    backwards = {n: draws.values(n) for n in range(150, 0, -1)}
    code = (
        "from snakespice.draws.draws import Draws\n"
        f"print([Draws(7, {described!r}).values(n) for n in range(1, 151)])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SCRIPTS)},
    )
    assert run.stdout.strip() == str([backwards[n] for n in range(1, 151)])


def test_these_draws_are_those_of_every_version() -> None:
    # Written down: who changes them has every random sweep simulated again.
    made = {method: Draws(1, spec(method, a=NORMAL, b=UNIFORM)) for method in METHODS}
    assert {method: draws.values(17) for method, draws in made.items()} == {
        "random": ("-0.243008915512", "0.499468298525"),
        "lhs": ("-2.01528327416", "0.320304192164"),
        "sobol": ("0.165612029796", "0.0374578931204"),
    }


@pytest.mark.parametrize("method", METHODS)
def test_seed_name_and_stream_make_other_draws(method: str) -> None:
    same = spec(method, a=NORMAL, b=NORMAL)
    streams = [
        table(Draws(1, same), 256),
        table(Draws(2, same), 256),
        np.array([[float(v) for v in Draws(1, same).values(n, "hot")] for n in range(1, 257)]),
    ]
    columns = np.hstack(streams)
    correlation = np.corrcoef(columns, rowvar=False) - np.eye(6)
    # Of two scrambles of one dimension, a few coins decide: they correlate as few numbers do.
    assert np.abs(correlation).max() < (0.6 if method == "sobol" else 4 / np.sqrt(256))


def test_draw_0_has_all_variables_at_their_means() -> None:
    assert Draws(1, spec(a=NORMAL, b=UNIFORM, c=LOGNORMAL)).values(0) == ("0", "0.5", "1")


def test_variables_of_the_process_are_held_where_a_corner_asks_for_it() -> None:
    draws = Draws(1, spec(a=NORMAL | {"process": True}, b=NORMAL))
    free, held = draws.values(5), draws.values(5, hold_process=True)
    assert held == ("0", free[1])
    assert free[0] != "0"


def test_neighbouring_draws_are_independent() -> None:
    column = table(Draws(1, spec(a=NORMAL)), 4000)[:, 0]
    for lag in (1, 2, 16, 64):
        assert abs(np.corrcoef(column[lag:], column[:-lag])[0, 1]) < 4 / np.sqrt(4000)


@pytest.mark.parametrize("method", METHODS)
def test_correlations_are_those_asked_for(method: str) -> None:
    pairs = [(("a", "b"), 0.8), (("c", "a"), -0.5), (("b", "c"), -0.1)]
    values = table(Draws(1, spec(method, pairs, a=NORMAL, b=UNIFORM, c=LOGNORMAL)), 4096)
    for one, other, rho in ((0, 1, 0.8), (0, 2, -0.5), (1, 2, -0.1)):
        # Of a Gaussian copula: Spearman's is this function of rho, whatever the distributions are.
        spearman = stats.spearmanr(values[:, one], values[:, other]).statistic
        assert spearman == pytest.approx(6 / np.pi * np.arcsin(rho / 2), abs=0.04)
    for column in range(3):  # and each keeps its own distribution
        alone = table(Draws(9, spec(x=(NORMAL, UNIFORM, LOGNORMAL)[column])), 4000)[:, 0]
        assert stats.ks_2samp(values[:, column], alone).pvalue > 0.01


def test_the_factor_is_that_of_cholesky() -> None:
    names = ["a", "b", "c", "d", "e"]
    rho = {("a", "c"): 0.5, ("c", "e"): -0.3, ("e", "a"): 0.4}
    matrix = np.eye(5)
    for (one, other), value in rho.items():
        i, j = names.index(one), names.index(other)
        matrix[i, j] = matrix[j, i] = value
    factor = np.zeros((5, 5))
    for row, parts in enumerate(Mixing(names, rho).rows):
        for column, part in parts.items():
            factor[row, column] = part
    np.testing.assert_allclose(factor, np.linalg.cholesky(matrix), atol=1e-14)


@pytest.mark.parametrize(
    ("rho", "pair", "told"),
    [
        (
            {("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.5},
            ("b", "c"),
            "between -0.827 and -0.0725",
        ),
        ({("a", "b"): 0.9, ("a", "c"): 0.9}, ("b", "c"), "a pair that is not listed has 0"),
        ({("a", "b"): 1.0}, ("a", "b"), "between -1 and 1"),
    ],
)
def test_a_matrix_that_is_not_positive_definite_is_refused_with_the_pair(
    rho: dict[tuple[str, str], float], pair: tuple[str, str], told: str
) -> None:
    with pytest.raises(CorrelationFault, match=told) as refused:
        Mixing(["a", "b", "c"], rho)
    assert refused.value.pair == pair


def test_the_bounds_that_are_told_are_the_right_ones() -> None:
    given = {("a", "b"): 0.9, ("a", "c"): 0.9}
    for rho, possible in ((0.62, False), (0.63, True), (0.99, True), (0.9999, True), (1.0, False)):
        if possible:
            Mixing(["a", "b", "c"], given | {("b", "c"): rho})
        else:
            with pytest.raises(CorrelationFault, match=r"between 0\.62 and 1"):
                Mixing(["a", "b", "c"], given | {("b", "c"): rho})


def test_more_variables_than_sobol_spreads_are_refused() -> None:
    many = {f"v{index}": NORMAL for index in range(257)}
    with pytest.raises(ValueError, match="are 257, and sobol spreads 256 variables"):
        Draws(1, spec("sobol", **many))
    Draws(1, spec("lhs", **many))
