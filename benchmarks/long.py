"""Cases of about 1 s, 40 of them: what is lost between them, against the ideal."""

from __future__ import annotations

import csv
import statistics
from pathlib import Path

import decks
from harness import CORES, compare, scratch, snakespice, told
from peers import peer

CASES = 40
ROUNDS = 3


def main() -> str:
    """Measure, print and return the tables."""
    place = scratch()
    project = decks.long(place / "long", CASES)
    ours = snakespice(project, CASES, "auto")
    contenders = [
        peer("xargs", project, CASES),
        ours,
        peer("pytest-xdist", project, CASES),
        peer("spicelib", project, CASES),
        peer("Snakemake, one job a case", project, CASES),
    ]
    table = compare(f"{CASES} cases of about 1 s", contenders, rounds=ROUNDS)
    # The last round's records; the start-up is what a sweep takes that has next to nothing to do.
    with (project / "snakespice_auto/results/s/run_status.csv").open() as file:
        simulating = sum(float(row["simulation_duration"]) for row in csv.DictReader(file))
    start = _start_up(place)
    ideal = simulating / CORES
    ratio = (ours.seconds[-1] - start) / ideal
    return "\n".join(
        [
            table,
            told(
                "Against the ideal",
                (
                    "command",
                    "start-up",
                    "sum of simulations / cores",
                    "(command - start) / ideal",
                ),
                [
                    (
                        f"{ours.seconds[-1]:.2f} s",
                        f"{start:.2f} s",
                        f"{ideal:.2f} s",
                        f"{ratio:.3f}",
                    )
                ],
            ),
        ]
    )


def _start_up(place: Path) -> float:
    small = snakespice(decks.trivial(place / "small", 10), 10, "auto")
    for _ in range(ROUNDS):
        small.run()
    return statistics.median(small.seconds)


if __name__ == "__main__":
    main()
