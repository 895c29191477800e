"""A sweep's `random`: its variables, how they are correlated, and how many draws there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from snakespice.base.problems import nearest
from snakespice.config.names import value_fault
from snakespice.config.scope import ConfigScope
from snakespice.config.space import Random
from snakespice.config.yamlfile import as_written
from snakespice.draws.correlation import CorrelationFault, Mixing
from snakespice.draws.distributions import DISTRIBUTIONS
from snakespice.draws.draws import Draws
from snakespice.draws.methods import METHODS


def read_random(
    data: Mapping[str, Any] | None,
    seed: int,
    defaults: Sequence[str] | None,
    taken: Sequence[str],
    scope: ConfigScope,
) -> Random | None:
    """Return the draws of a sweep; None after noting what is wrong, and where there are none.

    `data` is what its schema lets through, `defaults` names the parameters of the testbench, None
    where it could not be read, and `taken` those that vary already.
    """
    if data is None or data["num"] is None:
        return None
    scope = scope.below("random")
    before = len(scope.problems.found)
    variables = {}
    for name, written in data["variables"].items():
        if defaults is not None and name not in defaults:
            wrong = "has no default in the testbench"
            scope.add(("variables", name), wrong, nearest(name, list(defaults)))
        if name in taken:
            scope.add(("variables", name), "varies in another way, too", "keep one of the two")
        variables[name] = _variable(written, scope.below("variables", name))
    correlations = _correlations(data["correlations"], list(variables), scope)
    if len(scope.problems.found) > before:
        return None
    spec = {"method": data["method"], "variables": variables, "correlations": correlations}
    try:
        Draws(seed, spec)
    except ValueError as fault:
        scope.add((), str(fault))
        return None
    num = METHODS[data["method"]].whole(data["num"])
    return Random(seed, num, data["independent"], spec)


def _variable(written: Mapping[str, Any], scope: ConfigScope) -> dict[str, Any]:
    """Return a variable with its numbers as they are written, after noting what it cannot be."""
    variable = {
        key: [as_written(item) for item in value] if isinstance(value, list) else as_written(value)
        for key, value in written.items()
        if not isinstance(value, bool)
    }
    for index, value in enumerate(written.get("values", ())):
        scope.add_fault(("values", index), value_fault(value))
    try:
        DISTRIBUTIONS.make(variable)
    except ValueError as fault:
        key, separator, wrong = str(fault).partition(": ")
        scope.add((key,) if separator and key in written else (), wrong if separator else key)
    except TypeError:
        pass  # a key that the schema has refused
    return variable | ({"process": True} if written.get("process") else {})


def _correlations(
    written: Sequence[Mapping[str, Any]], variables: list[str], scope: ConfigScope
) -> list[dict[str, Any]]:
    before = len(scope.problems.found)
    rho: dict[tuple[str, str], float] = {}
    places: dict[frozenset[str], int] = {}
    for index, item in enumerate(written):
        one, other = item["of"]
        for name in (one, other):
            if name not in variables:
                wrong = f'"{name}" is no random variable'
                scope.add(("correlations", index, "of"), wrong, nearest(name, variables))
        if one == other or frozenset((one, other)) in places:
            wrong = "is one variable" if one == other else "stands twice"
            scope.add(("correlations", index, "of"), wrong, "name each pair once")
        places[frozenset((one, other))] = index
        rho[one, other] = float(item["rho"])
    if len(scope.problems.found) == before:
        try:
            Mixing(variables, rho)
        except CorrelationFault as fault:
            place = places.get(frozenset(fault.pair))
            told = f"{fault.pair[0]} and {fault.pair[1]}: {fault}"
            scope.add(("correlations",) if place is None else ("correlations", place, "rho"), told)
    return [{"of": list(item["of"]), "rho": float(item["rho"])} for item in written]
