"""sky130 inverter with a library that takes ngspice about 4 s to read, 100 cases."""

from __future__ import annotations

import decks
from harness import compare, scratch, snakespice
from peers import peer

CASES = 100
COPIES = 36


def main() -> str:
    """Measure, print and return the table."""
    place = scratch()
    project = decks.inverter(place / "library", CASES, copies=COPIES)
    contenders = [
        peer("xargs", project, CASES, rounds=1),
        snakespice(project, CASES, "warm"),
        peer("pytest-xdist", project, 10, rounds=1),
        peer("spicelib", project, 10, rounds=1),
        peer("Snakemake, one job a case", project, 10, rounds=1),
    ]
    return compare(f"sky130 inverter, large library, {CASES} cases", contenders, rounds=3)


if __name__ == "__main__":
    main()
