"""The draws of a sweep: the values of its random variables, each draw computed from its number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from snakespice.draws.correlation import Mixing
from snakespice.draws.distributions import DISTRIBUTIONS, z_of
from snakespice.draws.methods import METHODS


class Draws:
    """The values of random variables, by the number of the draw.

    Draw 0 is the nominal one. Draw n follows from the seed, the names, and what `spec` says of the
    variables: not from `num`, from other parameters or from variables that stand behind.
    """

    def __init__(self, seed: int, spec: Mapping[str, Any]) -> None:
        """Make them of a sweep's `random`, which holds `method`, `variables`, `correlations`.

        Raises ValueError where a variable cannot be like that, CorrelationFault where several
        cannot.
        """
        self.names = tuple(spec["variables"])
        self.method = METHODS[spec["method"]]
        if len(self.names) > (self.method.most_variables or len(self.names)):
            most = f"{spec['method']} spreads {self.method.most_variables} variables at the most"
            raise ValueError(f"variables: are {len(self.names)}, and {most}; use method: lhs")
        self._seed = seed
        variables = [dict(variable) for variable in spec["variables"].values()]
        self._process = [bool(variable.pop("process", False)) for variable in variables]
        self._variables = [DISTRIBUTIONS.make(variable) for variable in variables]
        pairs = {(c["of"][0], c["of"][1]): float(c["rho"]) for c in spec["correlations"]}
        self._mixing = Mixing(self.names, pairs)
        # Corners share their draws, and come one after the other.
        self._coordinates = lru_cache(maxsize=1 + 100_000 // max(1, len(self.names)))(
            self._computed
        )

    def values(self, draw: int, stream: str = "", hold_process: bool = False) -> tuple[str, ...]:
        """Return the values of a draw, in the order of `names`.

        Draws of another `stream` are independent of these. `hold_process` leaves variables of the
        process at their nominal values.
        """
        if not draw:
            return tuple(variable.nominal for variable in self._variables)
        return tuple(
            variable.nominal if hold_process and process else variable.at(z)
            for variable, process, z in zip(
                self._variables, self._process, self._coordinates(draw, stream), strict=True
            )
        )

    def _computed(self, draw: int, stream: str) -> tuple[float, ...]:
        """Return the standard normal coordinate of each variable."""
        independent = [
            z_of(self.method.at(f"{self._seed}:{stream}:{name}", dimension, draw - 1))
            for dimension, name in enumerate(self.names)
        ]
        return tuple(self._mixing.mixed(row, independent) for row in range(len(self.names)))
