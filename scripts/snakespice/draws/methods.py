"""How draws are spread: at random, in Latin hypercubes, or over Sobol' points.

With all three, more draws are further draws. The two last are more even than chance, within groups
that are independent of each other: how much the groups differ tells how far off the mean is.
`METHODS` is the list; a new one goes there and into the schema.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from snakespice.draws import sobol
from snakespice.draws.counter import permutation, uniform

CUBE = 64
SCRAMBLES = 16


@dataclass(frozen=True)
class Method:
    """A way to spread draws, which are numbered from 0 here.

    `at(stream, dimension, index)` is a coordinate, between 0 and 1; a stream belongs to a variable.
    `group` is the independent group that a draw is in; every draw is its own if it is None.
    `whole` is the least number of draws, not below the one given, that fills whole groups.
    """

    at: Callable[[str, int, int], float]
    group: Callable[[int], int] | None
    whole: Callable[[int], int]
    most_variables: int | None = None


def _random(stream: str, _dimension: int, index: int) -> float:
    return uniform(f"{stream}:{index}")


def _latin(stream: str, _dimension: int, index: int) -> float:
    """One draw of each cube lies in each of its 64 equal slices, anywhere in it."""
    cube, place = divmod(index, CUBE)
    slice_ = permutation(f"{stream}:{cube}", CUBE)[place]
    return (slice_ + uniform(f"{stream}:{index}")) / CUBE


def _sobol(stream: str, dimension: int, index: int) -> float:
    """Draws go to the 16 scrambles in turn, so that each has a whole power of two of them."""
    point, scramble = divmod(index, SCRAMBLES)
    return sobol.coordinate(dimension, point, f"{stream}:{scramble}")


METHODS = {
    "random": Method(_random, None, lambda num: num),
    "lhs": Method(_latin, lambda index: index // CUBE, lambda num: -(-num // CUBE) * CUBE),
    "sobol": Method(
        _sobol,
        lambda index: index % SCRAMBLES,
        lambda num: SCRAMBLES << (-(-num // SCRAMBLES) - 1).bit_length(),
        sobol.DIMENSIONS,
    ),
}
