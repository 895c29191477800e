"""Rule gate: exit 1 where too many cases failed, or a specification is not met.

It runs once everything is recorded.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snakespice.base.files import write_text
from snakespice.specs.tell import is_met, read_over_all, tell
from snakespice.tables.summary import summarise


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("allowed", type=float, help="the fraction of cases that may fail, 0 to 1")
    parser.add_argument("tables", type=Path, nargs="+", help="run_status.csv of the sweeps")
    parser.add_argument(
        "--specs", type=Path, nargs="*", default=[], help="specs.csv of those that must pass"
    )
    parser.add_argument("--output", type=Path, required=True, help="written when the gate passes")
    arguments = parser.parse_args()
    report = []
    passed = True
    for table in arguments.tables:
        summary = summarise(table.parent)
        lost = summary.total_failed + summary.pending
        asked = summary.total - summary.not_selected
        fine = lost <= arguments.allowed * asked
        passed = passed and fine
        report.append(
            f"{table.parent.name}: {lost} of {asked} cases did not complete;"
            f" {'within' if fine else 'MORE THAN'} the {arguments.allowed:.4g} of all cases"
            " that gate.max_failed_fraction allows"
        )
    for path in arguments.specs:
        rows = read_over_all(path.parent)
        met = all(map(is_met, rows))
        passed = passed and met
        word = "are met" if met else "are NOT MET, and gate.specs asks that they are"
        report.append(f"{path.parent.name}: specifications {word}")
        report += (f"  {line}" for line in tell(rows))
    print(*report, sep="\n")
    if passed:
        write_text(arguments.output, "\n".join(report) + "\n")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
