"""Correlations of measures and variables, against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from made import cases
from scipy import stats

from snakespice.specs.cases import COMPLETED, FAILED
from snakespice.specs.correlations import correlations


def test_measures_and_variables_by_condition_and_variables_with_each_other() -> None:
    rng = np.random.default_rng(1)
    a, b, noise = rng.normal(size=(3, 50))
    x = np.tile(a, 2) + 0.5 * np.concatenate([noise, -noise])
    y = np.exp(np.tile(b, 2))
    y[[3, 60]] = np.nan
    status = [COMPLETED] * 100
    status[5] = FAILED
    table = cases(
        {"temp": ["-40"] * 50 + ["125"] * 50},
        {"x": x, "y": y},
        status,
        draw=np.tile(np.arange(50), 2),  # draw 0 is the nominal one, and does not count
        variables={"a": np.tile(a, 2), "b": np.tile(b, 2)},
    )
    parts = [np.arange(50), np.arange(50, 100)]
    found = {(c.condition, c.name, c.variable): c for c in correlations(table, parts)}
    assert set(found) == {
        *((f"temp={t}", m, v) for t in ("-40", "125") for m in "xy" for v in "ab"),
        ("", "a", "b"),
    }
    use = np.arange(1, 50)
    for key, values, variable, rows in (
        (("temp=-40", "x", "a"), x, a, use[use != 5]),
        (("temp=125", "x", "b"), x[50:], b, use),
        (("temp=-40", "y", "b"), y, b, use[(use != 5) & (use != 3)]),
        (("temp=125", "y", "b"), y[50:], b, use[use != 10]),
        (("", "a", "b"), a, b, use),
    ):
        assert found[key].n == len(rows)
        one, other = values[rows], variable[rows]
        assert found[key].pearson == pytest.approx(stats.pearsonr(one, other).statistic)
        assert found[key].spearman == pytest.approx(stats.spearmanr(one, other).statistic)
    assert found["temp=125", "y", "b"].spearman == pytest.approx(1)
    assert found["temp=125", "y", "b"].pearson < 0.99


def test_what_does_not_change_correlates_with_nothing() -> None:
    table = cases({}, {"x": [1.0, 1, 1]}, draw=[1, 2, 3], variables={"a": np.array([1.0, 2, 3])})
    (only,) = correlations(table, [np.arange(3)])
    assert np.isnan(only.pearson) and np.isnan(only.spearman)


def test_without_variables_there_is_nothing_to_say() -> None:
    assert not list(correlations(cases({}, {"x": [1.0]}), [np.arange(1)]))
