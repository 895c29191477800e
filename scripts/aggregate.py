"""Rule aggregate: gather the records of a sweep into run_status.csv and measures.csv.

With --run, provenance.json says where they come from, and overview.html shows both to a person. By
hand it can be run without, at any time; cases without a record are then `pending`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from snakespice.base.files import UnusableFile, explain, write_text
from snakespice.base.layout import OVERVIEW, postponed_file, unit_with
from snakespice.processes.process import Orphaned
from snakespice.processes.workers import WorkerLost
from snakespice.sweep.inputs import forget_inputs
from snakespice.sweep.lock import job
from snakespice.sweep.plan import Plan, read_plan
from snakespice.sweep.resolved import read_resolved
from snakespice.tables.overview import overview
from snakespice.tables.provenance import write_provenance
from snakespice.tables.summary import summarise
from snakespice.tables.table import aggregate
from snakespice.unit.storing import forget_stores


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--run", action="store_true", help="write provenance and overview, too")
    parser.add_argument("--at-once", type=int, default=1, help="processes that read the records")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        with job(directory):
            plan = read_plan(directory)
            resolved = read_resolved(directory)
            pending = aggregate(
                directory, plan, arguments.at_once, resolved.corners, resolved.units
            )
            summary = summarise(directory)
            print(*summary.lines(), sep="\n")
            if arguments.run:
                have_simulated(directory, plan, pending)
                provenance = write_provenance(directory, plan, resolved.run, summary)
                write_text(
                    directory / OVERVIEW, overview(directory, summary, provenance), synced=True
                )
                forget_inputs(directory, but=summary.ran_with["inputs_key"])
                forget_stores(directory, but=summary.ran_with["waveform_store"])
    except (UnusableFile, WorkerLost) as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Orphaned:
        return 1
    return 0


def have_simulated(directory: Path, plan: Plan, pending: list[int]) -> None:
    """Have the next run simulate what is pending: a parameter of its unit's job changes."""
    for unit in {unit_with(case_id, plan.segments, plan.cases_per_job) for case_id in pending}:
        write_text(directory / postponed_file(unit), f"{time.time_ns()}\n")


if __name__ == "__main__":
    sys.exit(main())
