"""Intervals of 95 % for what was estimated from draws, and how many draws would decide.

A method whose assumption does not hold gives no interval: an interval that is too narrow is worse
than none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

CONFIDENCE = 0.95
TAIL = (1 - CONFIDENCE) / 2
_POWER = 0.8  # how likely the draws that are proposed should decide
_NODES, _WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(200))


class Interval(NamedTuple):
    """Where the true value lies, with 95 % confidence."""

    low: float
    high: float


def clopper_pearson(passes: int, draws: int) -> Interval:
    """Return the interval of a yield, of independent draws whose number was fixed before.

    Clopper and Pearson, Biometrika 26, 404 (1934); its coverage is never below 95 %.
    """
    fails = draws - passes
    return Interval(
        float(special.betaincinv(passes, fails + 1, TAIL)) if passes else 0.0,
        float(special.betaincinv(passes + 1, fails, 1 - TAIL)) if fails else 1.0,
    )


def confidence_sequence(passes: int, draws: int) -> Interval:
    """Return the interval of a yield that holds at every look, however often one looks.

    All p for which the likelihood is at least 5 % of its mean over p: by Ville's inequality, the
    true p is ever left out in 5 % of experiments at the most (Robbins, Ann. Math. Stat. 41, 1397,
    1970).
    """
    fails = draws - passes
    least = math.log(1 - CONFIDENCE) + float(special.betaln(passes + 1, fails + 1))

    def beyond(p: float) -> bool:
        return float(special.xlogy(passes, p) + special.xlog1py(fails, -p)) < least

    estimate = passes / draws
    return Interval(
        _bisect(beyond, 0.0, estimate) if passes else 0.0,
        _bisect(lambda p: not beyond(p), estimate, 1.0) if fails else 1.0,
    )


def tail_at(looks: int) -> float:
    """Return what may be left out at either end at the look of this number, 0 if one looks once.

    Over all looks it comes to 2.5 %, as 1/2 + 1/6 + 1/12 ... is 1.
    """
    return TAIL / (looks * (looks + 1)) if looks else TAIL


def distance_interval(distance: float, draws: int, sides: int = 1, tail: float = TAIL) -> Interval:
    """Return the interval of (limit - mean) / sigma, of independent draws of a normal measure.

    `distance` is its estimate with the sigma of n - 1. Times sqrt(n), that is noncentral t
    (Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 2, chapter 31).
    Of `sides` limits, it is the nearer one's. Either may look like that by chance, so the upper
    end leaves out half as much for each of two.
    """
    root, freedom = math.sqrt(draws), draws - 1
    # The quantiles of sigma's estimate: P(t < x) is the mean of Phi(x * s - delta) over them.
    sigmas = np.sqrt(2 * special.gammaincinv(freedom / 2, _NODES + 0.5) / freedom)
    scaled = root * distance * sigmas

    def below(delta: float) -> float:
        return float(_WEIGHTS @ special.ndtr(scaled - delta))

    ends = float(scaled.min()) - 10, float(scaled.max()) + 10
    return Interval(
        _bisect(lambda delta: below(delta) > 1 - tail, *ends) / root,
        _bisect(lambda delta: below(delta) > tail / sides, *ends) / root,
    )


def sigma_interval(sigma: float, draws: int) -> Interval:
    """Return the interval of sigma, of independent draws of a normal measure (chi-squared)."""
    freedom = draws - 1
    low, high = (2 * special.gammaincinv(freedom / 2, p) / freedom for p in (1 - TAIL, TAIL))
    return Interval(sigma / math.sqrt(low), sigma / math.sqrt(high))


def jackknife_interval(
    estimate: float, without: NDArray[np.float64], tail: float = TAIL
) -> Interval | None:
    """Return the interval of an estimate from independent groups of draws; None if there is none.

    There is none from one group, or where it has no value without some group. `without` holds the
    estimate without each of the groups (Efron and Stein, Ann. Stat. 9, 586, 1981). For a mean over
    equal groups, the interval is Student's t of their means.
    """
    groups = len(without)
    if groups < 2 or not np.isfinite(without).all():
        return None
    error = math.sqrt((groups - 1) * float(np.var(without)))
    reach = float(special.stdtrit(groups - 1, 1 - tail)) * error
    return Interval(estimate - reach, estimate + reach)


def draws_for_yield(passes: int, draws: int, target: float) -> int | None:
    """Return how many draws would probably tell a yield from `target`; None if none would."""
    estimate = passes / draws
    if estimate == target or target >= 1:
        return None
    if passes == draws:  # as many as prove it if none fails
        return _rounded(math.log(TAIL) / math.log(target))
    # The arcsine makes the error the same for all yields: 1 / (2 sqrt(n)).
    apart = math.asin(math.sqrt(estimate)) - math.asin(math.sqrt(target))
    return _rounded((_reach() / (2 * apart)) ** 2)


def draws_for_distance(distance: float, target: float) -> int | None:
    """Return how many draws would probably tell a distance in sigma from `target`."""
    if distance == target:
        return None
    return _rounded((1 + distance**2 / 2) * (_reach() / (distance - target)) ** 2)


def _reach() -> float:
    """Return how many standard errors apart is enough for the interval and the power."""
    return float(special.ndtri(1 - TAIL) + special.ndtri(_POWER))


def _rounded(number: float) -> int:
    """Return a number of draws of two digits, rounded up."""
    step = int(10 ** max(0, math.floor(math.log10(max(1.0, number))) - 1))
    return math.ceil(number / step) * step


def _bisect(is_low: Callable[[float], bool], low: float, high: float) -> float:
    """Return where `is_low` turns from true to false."""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if is_low(middle) else (low, middle)
    return (low + high) / 2
