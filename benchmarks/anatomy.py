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
from snakespice.engines.cold import Cold, clear
from snakespice.engines.fork_server_client import Models
from snakespice.engines.grouping import groups
from snakespice.engines.warm import order_of
from snakespice.netlist.analyses import run
from snakespice.netlist.case import Case
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner
from snakespice.record.store import read_record
from snakespice.unit.pending import look
from snakespice.unit.settle import conclude, simulate
from snakespice.unit.unit import Done, Engine, How, Unit

if TYPE_CHECKING:
    from snakespice.engines.fork_server.wire import Order

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
            found = [look(unit, number) for number in unit.cases]
            cases = [case for case in found if not isinstance(case, Done)]
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
    engine = Cold(unit.settings)
    times = defaultdict[str, list[float]](list)
    for case in cases:
        lean = unit.settings.can_be_lean(case.closure.facts)
        commands = driver.card_commands(case.closure.facts, lambda: "")
        source = [f"source {'netlist.spice'}"]
        simulate = [*driver.save(case.closure.facts, commands), *run(commands)]
        write = driver.last_words(case.closure.facts, case.result_file)
        before = 0.0
        for step, lines in (
            ("start of ngspice", []),
            ("read the netlist", source),
            ("simulate", [*source, *simulate]),
            ("write the raw file", [*source, *simulate, *write]),
        ):
            (case.directory / case.result_file).unlink(missing_ok=True)
            wall = engine.drive(runner, case, lines, lean=lean).wall
            times[step].append(wall - before)
            before = wall
        _settle(unit, runner, case, engine, times)
    return {step: 1e3 * median(values) for step, values in times.items()}


def _warm(unit: Unit, guardian: Guardian, cases: list[tuple[Case, str]]) -> dict[str, float]:
    """Return the median time of each step of a warm case, ms."""
    (group,), _ = groups(cases)
    times = defaultdict[str, list[float]](list)
    clock = time.monotonic()
    with Models(group, unit.settings, unit.directory, guardian, 0, 1) as models:
        models.wait()
        loading = time.monotonic() - clock
        runner = Runner(guardian, 0)
        for case in group.cases:
            order = order_of(case, group.changes[case.number])
            before = 0.0
            steps: dict[str, Order] = {
                "fork, start, exit": {**order, "change": [_NONSENSE]},
                "set the circuit up": {**order, "run": [_NOTHING], "write": []},
                "simulate": {**order, "write": []},
                "write the raw file": order,
            }
            for step, part in steps.items():
                clear(case, unit.settings)
                wall = models.engine.follow(runner, case, part).wall
                times[step].append(wall - before)
                before = wall
            _settle(unit, runner, case, models.engine, times)
    taken = {step: 1e3 * median(values) for step, values in times.items()}
    return {"once a unit: load and read": 1e3 * loading, **taken}


def _settle(
    unit: Unit, runner: Runner, case: Case, engine: Engine, times: dict[str, list[float]]
) -> None:
    """Simulate and record a case; note what is not ngspice, and all."""
    clock = time.monotonic()
    ended, verdict = simulate(unit, runner, case, engine)
    conclude(unit, case, ended, verdict, How(engine.name))
    wall = time.monotonic() - clock
    record = read_record(case.directory / RECORD)
    simulating = (record and record.simulation_duration) or 0.0
    times["judge and record"].append(wall - simulating)
    times["all"].append(wall)


if __name__ == "__main__":
    main()
