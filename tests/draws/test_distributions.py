"""What variables follow, against scipy's own distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from snakespice.draws.counter import uniform
from snakespice.draws.distributions import DISTRIBUTIONS, z_of

NORMAL = {"type": "normal", "mean": "-2m", "sigma": "4m"}
RELATIVE = {"type": "normal", "mean": "-10k", "sigma": "5%"}
LOGNORMAL = {"type": "lognormal", "mean": "1n", "sigma": "0.8n"}
UNIFORM = {"type": "uniform", "low": "9k", "high": "11k"}
TRIANGULAR = {"type": "triangular", "low": "0", "high": "10", "mode": "2"}
TENT = {"type": "triangular", "low": "-1", "high": "1"}
CUT = {"type": "truncated", "mean": "1.2", "sigma": "0.5", "low": "0", "high": "2"}
ONE_SIDE = {"type": "truncated", "mean": "1", "sigma": "0.7", "low": "0"}
FAR_OUT = {"type": "truncated", "mean": "5.4", "sigma": "0.3", "low": "5"}

# Distribution, mean, sigma, and the cumulative probability by scipy, where it has the same.
CONTINUOUS: list[tuple[dict[str, str], float, float, Any]] = [
    (NORMAL, -2e-3, 4e-3, stats.norm(-2e-3, 4e-3)),
    (RELATIVE, -10e3, 500, stats.norm(-10e3, 500)),
    (LOGNORMAL, 1e-9, 0.8e-9, None),
    (UNIFORM, 10e3, 2e3 / math.sqrt(12), stats.uniform(9e3, 2e3)),
    (TRIANGULAR, 4, math.sqrt((100 + 4 - 20) / 18), stats.triang(0.2, 0, 10)),
    (TENT, 0, math.sqrt(1 / 6), stats.triang(0.5, -1, 2)),
    (CUT, 1.2, 0.5, None),
    (ONE_SIDE, 1, 0.7, None),
    (FAR_OUT, 5.4, 0.3, None),
]


def sample(spec: dict[str, Any], num: int) -> np.ndarray:
    made = DISTRIBUTIONS.make(spec)
    return np.array([float(made.at(z_of(uniform(f"1:x:{n}")))) for n in range(num)])


@pytest.mark.parametrize(("spec", "mean", "sigma", "_"), CONTINUOUS)
def test_mean_and_sigma_are_those_of_the_value(
    spec: dict[str, str], mean: float, sigma: float, _: Any
) -> None:
    # Over equally likely parts, so that there is no chance in it.
    made = DISTRIBUTIONS.make(spec)
    parts = [float(made.at(z_of((n + 0.5) / 20_000))) for n in range(20_000)]
    assert np.mean(parts) == pytest.approx(mean, abs=1e-3 * sigma)
    assert np.std(parts) == pytest.approx(sigma, rel=2e-3)
    assert float(made.nominal) == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(("spec", "mean", "sigma", "exact"), CONTINUOUS)
def test_samples_are_of_their_distribution(
    spec: dict[str, str], mean: float, sigma: float, exact: Any
) -> None:
    if spec["type"] == "lognormal":
        shape = math.sqrt(math.log(1 + (sigma / mean) ** 2))
        exact = stats.lognorm(shape, scale=mean / math.exp(shape**2 / 2))
    elif spec["type"] == "truncated":
        exact = truncated_like(mean, sigma, spec)
    assert stats.kstest(sample(spec, 4000), exact.cdf).pvalue > 0.01


def truncated_like(mean: float, sigma: float, spec: dict[str, str]) -> Any:
    """Find the truncated normal distribution by another way: scipy's moments and a minimiser."""
    from scipy.optimize import minimize

    low, high = float(spec["low"]), float(spec.get("high", "inf"))

    def made(x: np.ndarray) -> Any:
        loc, scale = x[0], math.exp(x[1])
        return stats.truncnorm((low - loc) / scale, (high - loc) / scale, loc, scale)

    def off(x: np.ndarray) -> float:
        return float((made(x).mean() - mean) ** 2 + (made(x).std() - sigma) ** 2)

    start = np.array([mean, math.log(sigma)])
    found = minimize(off, start, method="Nelder-Mead", options={"fatol": 1e-14, "maxiter": 2000})
    return made(found.x)


