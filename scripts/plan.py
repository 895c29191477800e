"""Rule plan: write the plan of one sweep, and move earlier results to their cases' new numbers."""

from __future__ import annotations

import argparse
import sys
from array import array
from functools import partial
from pathlib import Path

from snakespice.base.files import UnusableFile, explain, write_json, written_aside
from snakespice.base.layout import METADATA, PLAN
from snakespice.base.spreadsheet import as_csv
from snakespice.processes.process import Orphaned
from snakespice.processes.workers import WorkerLost, chunks, map_in_order
from snakespice.sweep.lock import job
from snakespice.sweep.plan import Plan, result_path
from snakespice.sweep.relocate import relocate
from snakespice.sweep.resolved import read_resolved
from snakespice.sweep.seeds import with_seeds

CASES_PER_SHARE = 10_000


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--at-once", type=int, default=1, help="processes that look at the cases")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        with job(directory):
            plan = make_plan(directory, read_resolved(directory).plan, arguments.at_once)
    except (UnusableFile, WorkerLost) as fault:
        print(f"{directory.name}: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Orphaned:
        return 1
    print(f"{plan.sweep}: {len(plan)} cases")
    return 0


def make_plan(directory: Path, plan: Plan, at_once: int) -> Plan:
    """Write the plan and `metadata.csv`, and move earlier results to their cases' new numbers."""
    shares = chunks(range(1, len(plan) + 1), CASES_PER_SHARE)
    seeds = array("l")
    with written_aside(directory / METADATA) as file:
        names = (*plan.space.labels, *plan.space.names)
        file.write(as_csv([["case_id", *names, "result_file"]]))
        for first_seeds, rows in map_in_order(partial(look_at, plan), shares, at_once):
            seeds += first_seeds
            file.write(rows)
    if plan.space.random is None:
        plan = with_seeds(plan, seeds)
    relocate(directory, plan)
    write_json(directory / PLAN, plan.to_json(), synced=True)
    return plan


def look_at(plan: Plan, cases: range) -> tuple[array[int], str]:
    """Return the first seeds of some cases, and their rows: number, parameters and raw file."""
    seeds, rows = array("l"), []
    for case_id, labels, own in plan.space.labelled(cases):
        seeds.append(plan.first_seed(case_id, own))
        rows.append([case_id, *labels.values(), *own.values(), result_path(plan, case_id)])
    return seeds, as_csv(rows)


if __name__ == "__main__":
    sys.exit(main())
