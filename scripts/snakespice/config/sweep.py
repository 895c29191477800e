"""Sweeps: named sets of cases of a testbench."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from snakespice.base.problems import nearest
from snakespice.config import names
from snakespice.config.axes import build_space, read_table
from snakespice.config.corners import read_corners
from snakespice.config.effect import check_effect
from snakespice.config.product import Axis
from snakespice.config.randomness import read_random
from snakespice.config.schema import load_schema, with_defaults
from snakespice.config.scope import ConfigScope, KeyPath, text_keys
from snakespice.config.space import Space
from snakespice.config.testbench import Testbench
from snakespice.templates.usage import usage_of


@dataclass(frozen=True)
class Sweep:
    """A named set of cases of one testbench; `file` is None where it stands inline."""

    name: str
    file: Path | None
    testbench: Testbench
    space: Space
    seed: int
    cases_file: Path | None


def read_sweeps(
    entries: dict[str, Any],
    testbenches: Mapping[str, Testbench | None],
    dut: Mapping[str, str],
    hub: ConfigScope,
) -> tuple[dict[str, Sweep], dict[str, set[str]]]:
    """Return the sound sweeps, and by testbench the parameters that any sweep of it varies.

    `hub` is where the project stands, `dut` are the paths of its device under test.
    """
    for one, other in names.case_twins(entries):
        wrong = f'"{one}" and "{other}" differ by case only: some file systems cannot hold both'
        hub.add(("sweeps",), wrong, "rename one")
    sweeps: dict[str, Sweep] = {}
    swept: dict[str, set[str]] = {}
    usages = cache(partial(usage_of, project_root=hub.base))
    for name, entry in entries.items():
        hub.add_fault(("sweeps",), names.sweep_name_fault(name))
        if found := hub.entry("sweeps", name, entry):
            parameters = text_keys(found.data.get("parameters"))
            swept.setdefault(str(found.data.get("testbench")), set()).update(parameters)
            if sweep := _sweep(name, *found, testbenches):
                sweeps[name] = sweep
                usage = usages(sweep.testbench.template)
                axes, places = _varied(sweep.space, parameters)
                check_effect(axes, usage, dut, places, found.scope)
    return sweeps, swept


def _sweep(
    name: str,
    written: dict[str, Any],
    scope: ConfigScope,
    file: Path | None,
    testbenches: Mapping[str, Testbench | None],
) -> Sweep | None:
    before = len(scope.problems.found)
    checked = scope.checked(written, "sweep")
    data = with_defaults(checked, load_schema("sweep"))
    faultless = len(scope.problems.found) == before
    bench_name = data["testbench"] or ""
    bench = testbenches.get(bench_name)
    if bench_name and bench_name not in testbenches:
        wrong = f'"{bench_name}" is no testbench'
        scope.add(("testbench",), wrong, nearest(bench_name, list(testbenches)))
    if faultless and not any(data[key] for key in ("parameters", "cases", "corners", "random")):
        scope.add((), "varies nothing", "give it parameters, cases, corners or random")
    swept = text_keys(written.get("parameters"))
    defaults = list(bench.parameters) if bench else None
    for parameter in swept:
        if defaults is not None and parameter not in defaults:
            wrong = f'has no default in testbench "{bench_name}"'
            scope.add(("parameters", parameter), wrong, nearest(parameter, defaults))
    cases_file = scope.file(("cases",), data["cases"]) if data["cases"] else None
    table = read_table(cases_file, defaults, scope.problems) if cases_file else {}
    if "cases" in written and not table:  # its columns, which these may name, are not known
        data |= {"zip": [], "exclude": []}
    corners = read_corners(
        data["corners"], bench.parameters if bench else None, [*swept, *table], scope
    )
    if "corners" in written and not corners:  # nor are the parameters that they set
        data |= {"exclude": []}
    in_corners = corners.axis.names if corners else ()
    taken = [*swept, *table, *in_corners]
    random = read_random(data["random"], data["seed"], defaults, taken, scope)
    space = build_space(data, swept, table, corners, random, scope)
    if bench is None or space is None or len(scope.problems.found) > before:
        return None
    _check_labels(space, bench, scope)
    return Sweep(
        name=name,
        file=file,
        testbench=bench,
        space=space,
        seed=data["seed"],
        cases_file=cases_file,
    )


def _varied(space: Space, parameters: Collection[str]) -> tuple[list[Axis], dict[str, KeyPath]]:
    """Return what varies together, and where each parameter stands in the sweep.

    `parameters` are those that it varies by that key.
    """
    axes = list(space.axes)
    places: dict[str, KeyPath] = {
        name: ("parameters", name) if name in parameters else ("cases",) for name in space.names
    }
    if space.corners:
        axes.append(space.corners.axis)
        places |= dict.fromkeys(space.corners.axis.names, ("corners",))
    if space.random:
        for name in space.random.draws.names:
            axes.append(Axis((name,), (), space.random.num))
            places[name] = ("random", "variables", name)
    return axes, places


def _check_labels(space: Space, bench: Testbench, scope: ConfigScope) -> None:
    """Note parameters and measures that have the name of a column of this sweep."""
    for label in space.labels:
        if label in (*bench.parameters, *bench.measures.columns):
            wrong = f'"{label}" is a parameter or a measure of the testbench, and here a column'
            scope.add((), wrong, "rename it")
