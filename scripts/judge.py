"""Rule judge: what the cases of a sweep are worth by the specifications of its testbench.

Reads run_status.csv and measures.csv, and writes specs.csv, verdicts.csv and correlations.csv. By
hand it can be run at any time after aggregate.py; what is not known yet is incomplete then.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from snakespice.base.files import UnusableFile, explain
from snakespice.processes.process import Orphaned
from snakespice.specs.lines import Terms
from snakespice.specs.looks import count_looks
from snakespice.specs.read import read_cases
from snakespice.specs.report import write_tables
from snakespice.specs.tell import read_over_all, tell
from snakespice.sweep.lock import job
from snakespice.sweep.plan import read_plan
from snakespice.sweep.resolved import read_resolved


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    directory: Path = parser.parse_args().directory
    try:
        with job(directory):
            plan = read_plan(directory)
            cases = read_cases(directory, plan)
            terms = Terms(datetime.now(UTC).date(), count_looks(directory, plan, cases))
            write_tables(directory, cases, read_resolved(directory).specs, terms)
            print(*tell(read_over_all(directory)), sep="\n")
    except UnusableFile as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Orphaned:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
