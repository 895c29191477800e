"""Random numbers that follow from a text alone: there is no state that they could depend on.

Whoever asks for the number of "1:dvt1:17" gets the same one in every process, on every machine,
in any order. So a draw is computed where it is needed, and nothing else shifts it.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256, shake_256

_BITS = 52  # one fewer than a double has, so that a number is never rounded to 0 or to 1


def digest(text: str) -> int:
    """Return the 256 random bits that belong to a text."""
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def uniform(text: str) -> float:
    """Return the random number that belongs to a text, between 0 and 1, and neither of them."""
    return fraction(0, 0, text)


def fraction(bits: int, count: int, text: str) -> float:
    """Return a number between 0 and 1 of which the first `count` bits (to 52) are `bits`.

    The others are those that belong to the text.
    """
    below = _BITS - count
    return ((bits << below | digest(text) >> 256 - below) + 0.5) * 2.0**-_BITS


@lru_cache(maxsize=4096)
def permutation(text: str, size: int) -> tuple[int, ...]:
    """Return the permutation of 0 ... size - 1 that belongs to a text."""
    data = shake_256(text.encode()).digest(8 * size)
    keys = [data[8 * place : 8 * place + 8] for place in range(size)]
    return tuple(sorted(range(size), key=keys.__getitem__))
