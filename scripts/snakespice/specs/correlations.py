"""How measures go with random variables, and these with each other: what limits the yield."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from snakespice.specs.cases import COMPLETED, Cases, Floats, Integers


class Correlation(NamedTuple):
    """A line of `correlations.csv`: Pearson's and Spearman's coefficient, over `n` draws.

    Pearson's says how well a straight line fits, Spearman's how well anything that only rises, or
    only falls. They are NaN where one of the two does not change.
    """

    condition: str
    name: str
    variable: str
    n: int
    pearson: float
    spearman: float


def correlations(cases: Cases, parts: list[Integers]) -> Iterator[Correlation]:
    """Yield the correlation of each measure with each variable, in each of the conditions.

    `parts` are the rows of each. At the end come the variables with each other, which are the same
    everywhere: what was achieved of the correlations that were asked for.
    """
    names = list(cases.variables)
    if not names:
        return
    for rows in parts:
        drawn = rows[cases.is_draw[rows] & (cases.status[rows] == COMPLETED)]
        for known, measures in _by_rows(cases, drawn).items():
            chosen = drawn[np.frombuffer(known, bool)]
            if len(chosen) < 2:
                continue
            variables = _standard([cases.variables[name][chosen] for name in names])
            for measure in measures:
                own = _standard([cases.measures[measure][chosen]])
                yield from _pairs(cases.label(rows), measure, names, own, variables, len(chosen))
    drawn = parts[0][cases.is_draw[parts[0]]]
    values, ranks = _standard([cases.variables[name][drawn] for name in names])
    for place, name in enumerate(names, start=1):
        own, others = (values[:place], ranks[:place]), (values[place:], ranks[place:])
        yield from _pairs("", name, names[place:], own, others, len(drawn))


_Standard = tuple[Floats, Floats]  # standardised values and ranks, a row a column of numbers


def _by_rows(cases: Cases, rows: Integers) -> dict[bytes, list[str]]:
    """Group the measures by the rows in which they are known; for most, these are the same."""
    groups: dict[bytes, list[str]] = {}
    for measure, column in cases.measures.items():
        groups.setdefault(np.isfinite(column[rows]).tobytes(), []).append(measure)
    return groups


def _standard(columns: list[Floats]) -> _Standard:
    """Return values and ranks with mean 0 and length 1; NaN for what does not change."""
    values = np.array(columns)
    ranks = np.array([pd.Series(column).rank().to_numpy() for column in columns])
    return _unit(values), _unit(ranks)


def _unit(rows: Floats) -> Floats:
    centred = rows - rows.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit: Floats = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit


def _pairs(
    label: str, name: str, variables: list[str], own: _Standard, others: _Standard, n: int
) -> Iterator[Correlation]:
    pearson, spearman = (theirs @ mine[-1] for theirs, mine in zip(others, own, strict=True))
    for variable, linear, monotonic in zip(variables, pearson, spearman, strict=True):
        yield Correlation(label, name, variable, n, float(linear), float(monotonic))
