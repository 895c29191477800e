"""sky130 inverter with a library that takes ngspice about 4 s to read, 100 cases."""

from __future__ import annotations

import decks
from harness import compare, scratch, snakespice
from peers import peer

CASES = 100
READING = 4  # s


def main() -> str:
    """Measure, print and return the table."""
    place = scratch()
    project = decks.inverter(place / "library", CASES, seconds=READING)
    contenders = [
        peer("xargs", project, 20, rounds=1),
        snakespice(project, CASES, "warm"),
        peer("pytest-xdist", project, 6, rounds=1),
        peer("spicelib", project, 6, rounds=1),
        peer("Snakemake, one job a case", project, 6, rounds=1),
    ]
    return compare(f"sky130 inverter, large library, {CASES} cases", contenders, rounds=3)


if __name__ == "__main__":
    main()
