"""RC low-pass, 5,000 cases of about 10 ms: the whole command from start to tables."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import decks
from harness import compare, snakespice
from peers import peer


def main(cases: int, rounds: int) -> str:
    """Measure, print and return the table."""
    with tempfile.TemporaryDirectory() as scratch:
        project = decks.rc(Path(scratch) / "rc", cases)
        contenders = [
            peer("xargs", project, cases),
            snakespice("snakespice, cold", project, cases, engine="cold"),
            snakespice("snakespice, auto", project, cases),
            peer("xargs, threads as shipped", project, cases),
            peer("GNU parallel", project, cases),
            # These are many times slower; a part of the cases is enough to tell by how much.
            peer("pytest-xdist", project, min(cases, 1000)),
            peer("spicelib", project, min(cases, 1000)),
            peer("Snakemake, one job a case", project, min(cases, 300)),
        ]
        return compare(f"RC low-pass, {cases} cases", contenders, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.cases, arguments.rounds)
