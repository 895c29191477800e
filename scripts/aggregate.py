"""Rule aggregate: gather the records of a sweep into run_status.csv and measures.csv.

It can be run by hand at any time; cases without a record are then `pending`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snakespice.hold import job
from snakespice.plan import read_plan
from snakespice.process import Abandoned
from snakespice.record import RecordFault, explain
from snakespice.summary import summarise
from snakespice.table import aggregate


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        with job(directory):
            aggregate(directory, read_plan(directory))
            print(*summarise(directory).lines(), sep="\n")
    except RecordFault as fault:
        print(fault, file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Abandoned:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
