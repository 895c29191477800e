"""Projects whose runs send their jobs elsewhere, compared with what a run on this machine gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cluster import MARK, Cluster
from project import REPOSITORY, Project
from sameness import essence

POLL = 8  # s until the plugin for Slurm looks for the first time


class RemoteProject(Project):
    """A project that is run with one of the profiles; `here` is the same without it."""

    def __init__(self, directory: Path) -> None:
        """Write the files of the project."""
        super().__init__(directory)
        self.here = Project(directory)

    def slow(self, seconds: int, cases_per_job: int) -> None:
        """Have each case wait for so many seconds, until a file called `hurry` is there."""
        wait = f"shell test -e {self.directory}/hurry || sleep {seconds}"
        self.edit("rc.spice.j2", "\n.end", f"\n.control\n{wait}\n.endc\n.end")
        settings = f"simulator: {{timeout: 300}}\nexecution: {{cases_per_job: {cases_per_job}}}"
        self.edit("config.yaml", "results: results", f"results: results\n{settings}")
        self.here.run("--until", "render")

    def at_work(self) -> int:
        """Return how many units have begun to simulate."""
        return len(list((self.directory / "results" / "rc" / "progress").glob("*.jsonl")))

    def unlike_here(self, *incidental: str) -> list[tuple[str, str, str, str]]:
        """Return where the table is not what a run on this machine, from the beginning, gives.

        As case, column, what this table has, and what the local one has.
        """
        self.here.run("--config", "results=local")
        rows = zip(self.table(), self.table("../local/rc"), strict=True)
        return [
            (ours["case_id"], column, ours[column], local[column])
            for ours, local in rows
            for column in essence(ours, *incidental)
            if ours[column] != local[column]
        ]


class SlurmProject(RemoteProject):
    """A project whose jobs go to a Slurm cluster."""

    def __init__(self, directory: Path, cluster: Cluster) -> None:
        """Write the files of the project."""
        super().__init__(directory)
        self.cluster = cluster

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which everything of the project runs."""
        own = super().environment
        path = f"{self.cluster.state}/bin:{own['PATH']}"
        mark = {MARK: str(self.cluster.state)}
        return own | self.cluster.environment | mark | {"PATH": path}

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line of a run on the cluster, each job with so many cores."""
        profile = ["--profile", str(REPOSITORY / "profiles" / "slurm")]
        first_look = ["--slurm-init-seconds-before-status-checks", str(POLL)]
        return super().command(*profile, *first_look, *arguments, cores=cores)

    def slurm(self, what: str) -> list[str]:
        """Return something of every job that Slurm remembers, by squeue's letter for it."""
        command = ["squeue", "--noheader", "--states=all", f"--format=%Z %{what}"]
        lines = (line.split(maxsplit=1) for line in self.cluster.run(*command).splitlines())
        return [text for place, text in lines if place == str(self.directory)]


def wait_until(is_so: Callable[[], object], within: float = 180) -> None:
    """Return as soon as something is so; fail when it is not within so many seconds.

    On a busy machine eight jobs take more than a minute to start.
    """
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)
