"""Rule simulate: simulate the cases of one unit that are not done, and record every one."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from snakespice.admission import Requirement
from snakespice.engines.code_models import lean_start
from snakespice.engines.cold import Settings
from snakespice.guardian import Guardian
from snakespice.hold import job
from snakespice.index import read_index
from snakespice.keep import CHOICES, Keep
from snakespice.layout import (
    PROGRESS,
    RECORD,
    part_file,
    part_of,
    postponed_file,
    unit_cases,
)
from snakespice.limits import Limits
from snakespice.ngspice import SimulatorMissing, find_ngspice
from snakespice.plan import read_plan
from snakespice.process import Abandoned
from snakespice.progress import Report
from snakespice.record import MACHINE_FAULTS, RecordFault, explain, write_json, write_text
from snakespice.sandbox import SandboxMissing, find_sandbox
from snakespice.simulate import simulate_unit
from snakespice.unit import MachineFault, Stale, Unit, identity
from snakespice.workers import WorkerLost


def main() -> int:
    """Run the command line; return its exit code: 0 also where simulations failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("unit", help="case_7, or block_3 for a range of cases")
    parser.add_argument("--engine", choices=["auto", "cold", "warm"], default="auto")
    parser.add_argument("--timeout", type=float, required=True, help="s of wall clock a case")
    parser.add_argument("--mem-mb", type=int, required=True, help="MB of memory a case")
    parser.add_argument("--max-output-mb", type=float, default=10000, help="MB a case writes")
    parser.add_argument("--at-once", type=int, default=1, help="cases that run side by side")
    parser.add_argument("--threads", type=int, default=1, help="threads of one ngspice")
    parser.add_argument("--sandbox", choices=["none", "bwrap"], default="none")
    parser.add_argument("--free-mem-mb", type=float, help="MB that must be free to start a case")
    parser.add_argument("--max-cpu-percent", type=float, help="how busy the processors may be then")
    parser.add_argument("--wait", type=float, default=0, help="s that a case may wait for that")
    parser.add_argument("--spiceinit", type=Path, help="a file of commands to run first")
    parser.add_argument(
        "--keep",
        nargs=3,
        choices=CHOICES,
        default=("always",) * 3,
        metavar=("WAVEFORMS", "LOGS", "NETLISTS"),
        help="of which cases these files stay: always, failed or never",
    )
    parser.add_argument("--attempt", type=int, default=1, help="which attempt of Snakemake's")
    arguments = parser.parse_args()
    place = f"{arguments.directory.name}, {arguments.unit}"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)
    try:
        with job(arguments.directory):
            simulate(arguments)
    except (
        RecordFault,
        SimulatorMissing,
        SandboxMissing,
        Stale,
        MachineFault,
        WorkerLost,
    ) as fault:
        print(f"{place}: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{place}: {explain(fault, arguments.directory)}", file=sys.stderr)
        return 1
    except Abandoned:
        return 1
    return 0


def simulate(arguments: argparse.Namespace) -> None:
    """Simulate the unit and write its `run_status.json`."""
    directory: Path = arguments.directory
    unit = read_unit(arguments)
    postponed = False
    counts = {"completed": 0, "failed": 0, "kept": 0}
    at_once = max(1, min(arguments.at_once, len(unit.cases)))
    with (
        Guardian(2 * at_once) as guardian,
        Report(directory / PROGRESS, arguments.unit) as report,
    ):
        for done in simulate_unit(unit, at_once, guardian):
            counts["failed" if done.failure else "completed"] += 1
            counts["kept"] += done.kept
            postponed = postponed or done.failure in MACHINE_FAULTS
            report.add(done)
    print(f"{len(unit.cases)} cases: {counts}")
    if postponed:
        # A parameter of the rule: when it has changed, Snakemake runs the unit again.
        write_text(directory / postponed_file(arguments.unit), f"{time.time_ns()}\n")
    if arguments.unit.startswith("block_"):
        write_json(
            directory / arguments.unit / RECORD,
            {"unit": arguments.unit, "cases": [unit.cases[0], unit.cases[-1]], **counts},
        )
    else:
        # A record that was kept is older than what it was made from; Snakemake goes by time.
        (directory / arguments.unit / RECORD).touch()


def read_unit(arguments: argparse.Namespace) -> Unit:
    """Return the unit that the command line names."""
    directory: Path = arguments.directory
    plan = read_plan(directory)
    size = (len(plan), plan.cases_per_job)
    ngspice = find_ngspice()
    sandboxed = arguments.sandbox == "bwrap"
    return Unit(
        plan=plan,
        directory=directory,
        cases=unit_cases(arguments.unit, *size),
        index=read_index(directory / part_file(part_of(arguments.unit, *size))),
        engine=arguments.engine,
        settings=Settings(
            ngspice=ngspice,
            limits=Limits(arguments.timeout, arguments.mem_mb, arguments.max_output_mb),
            threads=arguments.threads,
            spiceinit=arguments.spiceinit.read_text() if arguments.spiceinit else "",
            sandbox=find_sandbox(ngspice.path) if sandboxed else None,
            lean_start=None if sandboxed else lean_start(ngspice.path),  # not seen in a sandbox
        ),
        require=Requirement(arguments.free_mem_mb, arguments.max_cpu_percent, arguments.wait),
        keep=Keep(*arguments.keep),
        attempt=arguments.attempt,
        program=identity(ngspice.path),
    )


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
