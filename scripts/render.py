"""Rule render: write the netlists of a part of a sweep, and their index."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snakespice.base.files import UnusableFile, explain, write_json
from snakespice.base.layout import part_cases, part_file
from snakespice.processes.process import Orphaned
from snakespice.processes.workers import WorkerLost
from snakespice.sweep.lock import job
from snakespice.sweep.measure_check import faults_of_measures
from snakespice.sweep.plan import read_plan
from snakespice.sweep.render import render_part
from snakespice.sweep.resolved import read_resolved
from snakespice.templates.includes import UnsetVariable


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("part", type=int, help="which part of the sweep, from 1")
    parser.add_argument("--at-once", type=int, default=1, help="processes that render")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        with job(directory):
            plan = read_plan(directory)
            cases = part_cases(arguments.part, plan.segments, plan.cases_per_job)
            if faults := list(faults_of_measures(directory, plan, cases)):
                print(*(f"{plan.sweep}: {fault}" for fault in faults), sep="\n", file=sys.stderr)
                return 1
            # One that does not stay is made by who needs it, and perhaps nobody does.
            write = read_resolved(directory).keep.netlists == "always"
            index = render_part(plan, directory, cases, write=write, at_once=arguments.at_once)
            write_json(directory / part_file(arguments.part), index, synced=True)
    except (UnusableFile, UnsetVariable, WorkerLost) as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Orphaned:
        return 1
    print(f"{len(index['netlists'])} netlists, {len(index['faults'])} template errors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
