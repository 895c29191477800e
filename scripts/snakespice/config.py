"""From the configuration files to a Project, or to one message with all mistakes in them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from snakespice import names
from snakespice.admission import Requirement, is_possible
from snakespice.axes import build_space, read_table
from snakespice.hub import merged
from snakespice.keep import Keep
from snakespice.layout import LOG, NETLIST, RECORD
from snakespice.problems import Problems, nearest, shown
from snakespice.schema import describe, key_path
from snakespice.space import Space
from snakespice.template_check import check_template
from snakespice.where import KeyPath, Where
from snakespice.yamlfile import as_written, load_yaml

_CODE = "__use_yte__"
# What `auto` gives a job on a cluster. Cases mostly take a small part of their time limit, so a
# job that asks for hours lasts for minutes.
CORE_SECONDS = 8 * 3600
MOST_CASES = 1000


@dataclass(frozen=True)
class Simulator:
    """How ngspice is run: `timeout` in seconds of wall clock, sizes in megabytes, per case.

    `sandbox` is `none` or `bwrap`.
    """

    engine: str
    timeout: float
    mem_mb: int
    max_output_mb: float
    threads: int
    spiceinit: Path | None
    sandbox: str
    require: Requirement

    @property
    def longest(self) -> float:
        """The longest time that a case can take, in seconds."""
        return self.timeout + (self.require.wait if self.require.options() else 0)


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


def load_project(
    config: Mapping[str, Any],
    files: Sequence[Path],
    base: Path,
    section: tuple[str, ...] = (),
) -> Project:
    """Check a configuration and everything that it refers to, and return it resolved.

    `config` is the hub as Snakemake merged it, `files` are those it came from (their text is used
    where it says the same), `section` leads to it in them, and its paths are relative to `base`.
    Raises ConfigError, which lists every mistake in every file.
    """
    problems = Problems()
    root = Path(os.path.abspath(base))
    sources = [(shown(Path(os.path.abspath(file))), load_yaml(file, problems)) for file in files]
    if section:  # what else stands in the files is another workflow's
        here = f"{key_path(section)}."
        problems.found = [problem for problem in problems if problem.key.startswith(here)]

    for file, tree in sources:
        if isinstance(tree, dict) and _CODE in tree and not section:
            wrong = "has Snakemake run the Python that stands in the file (YTE)"
            problems.add(file, _CODE, wrong, "write down what it computes")

    def origin(path: KeyPath) -> Path | None:
        """Return the last of the files that lead furthest along a path."""
        depths = [(_depth(tree, path), index) for index, (_, tree) in enumerate(sources)]
        return sources[max(depths)[1]][0] if depths else None

    where = Where(problems, root, origin, section)
    written: Any = merged(tree for _, tree in sources)
    for key in section:
        written = written[key]
    hub = where.checked(_rewritten(config, written), "hub")
    dut = _dut(hub.get("dut", {}), where)
    testbenches = dict.fromkeys(_text_keys(config.get("testbenches")))
    testbenches |= _testbenches(hub.get("testbenches", {}), where)
    swept: dict[str, set[str]] = {}
    sweeps = _sweeps(hub.get("sweeps", {}), testbenches, swept, where)
    simulator = _simulator(hub.get("simulator", {}), where)
    for bench in filter(None, testbenches.values()):
        check_template(bench, root, swept.get(bench.name, set()), dut, problems)
    problems.raise_if_any()
    return Project(
        root=root,
        results=hub.get("results", "results"),
        dut=dut,
        sweeps=sweeps,
        simulator=simulator,
        cases_per_job=_cases_per_job(hub.get("execution", {}), simulator),
        keep=Keep(**hub.get("keep", {})),
        max_failed_fraction=float(hub.get("gate", {}).get("max_failed_fraction", 1.0)),
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


def _rewritten(value: Any, written: Any) -> Any:
    """Return `value` with the text as written wherever `written` says the same."""
    if isinstance(value, Mapping):
        keys = written if isinstance(written, dict) else {}
        return {key: _rewritten(item, keys.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        alike = isinstance(written, list) and len(written) == len(value)
        items = written if alike else [None] * len(value)
        return [_rewritten(item, text) for item, text in zip(value, items, strict=True)]
    if isinstance(value, date):  # a date to YAML, and text to us
        return value.isoformat() if written is None else written
    same = not isinstance(value, bool) and isinstance(written, type(value)) and value == written
    return written if same else value


def _dut(data: dict[str, str], where: Where) -> dict[str, str]:
    """Return the absolute paths of the device under test; its netlist must exist."""
    if "netlist" in data:
        where.file(("dut", "netlist"), data["netlist"])
    return {key: str(where.path(text)) for key, text in data.items()}


def _simulator(data: dict[str, Any], where: Where) -> Simulator:
    spiceinit = data.get("spiceinit")
    engine, sandbox = data.get("engine", "auto"), data.get("sandbox", "none")
    if (engine, sandbox) == ("warm", "bwrap"):
        wrong = "confines every ngspice by itself, and the warm engine starts one for many cases"
        where.add(("simulator", "sandbox"), wrong, "take engine: cold or auto")
    return Simulator(
        engine=engine,
        timeout=float(data.get("timeout", 60)),
        mem_mb=int(data.get("mem_mb", 1000)),
        max_output_mb=float(data.get("max_output_mb", 10000)),
        threads=int(data.get("threads", 1)),
        spiceinit=where.file(("simulator", "spiceinit"), spiceinit) if spiceinit else None,
        sandbox=sandbox,
        require=_requirement(data.get("require", {}), where),
    )


def _cases_per_job(data: dict[str, Any], simulator: Simulator) -> int | None:
    """Return how many cases a job simulates; None where the number of cases alone decides."""
    if (chosen := data.get("cases_per_job", "auto")) != "auto":
        return int(chosen)
    if data.get("auto_for", "machine") == "machine":
        return None
    at_the_longest = simulator.longest * simulator.threads
    return min(MOST_CASES, max(1, int(CORE_SECONDS / at_the_longest)))


def _requirement(data: dict[str, Any], where: Where) -> Requirement:
    if data and not is_possible():
        wrong = "needs /proc/meminfo and /proc/stat, which only Linux has"
        where.add(("simulator", "require"), wrong, "remove it")
    return Requirement(
        free_mem_mb=data.get("free_mem_mb"),
        max_cpu_percent=data.get("max_cpu_percent"),
        wait=float(data.get("wait", 60)),
    )


def _entry(
    entry: Any, where: Where, path: KeyPath
) -> tuple[dict[str, Any], Where, Path | None] | None:
    """Return a testbench or sweep, where it stands, and its file; None after noting why not."""
    if isinstance(entry, dict):
        return entry, where.below(*path), None
    if path[0] == "testbenches" and os.path.isdir(where.path(entry)):
        entry = os.path.join(entry, "config.yaml")
    file = where.file(path, entry)
    data = load_yaml(file, where.problems, shown(file)) if file else None
    if file is None or data is None:
        return None
    if not isinstance(data, dict):
        where.problems.add(shown(file), "", f"is {describe(data)}, must be a mapping")
        return None
    return data, Where(where.problems, file.parent, lambda _: shown(file)), file


def _testbenches(entries: dict[str, Any], hub: Where) -> dict[str, Testbench | None]:
    """Return every testbench by its name; None for one that cannot be used."""
    testbenches: dict[str, Testbench | None] = {}
    for name, entry in entries.items():
        hub.add_fault(("testbenches",), names.testbench_name_fault(name))
        found = _entry(entry, hub, ("testbenches", name))
        testbenches[name] = _testbench(name, *found) if found else None
    return testbenches


def _testbench(
    name: str, data: dict[str, Any], where: Where, file: Path | None
) -> Testbench | None:
    data = where.checked(data, "testbench")
    parameters = data.get("parameters", {})
    for parameter, value in parameters.items():
        where.add_fault(("parameters",), names.parameter_name_fault(parameter))
        where.add_fault(("parameters", parameter), names.value_fault(value))
    for one, other in names.case_twins(parameters):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        where.add(("parameters",), wrong, "rename one")
    _check_measures(data.get("measures", []), parameters, where)
    if data.get("filename_log") in (NETLIST, LOG, RECORD):
        where.add(("filename_log",), "is a file that snakespice itself writes", "rename it")
    template = where.file(("template",), data["template"]) if "template" in data else None
    if not template:
        return None
    return Testbench(
        name=name,
        file=file,
        template=template,
        parameters={key: as_written(value) for key, value in parameters.items()},
        filename_raw=data.get("filename_raw", "results.raw"),
        filename_log=data.get("filename_log", "sim.log"),
        measures=tuple(data.get("measures", ())),
    )


def _check_measures(measures: list[str], parameters: Mapping[str, Any], where: Where) -> None:
    """Note measures that would share a column of measures.csv."""
    for index, measure in enumerate(measures):
        if measure in parameters or measure == "case_id":
            wrong = f'"{measure}" is already a column of measures.csv'
            where.add(("measures", index), wrong, "rename the measure")
    for one, other in names.case_twins(measures):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        where.add(("measures",), wrong, "rename one")


def _sweeps(
    entries: dict[str, Any],
    testbenches: Mapping[str, Testbench | None],
    swept: dict[str, set[str]],
    hub: Where,
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
        data, where, file = found
        bench = str(data.get("testbench"))
        swept[bench] = swept.get(bench, set()).union(_text_keys(data.get("parameters")))
        if sweep := _sweep(name, data, where, file, testbenches):
            sweeps[name] = sweep
    return sweeps


def _sweep(
    name: str,
    written: dict[str, Any],
    where: Where,
    file: Path | None,
    testbenches: Mapping[str, Testbench | None],
) -> Sweep | None:
    before = len(where.problems.found)
    data = where.checked(written, "sweep")
    faultless = len(where.problems.found) == before
    bench_name = data.get("testbench", "")
    bench = testbenches.get(bench_name)
    if bench_name and bench_name not in testbenches:
        wrong = f'"{bench_name}" is no testbench'
        where.add(("testbench",), wrong, nearest(bench_name, list(testbenches)))
    if faultless and not data.get("parameters") and "cases" not in data:
        where.add((), "varies nothing", "give it parameters or cases")
    swept = _text_keys(written.get("parameters"))
    defaults = list(bench.parameters) if bench else None
    for parameter in swept:
        if defaults is not None and parameter not in defaults:
            wrong = f'has no default in testbench "{bench_name}"'
            where.add(("parameters", parameter), wrong, nearest(parameter, defaults))
    cases_file = where.file(("cases",), data["cases"]) if "cases" in data else None
    table = read_table(cases_file, defaults, where.problems) if cases_file else {}
    if "cases" in written and not table:  # its columns, which these may name, are not known
        data = {key: data[key] for key in data.keys() - {"zip", "exclude"}}
    space = build_space(data, swept, table, where)
    if bench is None or space is None:
        return None
    return Sweep(
        name=name,
        file=file,
        testbench=bench,
        space=space,
        seed=int(data.get("seed", 1)),
        cases_file=cases_file,
    )


def _text_keys(data: Any) -> list[str]:
    return [key for key in data if isinstance(key, str)] if isinstance(data, dict) else []
