"""Cancel the jobs in Slurm's queue that runs in this directory have sent, and say which.

For after a kill: stopped with Ctrl-C, Snakemake cancels its jobs by itself. With names of sweeps,
only theirs. With --dry-run they are only named.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# What Snakemake's plugin tells Slurm of a job as a comment: its rule and its wildcards.
COMMENT = re.compile(
    r"rule_(?:simulate_wildcards_(\w+)_((?:case|block)_\d+)|render_wildcards_(\w+)_(\d+))"
)


class Job(NamedTuple):
    """A job in the queue: its number, its state as Slurm calls it, and what it works on.

    `part` is a unit that it simulates, or the number of a part that it renders.
    """

    number: str
    state: str
    sweep: str
    part: str


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help="of these sweeps only")
    parser.add_argument("--dry-run", action="store_true", help="only say which")
    arguments = parser.parse_args()
    if not shutil.which("squeue"):
        parser.error("squeue is not on the PATH: this is no machine of a Slurm cluster")
    try:
        jobs = [
            job
            for job in queued(Path.cwd())
            if not arguments.sweeps or job.sweep in arguments.sweeps
        ]
        for job in jobs:
            print(*job)
        if jobs and not arguments.dry_run:
            slurm("scancel", *(job.number for job in jobs))
    except subprocess.CalledProcessError as fault:
        print(f"{fault.cmd[0]}: {fault.stderr.strip()}", file=sys.stderr)
        return 1
    verb = "would be" if arguments.dry_run else "are"
    print(f"{len(jobs)} jobs of {Path.cwd()} {verb} cancelled")
    return 0


def queued(directory: Path) -> Iterator[Job]:
    """Yield your jobs in Slurm's queue that runs in `directory` have sent."""
    for line in slurm("squeue", "--me", "--noheader", "--format=%A %T %k %Z").splitlines():
        number, state, comment, place = line.split(maxsplit=3)
        match = COMMENT.fullmatch(comment)
        if match and Path(place).resolve() == directory.resolve():
            sweep, part = filter(None, match.groups())
            yield Job(number, state, sweep, part)


def slurm(*command: str) -> str:
    """Run a command of Slurm's and return what it prints; raises CalledProcessError."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
