"""What a random variable can follow. Mean and sigma are those of the value itself, always.

Every distribution is a function of z, a coordinate that is standard normal: so variables of any
kind can be correlated, ordered and shifted in one space. To add one: a class here, its name and
keys in workflow/schemas/sweep.schema.yaml, its line in config/README.md; its tests stand in
tests/draws/test_distributions.py. Numbers come as text, as SPICE has them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist

from snakespice.base.kinds import Kinds
from snakespice.base.quantity import format_number, parse_number

_STANDARD = NormalDist()


class Distribution(ABC):
    """The values of a variable; `nominal` is the one where nothing varies."""

    nominal: str

    @abstractmethod
    def at(self, z: float) -> str:
        """Return the value at a standard normal coordinate; it never falls as z rises."""


DISTRIBUTIONS: Kinds[Distribution] = Kinds()


def phi(z: float) -> float:
    """Return the probability that a standard normal variable is below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def z_of(probability: float) -> float:
    """Return the standard normal coordinate below which a variable is with this probability."""
    return _STANDARD.inv_cdf(probability)


def written(number: float) -> str:
    """Return a value as it is written: 12 digits, which are the same on every host."""
    return format_number(float(f"{number:.12g}"))


class _Continuous(Distribution):
    """A distribution of numbers, which has a mean."""

    def __init__(self, mean: float) -> None:
        self.nominal = written(mean)

    def at(self, z: float) -> str:
        """Return the value at a standard normal coordinate, of 12 digits."""
        return written(self._value(z))

    @abstractmethod
    def _value(self, z: float) -> float: ...


@DISTRIBUTIONS.add("normal")
class Normal(_Continuous):
    """Normal, with this mean and sigma."""

    def __init__(self, mean: str, sigma: str) -> None:
        self._mean, self._sigma = _moments(mean, sigma)
        super().__init__(self._mean)

    def _value(self, z: float) -> float:
        return self._mean + self._sigma * z


@DISTRIBUTIONS.add("lognormal")
class Lognormal(_Continuous):
    """Lognormal; `mean` and `sigma` are those of the value, and not of its logarithm."""

    def __init__(self, mean: str, sigma: str) -> None:
        centre, width = _moments(mean, sigma)
        if centre <= 0:
            raise ValueError("mean: must be more than 0 in a lognormal distribution")
        super().__init__(centre)
        self._sigma = math.sqrt(math.log1p((width / centre) ** 2))
        self._mu = math.log(centre) - self._sigma**2 / 2

    def _value(self, z: float) -> float:
        return math.exp(self._mu + self._sigma * z)


@DISTRIBUTIONS.add("uniform")
class Uniform(_Continuous):
    """Anything between `low` and `high`, all equally likely."""

    def __init__(self, low: str, high: str) -> None:
        self._low, self._high = _range(low, high)
        super().__init__((self._low + self._high) / 2)

    def _value(self, z: float) -> float:
        return self._low + (self._high - self._low) * phi(z)


@DISTRIBUTIONS.add("triangular")
class Triangular(_Continuous):
    """Between `low` and `high`, and most likely at `mode`, by default in the middle."""

    def __init__(self, low: str, high: str, mode: str | None = None) -> None:
        self._low, self._high = _range(low, high)
        middle = (self._low + self._high) / 2
        self._mode = middle if mode is None else _number("mode", mode)
        if not self._low <= self._mode <= self._high:
            raise ValueError("mode: must lie between low and high")
        super().__init__((self._low + self._mode + self._high) / 3)

    def _value(self, z: float) -> float:
        span, rise, fall = self._high - self._low, self._mode - self._low, self._high - self._mode
        if phi(z) * span < rise:
            return self._low + math.sqrt(phi(z) * span * rise)
        return self._high - math.sqrt(phi(-z) * span * fall)


@DISTRIBUTIONS.add("truncated")
class Truncated(_Continuous):
    """Normal, but nothing occurs below `low` or above `high`, of which one may be left out.

    Mean and sigma are those of what occurs; those of the whole normal distribution follow.
    """

    def __init__(
        self, mean: str, sigma: str, low: str | None = None, high: str | None = None
    ) -> None:
        centre, width = _moments(mean, sigma)
        if low is None and high is None:
            raise ValueError("low, high: neither is there; use type: normal, or give one")
        self._low = -math.inf if low is None else _number("low", low)
        self._high = math.inf if high is None else _number("high", high)
        if not self._low < centre < self._high:
            raise ValueError("mean: must lie between low and high")
        super().__init__(centre)
        self._mu, self._sigma = _whole(centre, width, self._low, self._high)

    def _value(self, z: float) -> float:
        low, high = ((end - self._mu) / self._sigma for end in (self._low, self._high))
        # From the side where probabilities are small, as these have more digits there.
        if low + high > 0:
            part = phi(-high) + (phi(-low) - phi(-high)) * phi(-z)
            number = self._mu - self._sigma * z_of(part)
        else:
            part = phi(low) + (phi(high) - phi(low)) * phi(z)
            number = self._mu + self._sigma * z_of(part)
        return min(max(number, self._low), self._high)


