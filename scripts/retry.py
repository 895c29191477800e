"""Prepare cases of a sweep to be simulated again by the next run of snakemake.

Which: --failed for all that did not complete, --failure WORD for those that failed in one way,
--cases 3,7-9 by number; several of these add up. Nothing is simulated here, and nothing is done
while a run works on the sweep. With --dry-run nothing is removed either.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from snakespice.base.files import UnusableFile, explain, remove
from snakespice.base.layout import RECORD, case_name, unit_cases, units
from snakespice.record.record import FAILURES
from snakespice.record.store import remove_record
from snakespice.sweep.case_record import read_case
from snakespice.sweep.lock import SweepLocked, lock_sweep
from snakespice.sweep.plan import Plan, read_plan
from snakespice.sweep.relocate import set_strangers_aside


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--failed", action="store_true", help="all that did not complete")
    parser.add_argument("--failure", action="append", default=[], choices=FAILURES)
    parser.add_argument("--cases", default="", metavar="3,7-9", help="these cases")
    parser.add_argument("--dry-run", action="store_true", help="only say which")
    arguments = parser.parse_args()
    if not (arguments.failed or arguments.failure or arguments.cases):
        parser.error("say which cases: --failed, --failure WORD or --cases 3,7-9")
    try:
        plan = read_plan(arguments.directory)
        named = _numbers(arguments.cases, len(plan))
    except (UnusableFile, ValueError) as fault:
        parser.error(str(fault))
    chosen = [
        case_id
        for case_id in range(1, len(plan) + 1)
        if case_id in named or _failed(arguments, plan, case_id)
    ]
    if not arguments.dry_run:
        try:
            with lock_sweep(arguments.directory):
                prepare(arguments.directory, plan, chosen)
        except SweepLocked as fault:
            print(fault, file=sys.stderr)
            return 1
        except OSError as fault:
            print(explain(fault, arguments.directory), file=sys.stderr)
            return 1
    verb = "would be" if arguments.dry_run else "will be"
    numbers = ", ".join(str(case_id) for case_id in chosen) or "none"
    print(f"{plan.sweep}: {len(chosen)} cases {verb} simulated by the next run: {numbers}")
    return 0


def prepare(directory: Path, plan: Plan, cases: list[int]) -> None:
    """Remove the records of `cases` and what Snakemake takes for their units' completion."""
    set_strangers_aside(directory)
    for case_id in cases:
        remove_record(directory / case_name(case_id) / RECORD)
    size = (plan.segments, plan.cases_per_job)
    wanted = set(cases)
    for unit in units(*size):
        if not wanted.isdisjoint(unit_cases(unit, *size)):
            remove(directory / unit / RECORD)


def _failed(arguments: argparse.Namespace, plan: Plan, case_id: int) -> bool:
    """Whether the case is one of those that --failed and --failure ask for."""
    try:
        record = read_case(arguments.directory, plan, case_id)
    except UnusableFile:
        return arguments.failed or "corrupt_status" in arguments.failure
    if record is None:
        return bool(arguments.failed)
    return record.failure is not None and (arguments.failed or record.failure in arguments.failure)


def _numbers(text: str, cases: int) -> set[int]:
    """Return the numbers in `3,7-9`; raise ValueError for anything else, or a case that is not."""
    numbers: set[int] = set()
    for item in filter(None, text.replace(" ", "").split(",")):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", item)
        if match is None:
            raise ValueError(f'--cases: "{item}" is neither a number nor a range like 7-9')
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= cases:
            raise ValueError(f"--cases: {item} is not among the cases 1 to {cases}")
        numbers.update(range(first, last + 1))
    return numbers


if __name__ == "__main__":
    sys.exit(main())
