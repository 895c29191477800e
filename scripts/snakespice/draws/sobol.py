"""Sobol' points, scrambled after Owen: each is computed from its number.

The first 2**m points of a Sobol' sequence fill the unit cube more evenly than random ones: in each
dimension, one lies in each of 2**m equal intervals. A dimension is a primitive polynomial over
GF(2) and a few odd initial numbers (Bratley and Fox, ACM TOMS 14, 88, 1988). Which initial numbers
decides how even the projections on two dimensions are. Ours are hashed, and were chosen for that,
greedily, out of 128 for each dimension: `_CHOICES` says which.

Owen's scrambling (Owen, in: Monte Carlo and Quasi-Monte Carlo Methods, 1995) flips each bit of a
coordinate at random, by a coin that belongs to all bits before it. It keeps the evenness, makes
each point uniform and so the mean over the points unbiased, and several scrambles independent.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count

from snakespice.draws.counter import digest, fraction

_BITS = 32
# The choice for each dimension after the first, two hexadecimal digits each. It minimises the sum
# of 2**t - 1 over the dimensions before it and over 2**3 ... 2**10 points, where t is the quality
# parameter of the projection on the two (0 is best). On average t is 0.9 for 8 points and 2.8 for
# 1024, as with the numbers of Joe and Kuo (SIAM J. Sci. Comput. 30, 2635, 2008).
_CHOICES = bytes.fromhex(
    "0000000e020f083a5c0a360b566c390a2d3f4348294872160c43414978600b060c24482448167325417639260d"
    "3b0a367019072d3e3e337f574f0830612d196178512b077e25016b4f30237c487b3f6d3a39243f0e4f36167b2d"
    "00092060134d6546161f66166c0d0a1e5348014b662a76373b1e02053364095507111d261b631d392f37792f05"
    "3b780e187d692a42564f67354653000068647b161d2c2835567868460d432c021f787d2b7d1568411e563c7f66"
    "4b165058346b671d56131c5c22716d6a20691d3a3a7c3712574f231278672c6b6c7d2d4b332402582605464361"
    "5864176c6b02557d1507486a446416155c232a61597d74590b12126a325e"
)
DIMENSIONS = len(_CHOICES) + 1


def coordinate(dimension: int, point: int, scramble: str) -> float:
    """Return a coordinate, between 0 and 1, of a point of the scramble that has this name.

    Dimensions (fewer than DIMENSIONS) and points (fewer than 2**32) are numbered from 0.
    """
    bits, rest = 0, point
    for direction in _directions(dimension):
        if not rest:
            break
        if rest & 1:
            bits ^= direction
        rest >>= 1
    return fraction(_scrambled(bits, scramble), _BITS, f"{scramble}:{point}")


def _scrambled(bits: int, scramble: str) -> int:
    """Flip each bit by the coin of those before it.

    The coins of eight bits in a row are a binary tree of 255, and stand in one digest.
    """
    out = 0
    for shift in range(_BITS - 8, -1, -8):
        coins = _coins(scramble, shift, bits >> shift + 8)
        node = 1
        for place in range(shift + 7, shift - 1, -1):
            bit = bits >> place & 1
            out = out << 1 | bit ^ (coins >> node & 1)
            node = node << 1 | bit
    return out


@lru_cache(maxsize=1 << 14)
def _coins(scramble: str, shift: int, before: int) -> int:
    return digest(f"{scramble}:{shift}:{before}")


@lru_cache(maxsize=DIMENSIONS)
def _directions(dimension: int) -> tuple[int, ...]:
    """Return the direction numbers of a dimension, as integers of 32 bits."""
    if not dimension:  # van der Corput's sequence: the bits of the number in reverse
        return tuple(1 << bit for bit in range(_BITS - 1, -1, -1))
    degree, polynomial = _polynomial(dimension - 1)
    chosen = digest(f"{dimension}:{_CHOICES[dimension - 1]}")
    directions = []
    for place in range(degree):  # an odd number of place + 1 bits
        initial = (chosen & (1 << place) - 1) << 1 | 1
        directions.append(initial << _BITS - 1 - place)
        chosen >>= place
    for place in range(degree, _BITS):
        direction = directions[place - degree] ^ directions[place - degree] >> degree
        for back in range(1, degree):
            if polynomial >> degree - back & 1:
                direction ^= directions[place - back]
        directions.append(direction)
    return tuple(directions)


def _polynomial(index: int) -> tuple[int, int]:
    """Return degree and bits of a primitive polynomial, numbered from 0 by size."""
    for degree in count(1):
        found = _primitive(degree)
        if index < len(found):
            return degree, found[index]
        index -= len(found)
    raise AssertionError("there are primitive polynomials of every degree")


@lru_cache
def _primitive(degree: int) -> tuple[int, ...]:
    """Return the primitive polynomials of a degree: x**3 + x + 1 is 0b1011."""
    order = 2**degree - 1
    divisors = [divisor for divisor in range(1, order) if order % divisor == 0]
    return tuple(
        polynomial
        for polynomial in range(2**degree + 1, 2 ** (degree + 1), 2)
        # The powers of x go through all other polynomials before they come to 1.
        if _power_of_x(order, polynomial) == 1
        and all(_power_of_x(divisor, polynomial) != 1 for divisor in divisors)
    )


def _power_of_x(exponent: int, polynomial: int) -> int:
    """Return x to the power of `exponent`, modulo the polynomial over GF(2)."""
    result, power = 1, _remainder(2, polynomial)
    while exponent:
        if exponent & 1:
            result = _product(result, power, polynomial)
        power = _product(power, power, polynomial)
        exponent >>= 1
    return result


def _product(one: int, other: int, polynomial: int) -> int:
    product = 0
    for place in range(other.bit_length()):
        if other >> place & 1:
            product ^= one << place
    return _remainder(product, polynomial)


def _remainder(dividend: int, polynomial: int) -> int:
    while dividend.bit_length() >= polynomial.bit_length():
        dividend ^= polynomial << dividend.bit_length() - polynomial.bit_length()
    return dividend
