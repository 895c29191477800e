"""Rule simulate: simulate the cases of one unit that are not done, and record every one."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from snakespice.base.files import UnusableFile, explain, write_json, write_text
from snakespice.base.layout import (
    PROGRESS,
    RECORD,
    part_file,
    part_of,
    postponed_file,
    unit_cases,
)
from snakespice.engines.code_models import lean_start
from snakespice.engines.ngspice import SimulatorMissing, find_ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.watched import InputChanged
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits
from snakespice.processes.process import Orphaned
from snakespice.processes.sandbox import SandboxMissing, find_sandbox
from snakespice.processes.workers import WorkerLost
from snakespice.record.record import MACHINE_FAULTS
from snakespice.sweep.index import read_index
from snakespice.sweep.lock import job
from snakespice.sweep.plan import read_plan
from snakespice.sweep.resolved import read_resolved
from snakespice.sweep.selection import Selection
from snakespice.tables.progress import Report
from snakespice.unit.errors import MachineFault, WrongMeasure
from snakespice.unit.inputs import Inputs, start_up_reads
from snakespice.unit.measuring import make_measurer
from snakespice.unit.recording import forget_measures
from snakespice.unit.schedule import simulate_unit
from snakespice.unit.storing import store_waveforms
from snakespice.unit.unit import Unit


def main() -> int:
    """Run the command line; return its exit code: 0 also where simulations failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("unit", help="case_7, or block_3 for a range of cases")
    parser.add_argument("--at-once", type=int, default=1, help="cases that run side by side")
    parser.add_argument("--attempt", type=int, default=1, help="which attempt of Snakemake's")
    arguments = parser.parse_args()
    place = f"{arguments.directory.name}, {arguments.unit}"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)
    try:
        with job(arguments.directory):
            simulate(arguments)
    except (
        UnusableFile,
        SimulatorMissing,
        SandboxMissing,
        InputChanged,
        MachineFault,
        WrongMeasure,
        WorkerLost,
    ) as fault:
        print(f"{place}: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{place}: {explain(fault, arguments.directory)}", file=sys.stderr)
        return 1
    except Orphaned:
        return 1
    return 0


def simulate(arguments: argparse.Namespace) -> None:
    """Simulate the unit and write its `run_status.json`."""
    directory: Path = arguments.directory
    unit = read_unit(directory, arguments.unit, arguments.attempt)
    postponed = False
    counts = {"completed": 0, "failed": 0, "kept": 0, "measured_again": 0}
    is_measured = False
    inputs = set()
    at_once = max(1, min(arguments.at_once, len(unit.cases)))
    with (
        Guardian(2 * at_once) as guardian,
        Report(directory / PROGRESS, arguments.unit) as report,
    ):
        for done in simulate_unit(unit, at_once, guardian):
            counts["failed" if done.failure else "completed"] += 1
            counts["kept"] += done.kept
            counts["measured_again"] += done.measured_again
            is_measured = is_measured or not (done.failure or done.wrong)
            if done.wrong and not is_measured:
                forget_measures(unit, done.case_id)
                raise WrongMeasure(
                    f"case {done.case_id}: {done.wrong}; nothing more is simulated until that is"
                    " corrected"
                )
            postponed = postponed or done.failure in MACHINE_FAULTS
            inputs.add(done.inputs_key)
            report.add(done)
    print(f"{len(unit.cases)} cases: {counts}")
    if unit.keep.waveforms == "store":
        count = store_waveforms(directory, arguments.unit, unit.cases, unit.keep)
        print(f"waveforms of {count} cases stored")
    if postponed:
        # A parameter of the rule: when it has changed, Snakemake runs the unit again.
        write_text(directory / postponed_file(arguments.unit), f"{time.time_ns()}\n")
    if arguments.unit.startswith("block_"):
        write_json(
            directory / arguments.unit / RECORD,
            {
                "unit": arguments.unit,
                "cases": [*unit.cases[:1], *unit.cases[-1:]],
                **counts,
                "inputs": sorted(filter(None, inputs)),
            },
            synced=True,
        )
    else:
        # A record that was kept is older than what it was made from; Snakemake goes by time.
        (directory / arguments.unit / RECORD).touch()


def read_unit(directory: Path, unit: str, attempt: int) -> Unit:
    """Return a unit of the sweep in `directory`, `block_3` for example."""
    plan, resolved = read_plan(directory), read_resolved(directory)
    simulator = resolved.simulator
    size = (plan.segments, plan.cases_per_job)
    ngspice = find_ngspice()
    sandboxed = simulator.sandbox == "bwrap"
    limits = Limits(simulator.timeout, simulator.mem_mb, simulator.max_output_mb)
    spiceinit = simulator.spiceinit.read_text() if simulator.spiceinit else ""
    return Unit(
        plan=plan,
        directory=directory,
        cases=Selection(plan, resolved.corners).of(unit_cases(unit, *size)),
        index=read_index(directory / part_file(part_of(unit, *size))),
        engine=simulator.engine,
        settings=EngineSettings(
            ngspice=ngspice,
            limits=limits,
            threads=simulator.threads,
            spiceinit=spiceinit,
            sandbox=find_sandbox(ngspice.path) if sandboxed else None,
            lean_start=None if sandboxed else lean_start(ngspice.path),  # not seen in a sandbox
        ),
        require=simulator.require,
        keep=resolved.keep,
        attempt=attempt,
        inputs=Inputs(directory, start_up_reads(spiceinit, directory / "case")),
        measurer=make_measurer(plan, limits, resolved.sources),
    )


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
