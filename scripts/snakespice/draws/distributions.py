"""What a random variable can follow. Mean and sigma are those of the value itself, always.

Every distribution is a function of z, a coordinate that is standard normal: so variables of any
kind can be correlated, ordered and shifted in one space. `DISTRIBUTIONS` is the list of them; a new
one goes there and into the schema.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import accumulate
from statistics import NormalDist
from typing import Any, Protocol

from snakespice.base.problems import nearest
from snakespice.base.quantity import format_number, parse_number

_STANDARD = NormalDist()


class Distribution(Protocol):
    """The values of a variable."""

    @property
    def nominal(self) -> str:
        """The value where nothing varies."""

    def at(self, z: float) -> str:
        """Return the value at a standard normal coordinate; it never falls as z rises."""


def distribution(spec: Mapping[str, Any]) -> Distribution:
    """Return what `spec` describes: its `type`, and numbers as SPICE has them.

    Raises ValueError, which names the key and says what is wrong with it.
    """
    if spec["type"] not in DISTRIBUTIONS:
        hint = nearest(str(spec["type"]), list(DISTRIBUTIONS))
        raise ValueError(f'type: "{spec["type"]}" is no distribution that is known; {hint}')
    return DISTRIBUTIONS[spec["type"]](spec)


def phi(z: float) -> float:
    """Return the probability that a standard normal variable is below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def z_of(probability: float) -> float:
    """Return the standard normal coordinate below which a variable is with this probability."""
    return _STANDARD.inv_cdf(probability)


def written(number: float) -> str:
    """Return a value as it is written: 12 digits, which are the same on every host."""
    return format_number(float(f"{number:.12g}"))


class _Continuous:
    """A distribution of numbers: a subclass sets `mean`, and says which value stands at z."""

    mean: float

    @property
    def nominal(self) -> str:
        """The mean."""
        return written(self.mean)

    def _value(self, z: float) -> float:
        raise NotImplementedError

    def at(self, z: float) -> str:
        """Return the value at a standard normal coordinate, of 12 digits."""
        return written(self._value(z))


class Normal(_Continuous):
    """Normal, of `mean` and `sigma`."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.mean, self.sigma = _moments(spec)

    def _value(self, z: float) -> float:
        return self.mean + self.sigma * z


class Lognormal(_Continuous):
    """Of which the logarithm is normal; `mean` and `sigma` are not the logarithm's."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.mean, sigma = _moments(spec)
        if self.mean <= 0:
            raise ValueError("mean: must be more than 0 in a lognormal distribution")
        self._sigma = math.sqrt(math.log1p((sigma / self.mean) ** 2))
        self._mu = math.log(self.mean) - self._sigma**2 / 2

    def _value(self, z: float) -> float:
        return math.exp(self._mu + self._sigma * z)


class Uniform(_Continuous):
    """Anything between `low` and `high`, all equally likely."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.low, self.high = _range(spec)
        self.mean = (self.low + self.high) / 2

    def _value(self, z: float) -> float:
        return self.low + (self.high - self.low) * phi(z)


class Triangular(_Continuous):
    """Between `low` and `high`, most likely at `mode`, which is the middle unless it is given."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.low, self.high = _range(spec)
        middle = (self.low + self.high) / 2
        self.mode = _number(spec, "mode") if spec.get("mode") is not None else middle
        if not self.low <= self.mode <= self.high:
            raise ValueError("mode: must lie between low and high")
        self.mean = (self.low + self.mode + self.high) / 3

    def _value(self, z: float) -> float:
        span, rise, fall = self.high - self.low, self.mode - self.low, self.high - self.mode
        if phi(z) * span < rise:
            return self.low + math.sqrt(phi(z) * span * rise)
        return self.high - math.sqrt(phi(-z) * span * fall)


class Truncated(_Continuous):
    """A normal distribution of which only what lies between `low` and `high` occurs.

    One of the two may be missing. `mean` and `sigma` are those of what is left, from which mean
    and sigma of the whole follow.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.mean, sigma = _moments(spec)
        self.low, self.high = (
            _number(spec, key) if spec.get(key) is not None else end
            for key, end in (("low", -math.inf), ("high", math.inf))
        )
        if math.isinf(self.low) and math.isinf(self.high):
            raise ValueError("low, high: neither is there; write type: normal, or give one")
        if not self.low < self.mean < self.high:
            raise ValueError("mean: must lie between low and high")
        self._mu, self._sigma = _whole(self.mean, sigma, self.low, self.high)

    def _value(self, z: float) -> float:
        low, high = ((end - self._mu) / self._sigma for end in (self.low, self.high))
        # From the side where probabilities are small, as these have more digits there.
        if low + high > 0:
            part = phi(-high) + (phi(-low) - phi(-high)) * phi(-z)
            number = self._mu - self._sigma * z_of(part)
        else:
            part = phi(low) + (phi(high) - phi(low)) * phi(z)
            number = self._mu + self._sigma * z_of(part)
        return min(max(number, self.low), self.high)


class Discrete:
    """One of `values`, numbers or text, which are equally likely unless `weights` are given.

    As no value need be at the mean, the nominal one is the most likely; of several, the first.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._values = [str(value) for value in spec["values"]]
        given = spec.get("weights")
        weights = [1.0] * len(self._values) if given is None else [float(w) for w in given]
        if len(weights) != len(self._values):
            raise ValueError(f"weights: are {len(weights)}, for {len(self._values)} values")
        if not all(0 < weight < math.inf for weight in weights):
            raise ValueError("weights: must be more than 0")
        self._below = [weight / sum(weights) for weight in accumulate(weights)]
        self.nominal = self._values[weights.index(max(weights))]

    def at(self, z: float) -> str:
        """Return the value below which, in the order written, is what is likely to be below z."""
        probability = phi(z)
        return next(
            (v for v, b in zip(self._values, self._below, strict=True) if probability < b),
            self._values[-1],
        )


DISTRIBUTIONS: dict[str, Callable[[Mapping[str, Any]], Distribution]] = {
    "normal": Normal,
    "lognormal": Lognormal,
    "uniform": Uniform,
    "triangular": Triangular,
    "truncated": Truncated,
    "discrete": Discrete,
}


def _number(spec: Mapping[str, Any], key: str) -> float:
    try:
        return parse_number(str(spec[key]))
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _moments(spec: Mapping[str, Any]) -> tuple[float, float]:
    """Return mean and sigma; sigma may be given in per cent of the mean."""
    mean, sigma = _number(spec, "mean"), str(spec["sigma"]).strip()
    if sigma.endswith("%"):
        number = _number({"sigma": sigma[:-1].strip()}, "sigma") / 100 * abs(mean)
        if not mean:
            raise ValueError("sigma: is a part of the mean, which is 0; write a number")
    else:
        number = _number(spec, "sigma")
    if number <= 0:
        raise ValueError("sigma: must be more than 0")
    return mean, number


def _range(spec: Mapping[str, Any]) -> tuple[float, float]:
    low, high = _number(spec, "low"), _number(spec, "high")
    if not low < high:
        raise ValueError("low, high: low must be less than high")
    return low, high


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
