"""RC low-pass, 5,000 cases of about 10 ms: the whole command from start to tables."""

from __future__ import annotations

import decks
from harness import compare, scratch, snakespice
from peers import parallel, peer

CASES = 5000


def main() -> str:
    """Measure, print and return the table."""
    place = scratch()
    project = decks.rc(place / "rc", CASES)
    contenders = [
        peer("xargs", project, CASES),
        snakespice(project, CASES, "cold"),
        snakespice(project, CASES, "warm"),
        peer("xargs, waveforms instead of measures", project, CASES, rounds=1),
        # A part of the cases is enough to tell by how much these are slower.
        peer("xargs, threads as shipped", project, 1000, rounds=1),
        *parallel(project, 1000, rounds=1),
        peer("pytest-xdist", project, 1000, rounds=1),
        peer("spicelib", project, 1000, rounds=1),
        peer("Snakemake, one job a case", project, 200, rounds=1),
    ]
    return compare(f"RC low-pass, {CASES} cases of about 10 ms", contenders, rounds=5)


if __name__ == "__main__":
    main()
