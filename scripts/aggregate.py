"""Rule aggregate: gather the records of a sweep into run_status.csv and measures.csv.

With --run, provenance.json says where they come from, and overview.html shows both to a person. By
hand it can be run without, at any time; cases without a record are then `pending`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snakespice.base.files import UnusableFile, explain, write_text
from snakespice.base.layout import OVERVIEW
from snakespice.processes.process import Orphaned
from snakespice.processes.workers import WorkerLost
from snakespice.sweep.lock import job
from snakespice.sweep.plan import read_plan
from snakespice.sweep.resolved import read_resolved
from snakespice.tables.overview import overview
from snakespice.tables.provenance import write_provenance
from snakespice.tables.summary import summarise
from snakespice.tables.table import aggregate


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
            aggregate(directory, plan, arguments.at_once)
            summary = summarise(directory)
            print(*summary.lines(), sep="\n")
            if arguments.run:
                provenance = write_provenance(
                    directory, plan, read_resolved(directory).run, summary
                )
                write_text(directory / OVERVIEW, overview(directory, summary, provenance))
    except (UnusableFile, WorkerLost) as fault:
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
