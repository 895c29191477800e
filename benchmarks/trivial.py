"""100,000 operating points of a divider: what the workflow costs beside ngspice, and its limits.

Netlists, logs and waveforms are not kept, so that 200,000 files are there in the end and not
500,000.
"""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

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
_PAUSE = 0.05  # s without a simulation: no case runs that is to be judged


def main() -> str:
    """Measure, print and return the tables."""
    rows, others, contenders = [], [], []
    place = scratch()
    for engine in ("auto", "cold"):
        project = decks.trivial(place / engine, CASES, keep="never")
        ours = snakespice(project, CASES, engine)
        began = datetime.now(UTC)
        ours.run()
        directory = project / f"snakespice_{engine}"
        times = _times(directory / "results/s/run_status.csv", began)
        again = _seconds(project, directory, engine)
        dry = _seconds(project, directory, engine, "--dry-run")
        wall = ours.seconds[-1]
        rows.append(
            (
                engine,
                f"{CASES}",
                f"{wall:.0f} s",
                f"{times.simulating:.0f} s",
                f"{100 * (1 - times.simulating / wall):.1f} %",
                f"{times.first:.1f} s",
                f"{again:.1f} s",
                f"{dry:.1f} s",
                f"{ours.largest:.0f} MB",
            )
        )
        beside = times.last - times.first - times.pauses - times.simulating
        parts = (times.first, times.pauses, beside, wall - times.last)
        others.append((engine, *(f"{part:.1f} s, {100 * part / wall:.1f} %" for part in parts)))
        contenders.append(ours)
    title = "Operating points: what is not ngspice"
    head = (
        *("engine", "cases", "wall", "in ngspice / cores", "not ngspice", "first simulation after"),
        *("nothing to do", "dry run", "largest process"),
    )
    tables = [told(title, head, rows)]
    phases = (
        *("engine", "before the first simulation", "netlists, and the start of units"),
        *("judge and record", "tables and end"),
    )
    tables.append(told("Operating points: where the rest goes", phases, others))
    return "\n".join([*tables, _peers(place, contenders)])


def _peers(place: Path, ours: list[Contender]) -> str:
    project = decks.trivial(place / "peers", 1000)
    names = ("xargs", "pytest-xdist", "spicelib")
    peers = [peer(name, project, 1000, rounds=1) for name in names]
    peers += parallel(project, 1000, rounds=1)
    peers.append(peer("Snakemake, one job a case", project, 200, rounds=1))
    for contender in ours:
        contender.rounds = 0  # measured above
    return compare("Operating points: a case", [*peers, *ours], rounds=1)


class _Times(NamedTuple):
    """What the records tell of a run, in seconds; `first` and `last` since it began.

    In ngspice, on each core; the first simulation's begin and the last one's end; and how long no
    simulation ran between them.
    """

    simulating: float
    first: float
    last: float
    pauses: float


def _times(table: Path, began: datetime) -> _Times:
    with table.open() as file:
        runs = sorted(
            (
                (datetime.fromisoformat(row["timestamp_iso"]) - began).total_seconds(),
                float(row["simulation_duration"]),
            )
            for row in csv.DictReader(file)
        )
    last = first = runs[0][0]
    pauses = 0.0
    for start, duration in runs:
        if start - last > _PAUSE:
            pauses += start - last
        last = max(last, start + duration)
    return _Times(sum(duration for _, duration in runs) / CORES, first, last, pauses)


def _seconds(project: Path, directory: Path, engine: str, *options: str) -> float:
    """Return how long the same command takes on the finished sweep."""
    command = workflow(project, directory, *options, "--config", f"simulator={{engine: {engine}}}")
    clock = time.monotonic()
    done = run(command, project)
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout
    return time.monotonic() - clock


if __name__ == "__main__":
    main()
