"""sky130 inverter, 500 cases, as they are and with Monte Carlo draws: what reading models costs."""

from __future__ import annotations

import decks
from harness import compare, scratch, snakespice
from peers import parallel, peer

CASES = 500


def main() -> str:
    """Measure, print and return the tables."""
    tables = []
    for random in (False, True):
        place = scratch()
        project = decks.inverter(place / "inverter", CASES, random=random)
        contenders = [
            peer("xargs", project, 100, rounds=2),
            snakespice(project, CASES, "warm"),
            *parallel(project, 50, rounds=1),
            # Two threads a process spin against each other.
            peer("xargs, threads as shipped", project, 10, rounds=1),
            peer("pytest-xdist", project, 50, rounds=1),
            peer("spicelib", project, 50, rounds=1),
            peer("Snakemake, one job a case", project, 50, rounds=1),
        ]
        what = "Monte Carlo draws" if random else "a width and a voltage swept"
        title = f"sky130 inverter, {CASES} cases, {what}"
        tables.append(compare(title, contenders, rounds=3))
    return "\n".join(tables)


if __name__ == "__main__":
    main()