@pytest.mark.parametrize("spec", [CUT, ONE_SIDE, FAR_OUT, UNIFORM, TRIANGULAR])
def test_no_value_is_beyond_the_ends(spec: dict[str, str]) -> None:
    made = DISTRIBUTIONS.make(spec)
    for z in (-37.0, -8.0, 0.0, 8.0, 37.0):
        assert float(spec["low"].replace("k", "e3")) <= float(made.at(z))
        assert float(made.at(z)) <= float(spec.get("high", "inf").replace("k", "e3"))


@pytest.mark.parametrize(("spec", "mean", "sigma", "_"), CONTINUOUS)
def test_values_rise_with_z(spec: dict[str, str], mean: float, sigma: float, _: Any) -> None:
    values = [float(DISTRIBUTIONS.make(spec).at(z)) for z in np.linspace(-6, 6, 200)]
    assert values == sorted(values)
    assert values[0] < mean < values[-1]


def test_a_value_has_twelve_digits() -> None:
    narrow = DISTRIBUTIONS.make({"type": "normal", "mean": "1", "sigma": "1m"})
    assert narrow.at(1 / 3) == "1.00033333333"
    assert DISTRIBUTIONS.make(NORMAL).nominal == "-0.002"


def test_discrete_values_are_as_likely_as_their_weights() -> None:
    spec = {"type": "discrete", "values": ["ss", "tt", "ff"], "weights": [1, 2, 1]}
    made = DISTRIBUTIONS.make(spec)
    texts = [made.at(z_of(uniform(f"1:x:{n}"))) for n in range(4000)]
    counts = [texts.count(text) for text in ("ss", "tt", "ff")]
    assert stats.chisquare(counts, [1000, 2000, 1000]).pvalue > 0.01
    assert made.nominal == "tt"
    assert [made.at(z) for z in (-9.0, 9.0)] == ["ss", "ff"]
    assert DISTRIBUTIONS.make({"type": "discrete", "values": ["1", "2"]}).nominal == "1"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"type": "gauss", "mean": "0", "sigma": "1"}, 'type: "gauss" is none'),
        ({"type": "nromal", "mean": "0", "sigma": "1"}, 'did you mean "normal"'),
        ({"type": "normal", "mean": "0", "sigma": "0"}, "sigma: must be more than 0"),
        ({"type": "normal", "mean": "0", "sigma": "5%"}, "sigma: .*mean, which is 0"),
        ({"type": "normal", "mean": "0", "sigma": "5x%"}, "sigma: .*no.* number"),
        ({"type": "normal", "mean": "x", "sigma": "1"}, "mean: .*SPICE number"),
        ({"type": "lognormal", "mean": "-1", "sigma": "1"}, "mean: must be more than 0"),
        ({"type": "uniform", "low": "1", "high": "1"}, "low must be less than high"),
        ({"type": "triangular", "low": "0", "high": "1", "mode": "2"}, "mode: must lie between"),
        ({"type": "truncated", "mean": "0", "sigma": "1"}, "low, high: neither"),
        ({"type": "truncated", "mean": "0", "sigma": "1", "low": "1"}, "mean: must lie between"),
        # An even spread over 0 ... 1 has sigma 0.289: nothing that falls off has more.
        (
            {"type": "truncated", "mean": "0.5", "sigma": "0.3", "low": "0", "high": "1"},
            "sigma: .*make sigma smaller",
        ),
        ({"type": "discrete", "values": ["1", "2"], "weights": [1]}, "weights: are 1, for 2"),
        ({"type": "discrete", "values": ["1", "2"], "weights": [1, 0]}, "more than 0"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        DISTRIBUTIONS.make(spec)


def test_every_distribution_is_tried() -> None:
    tried = {spec["type"] for spec, *_ in CONTINUOUS} | {"discrete"}
    assert tried == set(DISTRIBUTIONS)