@DISTRIBUTIONS.add("discrete")
class Discrete(Distribution):
    """One of `values`, numbers or text, equally likely unless `weights` are given.

    As there need be no value at the mean, the nominal one is the most likely; of several, the
    first.
    """

    def __init__(self, values: Sequence[str], weights: Sequence[float] | None = None) -> None:
        self._values = list(values)
        likely = [1.0] * len(values) if weights is None else [float(w) for w in weights]
        if len(likely) != len(values):
            raise ValueError(f"weights: are {len(likely)}, for {len(values)} values")
        if not all(0 < weight < math.inf for weight in likely):
            raise ValueError("weights: must be more than 0")
        self._below = [weight / sum(likely) for weight in accumulate(likely)]
        self.nominal = self._values[likely.index(max(likely))]

    def at(self, z: float) -> str:
        """Return the value that has the coordinate z in its share of all, in written order."""
        below = bisect_right(self._below, phi(z))
        return self._values[min(below, len(self._values) - 1)]


def _number(key: str, text: str) -> float:
    try:
        return parse_number(str(text))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _moments(mean: str, sigma: str) -> tuple[float, float]:
    """Return mean and sigma; sigma may be given in per cent of the mean."""
    centre, text = _number("mean", mean), str(sigma).strip()
    width = _number("sigma", text.removesuffix("%").strip())
    if text.endswith("%"):
        if not centre:
            raise ValueError("sigma: is a part of the mean, which is 0; write a number")
        width *= abs(centre) / 100
    if width <= 0:
        raise ValueError("sigma: must be more than 0")
    return centre, width


def _range(low: str, high: str) -> tuple[float, float]:
    ends = _number("low", low), _number("high", high)
    if not ends[0] < ends[1]:
        raise ValueError("low, high: low must be less than high")
    return ends


def _whole(mean: float, sigma: float, low: float, high: float) -> tuple[float, float]:
    """Return mean and sigma of the normal distribution whose part in low ... high has those given.

    By Newton's method for the mean and the logarithm of sigma, with differences for derivatives.
    """
    small = 1e-6
    mu, log_sigma = mean, math.log(sigma)

    def error(mu: float, log_sigma: float) -> tuple[float, float]:
        there = _part(mu, math.exp(log_sigma), low, high)
        return (there[0] - mean) / sigma, math.log(there[1] / sigma)

    try:
        for _ in range(100):
            here = error(mu, log_sigma)
            if max(map(abs, here)) < 1e-10:
                return mu, math.exp(log_sigma)
            along_mu = error(mu + small * sigma, log_sigma)
            along_log = error(mu, log_sigma + small)
            a, c = ((there - at) / small for there, at in zip(along_mu, here, strict=True))
            b, d = ((there - at) / small for there, at in zip(along_log, here, strict=True))
            by_mu = (here[0] * d - b * here[1]) / (a * d - b * c)
            by_log = (a * here[1] - here[0] * c) / (a * d - b * c)
            shorter = min(1.0, 1 / max(abs(by_mu), abs(by_log)))
            mu -= shorter * sigma * by_mu
            log_sigma -= shorter * by_log
    except (ArithmeticError, ValueError):  # it went to where nothing is left of the distribution
        pass
    raise ValueError(
        f"sigma: no normal distribution, cut at low and high, was found that has mean"
        f" {written(mean)} and sigma {written(sigma)}; make sigma smaller, or use type: uniform"
    )


def _part(mu: float, sigma: float, low: float, high: float) -> tuple[float, float]:
    """Return mean and sigma of that part of a normal distribution that lies in low ... high.

    Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, volume 1, section 13.10.
    """
    a, b = (low - mu) / sigma, (high - mu) / sigma
    inside = phi(-a) - phi(-b) if a + b > 0 else phi(b) - phi(a)
    density_a, density_b = _STANDARD.pdf(a), _STANDARD.pdf(b)
    shift = (density_a - density_b) / inside
    ends = (a * density_a if density_a else 0.0) - (b * density_b if density_b else 0.0)
    return mu + sigma * shift, sigma * math.sqrt(1 + ends / inside - shift**2)
