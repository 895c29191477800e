"""The same sweeps by Slurm and without it, on the same cores: what sending jobs adds.

Not a part of `make bench`: it starts the cluster of tests/slurm, for which it must be root, or
Slurm be installed.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import decks
from harness import CORES, REPOSITORY, Contender, compare, scratch, snakespice, sweep

CLUSTER = REPOSITORY / "tests/slurm/cluster.py"
PROFILE = REPOSITORY / "profiles/slurm"
SHORT, LONG = 2000, 80


def main() -> str:
    """Measure, print and return the tables."""
    place = scratch()
    with cluster(place / "cluster") as environment:
        short = decks.rc(place / "short", SHORT)
        long = decks.long(place / "long", LONG)
        with (long / "config.yaml").open("a") as file:
            file.write(f"execution: {{cases_per_job: {LONG // (2 * CORES)}}}\n")
        return "\n".join(
            [
                compare(
                    f"{SHORT} cases of about 10 ms, on {CORES} cores",
                    [snakespice(short, SHORT, "auto"), by_slurm(short, SHORT, environment)],
                    rounds=3,
                ),
                compare(
                    f"{LONG} cases of about 1 s, on {CORES} cores",
                    [snakespice(long, LONG, "auto"), by_slurm(long, LONG, environment)],
                    rounds=2,
                ),
            ]
        )


@contextmanager
def cluster(state: Path) -> Iterator[dict[str, str]]:
    """Start a cluster of one node with two cores; give what leads Slurm's commands to it."""
    command = [sys.executable, str(CLUSTER)]
    where = ["--state", str(state), "--nodes", "1", "--no-accounting"]
    try:
        started = subprocess.run(
            [*command, "start", *where], stdout=subprocess.PIPE, text=True, check=True
        )
        words = shlex.split(started.stdout)
        yield dict(word.split("=", 1) for word in words if word != "export")
    finally:
        subprocess.run([*command, "stop", *where], check=True)


def by_slurm(project: Path, cases: int, environment: dict[str, str]) -> Contender:
    """Return the contender that sends its units to Slurm, each with one core."""
    one_core = ("--profile", str(PROFILE), "--cores", "1")
    directory = project / "snakespice_slurm"
    return sweep("snakespice by Slurm", directory, cases, *one_core, **environment)


if __name__ == "__main__":
    main()
