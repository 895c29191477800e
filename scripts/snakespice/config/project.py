"""From the configuration files to a Project, or to one message with all mistakes in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakespice.base.layout import LOG, NETLIST, RECORD
from snakespice.base.problems import Problems, nearest, shown
from snakespice.base.system import CPU_TIMES, MEMORY
from snakespice.config import names
from snakespice.config.axes import build_space, read_table
from snakespice.config.hub import Hub
from snakespice.config.schema import describe, load_schema, with_defaults
from snakespice.config.scope import ConfigScope, KeyPath
from snakespice.config.settings import Keep, Simulator
from snakespice.config.space import Space
from snakespice.config.yamlfile import as_written, load_yaml
from snakespice.templates.check import check_template

_CODE = "__use_yte__"
# What `auto` gives a job on a cluster. Cases mostly take a small part of their time limit, so a
# job that asks for hours lasts for minutes.
CLUSTER_CORE_HOURS = 8
CLUSTER_MAX_CASES = 1000


@dataclass(frozen=True)
class Testbench:
    """A template with the defaults of its parameters; `file` is None where it stands inline."""

    name: str
    file: Path | None
    template: Path
    parameters: dict[str, str]
    filename_raw: str
    filename_log: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Sweep:
    """A named set of cases of one testbench; `file` is None where it stands inline."""

    name: str
    file: Path | None
    testbench: Testbench
    space: Space
    seed: int
    cases_file: Path | None


@dataclass(frozen=True)
class Project:
    """A checked configuration. All paths are absolute, except `results`, as it is configured."""

    root: Path
    results: str
    dut: dict[str, str]
    sweeps: dict[str, Sweep]
    simulator: Simulator
    cases_per_job: int | None
    keep: Keep
    max_failed_fraction: float


def load_project(hub: Hub) -> Project:
    """Check a configuration and everything that it refers to, and return it resolved.

    Raises ConfigError, which lists every mistake in every file.
    """
    problems = Problems(list(hub.problems))
    root = Path(os.path.abspath(hub.base))
    for file, tree in hub.sources:
        if isinstance(tree, dict) and _CODE in tree and not hub.section:
            wrong = "has Snakemake run the Python that stands in the file (YTE)"
            problems.add(file, _CODE, wrong, "write down what it computes")

    def origin(path: KeyPath) -> Path | None:
        """Return the last of the files that lead furthest along a path."""
        depths = [(_depth(tree, path), index) for index, (_, tree) in enumerate(hub.sources)]
        return hub.sources[max(depths)[1]][0] if depths else None

    scope = ConfigScope(problems, root, origin, hub.section)
    data = with_defaults(scope.checked(dict(hub.config), "hub"), load_schema("hub"))
    dut = _dut(data["dut"] or {}, scope)
    testbenches = dict.fromkeys(_text_keys(hub.config.get("testbenches")))
    testbenches |= _testbenches(data["testbenches"], scope)
    swept: dict[str, set[str]] = {}
    sweeps = _sweeps(data["sweeps"], testbenches, swept, scope)
    simulator = _simulator(data["simulator"], scope)
    for bench in filter(None, testbenches.values()):
        known = [*bench.parameters, *swept.get(bench.name, ())]
        check_template(bench.template, root, known, dut, problems)
    problems.raise_if_any()
    return Project(
        root=root,
        results=data["results"],
        dut=dut,
        sweeps=sweeps,
        simulator=simulator,
        cases_per_job=_cases_per_job(data["execution"], simulator),
        keep=Keep(**data["keep"]),
        max_failed_fraction=data["gate"]["max_failed_fraction"],
    )


def holds_code(file: Path) -> bool:
    """Tell whether Snakemake would run Python from this configuration as it reads it."""
    tree = load_yaml(file, Problems())
    return isinstance(tree, dict) and _CODE in tree


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
    if data:
        scope.file(("dut", "netlist"), data["netlist"])
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


def _entry(
    entry: Any, scope: ConfigScope, path: KeyPath
) -> tuple[dict[str, Any], ConfigScope, Path | None] | None:
    """Return a testbench or sweep, where it stands, and its file; None after noting why not."""
    if isinstance(entry, dict):
        return entry, scope.below(*path), None
    if path[0] == "testbenches" and os.path.isdir(scope.path(entry)):
        entry = os.path.join(entry, "config.yaml")
    file = scope.file(path, entry)
    data = load_yaml(file, scope.problems, shown(file)) if file else None
    if file is None or data is None:
        return None
    if not isinstance(data, dict):
        scope.problems.add(shown(file), "", f"is {describe(data)}, must be a mapping")
        return None
    return data, ConfigScope(scope.problems, file.parent, lambda _: shown(file)), file


def _testbenches(entries: dict[str, Any], hub: ConfigScope) -> dict[str, Testbench | None]:
    """Return every testbench by its name; None for one that cannot be used."""
    testbenches: dict[str, Testbench | None] = {}
    for name, entry in entries.items():
        hub.add_fault(("testbenches",), names.testbench_name_fault(name))
        found = _entry(entry, hub, ("testbenches", name))
        testbenches[name] = _testbench(name, *found) if found else None
    return testbenches


def _testbench(
    name: str, data: dict[str, Any], scope: ConfigScope, file: Path | None
) -> Testbench | None:
    data = with_defaults(scope.checked(data, "testbench"), load_schema("testbench"))
    parameters = data["parameters"]
    for parameter, value in parameters.items():
        scope.add_fault(("parameters",), names.parameter_name_fault(parameter))
        scope.add_fault(("parameters", parameter), names.value_fault(value))
    for one, other in names.case_twins(parameters):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        scope.add(("parameters",), wrong, "rename one")
    _check_measures(data["measures"], parameters, scope)
    if data["filename_log"] in (NETLIST, LOG, RECORD):
        scope.add(("filename_log",), "is a file that snakespice itself writes", "rename it")
    template = scope.file(("template",), data["template"]) if data["template"] else None
    if not template:
        return None
    return Testbench(
        name=name,
        file=file,
        template=template,
        parameters={key: as_written(value) for key, value in parameters.items()},
        filename_raw=data["filename_raw"],
        filename_log=data["filename_log"],
        measures=tuple(data["measures"]),
    )


def _check_measures(measures: list[str], parameters: Mapping[str, Any], scope: ConfigScope) -> None:
    """Note measures that would share a column of measures.csv."""
    for index, measure in enumerate(measures):
        if measure in parameters or measure == "case_id":
            wrong = f'"{measure}" is already a column of measures.csv'
            scope.add(("measures", index), wrong, "rename the measure")
    for one, other in names.case_twins(measures):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        scope.add(("measures",), wrong, "rename one")


def _sweeps(
    entries: dict[str, Any],
    testbenches: Mapping[str, Testbench | None],
    swept: dict[str, set[str]],
    hub: ConfigScope,
) -> dict[str, Sweep]:
    """Return the sound sweeps; add to `swept` what any of them varies, by testbench."""
    for one, other in names.case_twins(entries):
        wrong = f'"{one}" and "{other}" differ by case only: some file systems cannot hold both'
        hub.add(("sweeps",), wrong, "rename one")
    sweeps = {}
    for name, entry in entries.items():
        hub.add_fault(("sweeps",), names.sweep_name_fault(name))
        found = _entry(entry, hub, ("sweeps", name))
        if found is None:
            continue
        data, scope, file = found
        bench = str(data.get("testbench"))
        swept[bench] = swept.get(bench, set()).union(_text_keys(data.get("parameters")))
        if sweep := _sweep(name, data, scope, file, testbenches):
            sweeps[name] = sweep
    return sweeps


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
    if faultless and not data["parameters"] and not data["cases"]:
        scope.add((), "varies nothing", "give it parameters or cases")
    swept = _text_keys(written.get("parameters"))
    defaults = list(bench.parameters) if bench else None
    for parameter in swept:
        if defaults is not None and parameter not in defaults:
            wrong = f'has no default in testbench "{bench_name}"'
            scope.add(("parameters", parameter), wrong, nearest(parameter, defaults))
    cases_file = scope.file(("cases",), data["cases"]) if data["cases"] else None
    table = read_table(cases_file, defaults, scope.problems) if cases_file else {}
    if "cases" in written and not table:  # its columns, which these may name, are not known
        data |= {"zip": [], "exclude": []}
    space = build_space(data, swept, table, scope)
    if bench is None or space is None:
        return None
    return Sweep(
        name=name,
        file=file,
        testbench=bench,
        space=space,
        seed=data["seed"],
        cases_file=cases_file,
    )


def _text_keys(data: Any) -> list[str]:
    return [key for key in data if isinstance(key, str)] if isinstance(data, dict) else []
