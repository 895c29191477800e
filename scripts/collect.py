"""Put the waveforms of all cases of a sweep into stores, one a unit, and remove the raw files.

The same is done in a run with `keep: {waveforms: store}`. --signals stores only some, --single
rounds them to single precision. Nothing is done while a run works on the sweep.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from snakespice.base.files import UnusableFile, explain
from snakespice.base.layout import unit_cases, units
from snakespice.config.settings import Keep
from snakespice.sweep.lock import SweepLocked, lock_sweep
from snakespice.sweep.plan import read_plan
from snakespice.sweep.resolved import read_resolved
from snakespice.tables.table import aggregate
from snakespice.unit.storing import store_waveforms
from snakespice.verdict.raw import RawError


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--signals", nargs="+", default=[], metavar="NAME", help='"v(out)" ...')
    parser.add_argument("--single", action="store_true", help="in single precision")
    parser.add_argument("--at-once", type=int, default=1, help="processes that read the records")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    precision = "single" if arguments.single else "double"
    keep = Keep("store", "always", "always", tuple(arguments.signals), precision)
    try:
        plan, resolved = read_plan(directory), read_resolved(directory)
        size = (plan.segments, plan.cases_per_job)
        with lock_sweep(directory):
            count = sum(
                store_waveforms(directory, unit, unit_cases(unit, *size), keep)
                for unit in units(*size)
            )
            aggregate(directory, plan, arguments.at_once, resolved.corners, resolved.units)
    except (UnusableFile, SweepLocked, RawError) as fault:
        print(f"{directory.name}: {fault}", file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"{directory.name}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    print(f"{plan.sweep}: waveforms of {count} cases stored")
    return 0


if __name__ == "__main__":
    sys.exit(main())
