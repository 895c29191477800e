"""Where the time of one cold and one warm case goes: the medians of many, step by step."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

import decks
from harness import REPOSITORY, scratch, told
from peers import netlists

sys.path.insert(0, str(REPOSITORY / "scripts"))

from simulate import read_unit
from snakespice.base.layout import RECORD
from snakespice.engines import driver
from snakespice.engines.case_directory import prepare
from snakespice.engines.cold import ColdEngine
from snakespice.engines.engine import Engine, EngineChoice
from snakespice.engines.fork_server_client import ForkServer
from snakespice.engines.grouping import group_cases
from snakespice.engines.warm import run_request
from snakespice.netlist.analyses import run
from snakespice.netlist.case import Case
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner
from snakespice.record.store import read_record
from snakespice.unit.case_result import CaseResult
from snakespice.unit.judging import simulate
from snakespice.unit.pending import find_pending
from snakespice.unit.recording import finish
from snakespice.unit.unit import Unit

if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import RunRequest

# A child that cannot set a parameter ends at once.
_NONSENSE = "nonsense"
_NOTHING = "echo"


def main() -> str:
    """Measure, print and return the table."""
    columns: dict[str, dict[str, float]] = {}
    place = scratch()
    for deck, project in (
        ("RC", decks.rc(place / "rc", 60)),
        ("sky130", decks.inverter(place / "inverter", 20)),
    ):
        directory = netlists(project)[0].parent.parent
        with Guardian(1) as guardian:
            runner = Runner(guardian, 0)
            unit = read_unit(directory, "block_1", attempt=1)
            found = [find_pending(unit, number) for number in unit.cases]
            cases = [case for case in found if not isinstance(case, CaseResult)]
            own = [case for case, _ in cases]
            columns[f"{deck}, cold"] = _cold(unit, runner, own)
            settings = replace(unit.settings, lean_start=None)
            whole = replace(unit, settings=settings)
            columns[f"{deck}, cold, code models"] = _cold(whole, runner, own)
            columns[f"{deck}, warm"] = _warm(unit, guardian, cases)
    steps = list(dict.fromkeys(step for column in columns.values() for step in column))
    rows = [
        (step, *(f"{column[step]:.2f}" if step in column else "" for column in columns.values()))
        for step in steps
    ]
    return told("Where the time of a case goes, ms", ("", *columns), rows)


def _cold(unit: Unit, runner: Runner, cases: Iterable[Case]) -> dict[str, float]:
    """Return the median time of each step of a cold case, ms."""
    engine = ColdEngine(unit.settings)
    times = defaultdict[str, list[float]](list)
    for case in cases:
        lean = unit.settings.can_be_lean(case.closure.facts)
        commands = driver.card_commands(case.closure.facts, lambda: "")
        source = [f"source {'netlist.spice'}"]
        simulate = [*driver.save_commands(case.closure.facts, commands), *run(commands)]
        write = driver.closing_lines(case)
        before = 0.0
        for step, lines in (
            ("start of ngspice", []),
            ("read the netlist", source),
            ("simulate", [*source, *simulate]),
            ("write the raw file", [*source, *simulate, *write]),
        ):
            (case.directory / case.result_file).unlink(missing_ok=True)
            wall = engine.run_ngspice(runner, case, lines, lean=lean).wall
            times[step].append(wall - before)
            before = wall
        _settle(unit, runner, case, engine, times)
    return {step: 1e3 * median(values) for step, values in times.items()}


def _warm(unit: Unit, guardian: Guardian, cases: list[tuple[Case, str]]) -> dict[str, float]:
    """Return the median time of each step of a warm case, ms."""
    (group,), _ = group_cases(cases)
    times = defaultdict[str, list[float]](list)
    clock = time.monotonic()
    with ForkServer(group, unit.settings, unit.directory, guardian, 0, 1) as server:
        server.wait()
        loading = time.monotonic() - clock
        runner = Runner(guardian, 0)
        for case in group.cases:
            request = run_request(case, group.changes[case.number])
            before = 0.0
            steps: dict[str, RunRequest] = {
                "fork, start, exit": {**request, "change": [_NONSENSE]},
                "set the circuit up": {**request, "run": [_NOTHING], "write": []},
                "simulate": {**request, "write": []},
                "write the raw file": request,
            }
            for step, part in steps.items():
                prepare(case, unit.settings)
                wall = server.engine.run_child(runner, case, part).wall
                times[step].append(wall - before)
                before = wall
            _settle(unit, runner, case, server.engine, times)
    taken = {step: 1e3 * median(values) for step, values in times.items()}
    return {"once a unit: load and read": 1e3 * loading, **taken}


def _settle(
    unit: Unit, runner: Runner, case: Case, engine: Engine, times: dict[str, list[float]]
) -> None:
    """Simulate and record a case; note what is not ngspice, and all."""
    clock = time.monotonic()
    ended, verdict = simulate(runner, case, engine, unit.plan.measures)
    finish(unit, case, ended, verdict, EngineChoice(engine.name))
    wall = time.monotonic() - clock
    record = read_record(case.directory / RECORD)
    simulating = (record and record.simulation_duration) or 0.0
    times["judge and record"].append(wall - simulating)
    times["all"].append(wall)


if __name__ == "__main__":
    main()
