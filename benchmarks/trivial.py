"""100,000 operating points of a divider: what the workflow costs beside ngspice, and its limits.

Netlists, logs and waveforms are not kept, so that 200,000 files are there in the end and not
500,000.
"""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime
from pathlib import Path

import decks
from harness import (
    CORES,
    Contender,
    compare,
    run,
    scratch,
    snakespice,
    told,
    workflow,
)
from peers import parallel, peer

CASES = 100_000


def main() -> str:
    """Measure, print and return the tables."""
    rows, contenders = [], []
    place = scratch()
    for engine in ("auto", "cold"):
        project = decks.trivial(place / engine, CASES, keep="never")
        ours = snakespice(project, CASES, engine)
        began = datetime.now(UTC)
        ours.run()
        directory = project / f"snakespice_{engine}"
        simulating, first = _simulations(directory / "results/s/run_status.csv", began)
        again = _seconds(project, directory, engine)
        dry = _seconds(project, directory, engine, "--dry-run")
        wall = ours.seconds[-1]
        rows.append(
            (
                engine,
                f"{CASES}",
                f"{wall:.0f} s",
                f"{simulating / CORES:.0f} s",
                f"{100 * (1 - simulating / CORES / wall):.1f} %",
                f"{first:.1f} s",
                f"{again:.1f} s",
                f"{dry:.1f} s",
                f"{ours.largest:.0f} MB",
            )
        )
        contenders.append(ours)
    title = "Operating points: what is not ngspice"
    head = (
        *("engine", "cases", "wall", "in ngspice / cores", "not ngspice", "first simulation after"),
        *("nothing to do", "dry run", "largest process"),
    )
    table = told(title, head, rows)
    return f"{table}\n{_peers(place, contenders)}"


def _peers(place: Path, ours: list[Contender]) -> str:
    project = decks.trivial(place / "peers", 1000)
    names = ("xargs", "pytest-xdist", "spicelib")
    peers = [peer(name, project, 1000, rounds=1) for name in names]
    peers += parallel(project, 1000, rounds=1)
    peers.append(peer("Snakemake, one job a case", project, 200, rounds=1))
    for contender in ours:
        contender.rounds = 0  # measured above
    return compare("Operating points: a case", [*peers, *ours], rounds=1)


def _simulations(table: Path, began: datetime) -> tuple[float, float]:
    """Return the sum of all durations, and after how many seconds the first began."""
    with table.open() as file:
        rows = [
            (float(row["simulation_duration"]), datetime.fromisoformat(row["timestamp_iso"]))
            for row in csv.DictReader(file)
        ]
    first = min(started for _, started in rows)
    return sum(duration for duration, _ in rows), (first - began).total_seconds()


def _seconds(project: Path, directory: Path, engine: str, *options: str) -> float:
    """Return how long the same command takes on the finished sweep."""
    command = workflow(project, directory, *options, "--config", f"simulator={{engine: {engine}}}")
    clock = time.monotonic()
    done = run(command, project)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout
    return time.monotonic() - clock


if __name__ == "__main__":
    main()
