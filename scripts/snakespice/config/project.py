"""From the configuration files to a Project, or to one message with all mistakes in them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakespice.base.problems import Problems
from snakespice.base.system import CPU_TIMES, MEMORY
from snakespice.config.corners import chosen_corners
from snakespice.config.hub import Hub, note_code
from snakespice.config.results import results_fault
from snakespice.config.schema import load_schema, with_defaults
from snakespice.config.scope import ConfigScope, KeyPath, text_keys
from snakespice.config.settings import Keep, Simulator
from snakespice.config.sweep import Sweep, read_sweeps
from snakespice.config.testbench import Testbench, read_testbenches
from snakespice.templates.check import check_template

# What `auto` gives a job on a cluster. Cases mostly take a small part of their time limit, so a
# job that asks for hours lasts for minutes.
CLUSTER_CORE_HOURS = 8
CLUSTER_MAX_CASES = 1000


@dataclass(frozen=True)
class Project:
    """A checked configuration. All paths are absolute, except `results`, as it is configured.

    `notes` are to be told before anything runs.
    """

    root: Path
    results: str
    dut: dict[str, str]
    sweeps: dict[str, Sweep]
    simulator: Simulator
    cases_per_job: int | None
    keep: Keep
    corners: tuple[str, ...] | None
    max_failed_fraction: float
    specs_must_pass: bool
    notes: tuple[str, ...]


def load_project(hub: Hub) -> Project:
    """Check a configuration and everything that it refers to, and return it resolved.

    Raises ConfigError, which lists every mistake in every file.
    """
    problems = Problems(list(hub.problems))
    root = Path(os.path.abspath(hub.base))
    for file, tree in hub.sources:
        if not hub.section:
            note_code(tree, file, problems)

    def origin(path: KeyPath) -> Path | None:
        """Return the last of the files that lead furthest along a path."""
        depths = [(_depth(tree, path), index) for index, (_, tree) in enumerate(hub.sources)]
        return hub.sources[max(depths)[1]][0] if depths else None

    scope = ConfigScope(problems, root, origin, hub.section)
    data = with_defaults(scope.checked(dict(hub.config), "hub"), load_schema("hub"))
    scope.add_fault(("results",), results_fault(data["results"], root))
    dut = _dut(data["dut"] or {}, scope)
    testbenches: dict[str, Testbench | None] = dict.fromkeys(
        text_keys(hub.config.get("testbenches"))
    )
    testbenches |= read_testbenches(data["testbenches"], scope)
    sweeps, swept = read_sweeps(data["sweeps"], testbenches, dut, scope)
    corners = chosen_corners(data["corners"], [s.space for s in sweeps.values()], scope)
    simulator = _simulator(data["simulator"], scope)
    for bench in filter(None, testbenches.values()):
        known = [*bench.parameters, *swept.get(bench.name, ())]
        check_template(bench.template, root, known, dut, problems)
    problems.raise_if_any()
    return Project(
        root=root,
        results=os.path.normpath(data["results"]),  # Snakemake knows no results/ and ./results
        dut=dut,
        sweeps=sweeps,
        simulator=simulator,
        cases_per_job=_cases_per_job(data["execution"], simulator),
        keep=Keep.of(data["keep"]),
        corners=corners,
        max_failed_fraction=data["gate"]["max_failed_fraction"],
        specs_must_pass=data["gate"]["specs"] == "pass",
        notes=tuple(map(str, problems.notes)),
    )


def _depth(tree: Any, path: KeyPath) -> int:
    """Count how many steps of a path a tree has."""
    depth = 0
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            break
        tree, depth = tree[part], depth + 1
    return depth


def _dut(data: dict[str, str], scope: ConfigScope) -> dict[str, str]:
    """Return the absolute paths of the device under test; its netlist must exist."""
    if netlist := data.get("netlist"):
        scope.file(("dut", "netlist"), netlist)
    return {key: str(scope.path(text)) for key, text in data.items() if text}


def _simulator(data: dict[str, Any], scope: ConfigScope) -> Simulator:
    if spiceinit := data["spiceinit"]:
        data = data | {"spiceinit": scope.file(("simulator", "spiceinit"), spiceinit)}
    simulator = Simulator.of(data)
    if (simulator.engine, simulator.sandbox) == ("warm", "bwrap"):
        wrong = "confines every ngspice by itself, and the warm engine starts one for many cases"
        scope.add(("simulator", "sandbox"), wrong, "use engine: cold or auto")
    if simulator.require.asks and not os.path.exists(MEMORY):
        wrong = f"needs {MEMORY} and {CPU_TIMES}, which only Linux has"
        scope.add(("simulator", "require"), wrong, "remove it")
    return simulator


def _cases_per_job(data: dict[str, Any], simulator: Simulator) -> int | None:
    """Return how many cases a job simulates; None where the number of cases alone decides."""
    if (chosen := data["cases_per_job"]) != "auto":
        return int(chosen)
    if data["auto_for"] == "machine":
        return None
    core_seconds_per_case = simulator.longest * simulator.threads
    return min(CLUSTER_MAX_CASES, max(1, int(CLUSTER_CORE_HOURS * 3600 / core_seconds_per_case)))
