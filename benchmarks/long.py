"""Cases of about 1 s, 40 of them: what is lost between them, against the ideal."""

from __future__ import annotations

import csv
import time

import decks
from harness import CORES, compare, run, scratch, snakespice, told, workflow
from peers import peer

CASES = 40


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
    table = compare(f"{CASES} cases of about 1 s", contenders, rounds=3)
    # The last round's records; the start-up is what a sweep of a single case takes beside it.
    with (project / "snakespice_auto/results/s/run_status.csv").open() as file:
        simulating = sum(float(row["simulation_duration"]) for row in csv.DictReader(file))
    single = decks.trivial(place / "single", 10)
    directory = place / "alone"
    directory.mkdir()
    clock = time.monotonic()
    run(workflow(single, directory), place)
    start = time.monotonic() - clock
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


if __name__ == "__main__":
    main()
