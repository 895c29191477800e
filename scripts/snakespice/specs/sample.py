"""The draws of one condition: mean, sigma, how far from the limits, and whether they are normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from snakespice.config.specification import Limits
from snakespice.specs.cases import Floats, Integers
from snakespice.specs.intervals import (
    TAIL,
    Interval,
    distance_interval,
    jackknife_interval,
    sigma_interval,
)

PERCENTILES = (1, 50, 99)
# A normal sample is beyond this once in 1000 times; of fewer values than eight nobody can tell.
_NOT_NORMAL = 1.44
_FEWEST = 8


@dataclass(frozen=True)
class Sample:
    """What is known of a measure from draws that all have a value.

    `distance` is how many sigmas the nearer limit is from the mean; a third of it is Cpk, with the
    sigma of n - 1 also called Ppk. Intervals are None where there is no honest one.
    """

    mean: float
    percentiles: tuple[float, ...]
    sigma: float | None = None
    sigma_within: Interval | None = None
    distance: float | None = None
    distance_within: Interval | None = None
    is_normal: bool = True


def sample(
    values: Floats, limits: Limits, groups: Integers | None, tail: float = TAIL
) -> Sample | None:
    """Return the statistics of draws; None where there is none.

    `groups` are the independent groups of the draws, None where each draw is independent; `tail` is
    what the interval of the distance leaves out at either end.
    """
    if not len(values):
        return None
    # Of the distance to a typical value, so that no digit is lost in squares.
    centre = float(values[0])
    shifted = values - centre
    mean = float(shifted.mean())
    percentiles = tuple(float(p) for p in np.percentile(values, PERCENTILES))
    sigma = float(shifted.std(ddof=1)) if len(values) > 1 else 0.0
    if not sigma:
        return Sample(centre + mean, percentiles)
    ends = Limits(*(None if end is None else end - centre for end in limits))
    sides = sum(end is not None for end in ends)
    distance = float(_distance(mean, sigma, ends)) if sides else None
    distance_within = None
    if groups is None:
        sigma_within: Interval | None = sigma_interval(sigma, len(values))
        if distance is not None:
            distance_within = distance_interval(distance, len(values), sides, tail)
    else:
        means, sigmas = _without_each(shifted, groups)
        sigma_within = jackknife_interval(sigma, sigmas)
        if distance is not None:
            distance_within = jackknife_interval(distance, _distance(means, sigmas, ends), tail)
    normal = is_normal((shifted - mean) / sigma)
    return Sample(
        centre + mean, percentiles, sigma, sigma_within, distance, distance_within, normal
    )


def is_normal(standard: Floats) -> bool:
    """Tell whether standardised values can be normal; false only where they plainly are not.

    Anderson and Darling's test with mean and sigma from the sample, as modified by Stephens
    (D'Agostino and Stephens, Goodness-of-fit Techniques, 1986, table 4.7). It weighs the tails, of
    which sigma and Cpk speak.
    """
    n = len(standard)
    if n < _FEWEST:
        return True
    ordered = np.sort(standard)
    logs = special.log_ndtr(ordered) + special.log_ndtr(-ordered[::-1])
    squared = -n - float((2 * np.arange(1, n + 1) - 1) @ logs) / n
    return squared * (1 + 0.75 / n + 2.25 / n**2) < _NOT_NORMAL


def _distance(mean: Floats | float, sigma: Floats | float, limits: Limits) -> Floats:
    """Return how many sigmas the nearer limit is away; negative where the mean is beyond it."""
    low, high = limits
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.inf if low is None else np.divide(mean - low, sigma)
        above = np.inf if high is None else np.divide(high - mean, sigma)
    return np.asarray(np.minimum(below, above))


def _without_each(values: Floats, groups: Integers) -> tuple[Floats, Floats]:
    """Return mean and sigma of the values without each of the groups in turn."""
    _, places = np.unique(groups, return_inverse=True)
    n = len(values) - np.bincount(places)
    total = values.sum() - np.bincount(places, values)
    squares = (values**2).sum() - np.bincount(places, values**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = total / n
        return means, np.sqrt((squares - total * means) / (n - 1))
