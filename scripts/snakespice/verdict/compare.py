"""Compare two results of one case: measures and waveforms, and tell by how much they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from snakespice.verdict.raw import Block, read_raw


def measure_differences(
    before: Mapping[str, float | None], now: Mapping[str, float | None]
) -> Iterator[str]:
    """Yield each measure that is not exactly the same, with both values."""
    for name in dict.fromkeys([*before, *now]):
        one, other = before.get(name), now.get(name)
        if one != other:
            yield f"measure {name} was {one} and is {other}{_apart(one, other)}"


def waveform_difference(before: Path, now: Path) -> str | None:
    """Return where two raw files differ most and by how much; None where all values are the same.

    Headers may differ, as the date does. Raises RawError when one of them cannot be read.
    """
    for one, other in zip_longest(read_raw(before), read_raw(now)):
        if found := _block_difference(one, other):
            return found
    return None


def _block_difference(one: Block | None, other: Block | None) -> str | None:
    if one is None:
        return f"{_shape(other)} is new" if other else None
    if other is None:
        return f"{_shape(one)} is gone"
    if _shape(one) != _shape(other):
        return f"there was {_shape(one)}, and there is {_shape(other)}"
    apart, largest = [0.0] * one.width, [0.0] * one.width
    for before, now in zip(one.values, other.values, strict=True):
        if before == now:
            continue
        for column in range(one.width):
            a, b = before[column :: one.width], now[column :: one.width]
            apart[column] = max(apart[column], *(abs(x - y) for x, y in zip(a, b, strict=True)))
            largest[column] = max(largest[column], *map(abs, a))
    if not any(apart):
        return None
    worst = max(range(one.width), key=lambda column: apart[column] / (largest[column] or 1))
    name = one.variables[worst * len(one.variables) // one.width]
    return (
        f'waveform {name} of plot "{one.name}" is up to {apart[worst]:.3g} apart, where it reaches'
        f" {largest[worst]:.3g}"
    )


def _shape(block: Block) -> str:
    kind = "complex" if block.is_complex else "real"
    form = "binary" if block.is_binary else "text"
    names = " ".join(block.variables)
    return f'plot "{block.name}" of {block.points} {kind} points of {names} ({form})'


def _apart(one: float | None, other: float | None) -> str:
    if one is None or other is None or not one:
        return ""
    return f" ({100 * (other / one - 1):+.3g} %)"
