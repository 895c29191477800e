"""Correlated variables: a Gaussian copula, whose Cholesky factor is in the order of the variables.

`rho` is the correlation of the normal variables below; a variable that is not normal itself keeps
its distribution, and its Pearson correlation comes out a little smaller.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_LEAST = 1e-9  # part of a variable's variance that must be its own


class CorrelationFault(ValueError):
    """Correlations that no variables can have; `pair` is the one to blame."""

    def __init__(self, pair: tuple[str, str], wrong: str) -> None:
        super().__init__(wrong)
        self.pair = pair


class Mixing:
    """The lower triangular matrix that makes correlated normal variables of independent ones.

    A variable depends on those written before it alone, so that one more behind them changes none.
    Raises CorrelationFault where the matrix is not positive definite.
    """

    def __init__(self, names: Sequence[str], rho: Mapping[tuple[str, str], float]) -> None:
        """Take the correlation of each pair that is not 0; a pair stands in either order."""
        place = {name: index for index, name in enumerate(names)}
        given = {tuple(sorted(map(place.__getitem__, pair))): r for pair, r in rho.items()}
        linked = sorted({index for pair in given for index in pair})
        # By variable: the variables that it is made of, and how much of each.
        self.rows: list[dict[int, float]] = [{index: 1.0} for index in range(len(names))]
        for row in linked:
            mine: dict[int, float] = {}
            left = 1.0
            for column in (index for index in linked if index < row):
                other = self.rows[column]
                known = math.fsum(mine[k] * other.get(k, 0.0) for k in mine)
                wanted = given.get((column, row), 0.0)
                part = (wanted - known) / other[column]
                if part**2 >= left - _LEAST:
                    reach = other[column] * math.sqrt(max(0.0, left - _LEAST))
                    raise _fault(names[column], names[row], (column, row) in given, known, reach)
                mine[column] = part
                left -= part**2
            mine[row] = math.sqrt(left)
            self.rows[row] = {index: part for index, part in mine.items() if part}

    def mixed(self, row: int, independent: Sequence[float]) -> float:
        """Return the variable `row`, of the independent coordinates that it is made of."""
        return math.fsum(part * independent[index] for index, part in self.rows[row].items())


def _fault(one: str, other: str, given: bool, middle: float, reach: float) -> CorrelationFault:
    bounds = f"between {middle - reach:.3g} and {middle + reach:.3g}"
    wrong = f"no variables are correlated like this: with those before it, rho must lie {bounds}"
    if not given:
        wrong += ", and a pair that is not listed has 0"
    return CorrelationFault((one, other), wrong)
