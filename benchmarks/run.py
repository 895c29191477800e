"""Run all benchmarks, print their tables, and write them to benchmarks/results.md: `make bench`."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime

import anatomy
import inverter
import library
import long
import million
import rc
import trivial
from harness import CORES, REPOSITORY, machine

PARTS = (rc, inverter, library, long, trivial, million, anatomy)
NEED_MODELS = {inverter, library, anatomy}
HEAD = """# Benchmarks

{machine}, {date}. Written by `make bench` in {minutes:.0f} minutes.

All commands use {cores} cores and are timed as a whole, from the start to the tables. In each
table they run in turn, there and back, and what counts is the ratio, not the seconds: the median of
those within each round, as the machine is now faster, now slower. "threads as shipped" is without
`OMP_THREAD_LIMIT=1`, which all others have. The peers start ngspice and look at nothing; where one
is slow, it gets a part of the cases, and its time a case is compared.

"""


def main() -> int:
    """Run the benchmarks; leave out, and say so, what needs PDK_ROOT where it is not set."""
    started = time.monotonic()
    tables = []
    for part in PARTS:
        name = part.__name__
        if part in NEED_MODELS and not os.environ.get("PDK_ROOT"):
            tables.append(f"### {name}\n\nLeft out: PDK_ROOT is not set.\n")
            print(tables[-1])
            continue
        print(f"-- {name}: {part.__doc__}", file=sys.stderr, flush=True)
        tables.append(part.main())
    head = HEAD.format(
        machine=machine(),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        minutes=(time.monotonic() - started) / 60,
        cores=CORES,
    )
    (REPOSITORY / "benchmarks/results.md").write_text(head + "\n".join(tables))
    return 0


if __name__ == "__main__":
    sys.exit(main())
