"""Simulate a random sample of a sweep's cases again and compare with what is stored.

Each case is simulated from its kept netlist in a scratch directory, by one ngspice of its own; the
results are not touched. Exit code 0: all of them are equal, number for number. 1: one differs, or
there is nothing to compare; the lines say which and by how much.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

from snakespice.base.files import UnusableFile, explain
from snakespice.engines.ngspice import SimulatorMissing, find_ngspice
from snakespice.netlist.watched import InputChanged
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner
from snakespice.processes.sandbox import SandboxMissing
from snakespice.sweep.plan import read_plan
from snakespice.tables.recheck import Verifier, table_differences
from snakespice.unit.errors import MachineFault
from snakespice.unit.measuring import measurer_of


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--sample", type=int, default=20, metavar="N", help="so many cases (20)")
    arguments = parser.parse_args()
    if arguments.sample < 1:
        parser.error("--sample: at least one case")
    directory: Path = arguments.directory
    try:
        return verify(directory, arguments.sample)
    except (UnusableFile, SimulatorMissing, SandboxMissing, MachineFault, InputChanged) as fault:
        print(f"{directory.name}: {fault}", file=sys.stderr)
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
    return 1


def verify(directory: Path, sample: int) -> int:
    """Check so many cases and print what was found; return the exit code."""
    plan = read_plan(directory)
    ngspice = find_ngspice()
    cases = sorted(random.sample(range(1, len(plan) + 1), min(sample, len(plan))))
    measurer = measurer_of(directory, plan)
    in_tables = table_differences(directory, plan, cases)
    notes: Counter[str] = Counter()
    compared = different = 0
    with Guardian(1) as guardian:
        verifier = Verifier(directory, plan, ngspice, Runner(guardian, 0), measurer)
        for case_id in cases:
            check = verifier.check(case_id)
            notes.update(check.notes)
            differences = check.differences + in_tables[case_id]
            compared += check.is_compared
            different += bool(differences)
            values = ", ".join(f"{k}={v}" for k, v in plan.space.case(case_id).items())
            for difference in differences:
                print(f"{plan.sweep}, case {case_id} ({values}): {difference}", flush=True)
    for note, count in notes.items():
        print(f"{plan.sweep}: {note} ({count} of {compared} cases)")
    left_out = f"; {len(cases) - compared} have no result" if compared < len(cases) else ""
    print(
        f"{plan.sweep}: {compared} of {len(plan)} cases simulated again with {ngspice.version}:"
        f" {different or 'none'} different{left_out}"
    )
    return 0 if compared and not different else 1


if __name__ == "__main__":
    sys.exit(main())
