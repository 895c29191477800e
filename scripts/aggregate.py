"""Rule aggregate: gather the records of a sweep into run_status.csv and measures.csv.

With --run, provenance.json says where they come from, and overview.html shows both to a person. By
hand it can be run without, at any time; cases without a record are then `pending`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from snakespice.hold import job
from snakespice.layout import OVERVIEW
from snakespice.overview import overview
from snakespice.plan import read_plan
from snakespice.process import Abandoned
from snakespice.provenance import write_provenance
from snakespice.record import RecordFault, explain, write_text
from snakespice.summary import summarise
from snakespice.table import aggregate
from snakespice.workers import WorkerLost


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--run", type=json.loads, help="the run, for provenance.json, as JSON")
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
                provenance = write_provenance(directory, plan, arguments.run, summary)
                write_text(directory / OVERVIEW, overview(directory, summary, provenance))
    except (RecordFault, WorkerLost) as fault:
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
