"""Slurm clusters on this machine, and a project whose runs send their jobs there."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cluster import Cluster, missing
from project import REPOSITORY, Project

# What differs between two runs of the same simulations: when, where and how fast.
INCIDENTAL = {"timestamp_iso", "simulation_duration", "cpu_seconds", "max_rss_mb", "host"}
POLL = 8  # s until the plugin looks for the first time


def _started(state: Path, *, accounting: bool) -> Iterator[Cluster]:
    if programs := missing():
        pytest.skip(
            f"no Slurm here: {', '.join(programs)} missing (`make test-cluster` installs it)"
        )
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("no plugin of Snakemake's for Slurm (`make test-cluster` installs it)")
    cluster = Cluster(state, accounting=accounting)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four nodes with two processors each, without accounting."""
    yield from _started(tmp_path_factory.mktemp("slurm") / "state", accounting=False)


@pytest.fixture(scope="session")
def accounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The same with slurmdbd and its database."""
    yield from _started(tmp_path_factory.mktemp("slurm") / "state", accounting=True)


class ClusterProject(Project):
    """A project that is run on a cluster, and locally for comparison."""

    def __init__(self, directory: Path, cluster: Cluster) -> None:
        """Write the files of the project."""
        super().__init__(directory)
        self.here = Project(directory)
        self.cluster = cluster

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which everything of the project runs."""
        own = super().environment
        path = f"{self.cluster.state}/bin:{own['PATH']}"
        return own | self.cluster.environment | {"PATH": path}

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line of a run on the cluster, each job with so many cores."""
        profile = ["--profile", str(REPOSITORY / "profiles" / "slurm")]
        first_look = ["--slurm-init-seconds-before-status-checks", str(POLL)]
        return super().command(*profile, *first_look, *arguments, cores=cores)

    def submit(self, *arguments: str, cores: int = 2) -> subprocess.Popen[str]:
        """Start a run on the cluster in a session of its own, where Ctrl-C would reach it."""
        return subprocess.Popen(
            self.command(*arguments, cores=cores),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Shells start what runs in the background with SIGINT ignored, and that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def done(self) -> dict[str, str]:
        """Return when each case that has a record by now was simulated."""
        paths = (self.directory / "results" / "rc").glob("case_*/run_status.json")
        records = (json.loads(path.read_text()) for path in paths)
        return {str(record["case_id"]): record["timestamp_iso"] for record in records}

    def is_as_here(self, *incidental: str) -> bool:
        """Tell whether the table is what a run on this machine, from the beginning, gives."""
        self.here.run("--config", "results=local")
        left_out = INCIDENTAL.union(incidental)
        ours, local = (
            [{name: row[name] for name in row.keys() - left_out} for row in self.table(sweep)]
            for sweep in ("rc", "../local/rc")
        )
        return ours == local

    def slurm(self, what: str) -> list[str]:
        """Return something of every job that Slurm remembers, by squeue's letter for it."""
        command = ["squeue", "--noheader", "--states=all", f"--format=%Z %{what}"]
        lines = (line.split(maxsplit=1) for line in self.cluster.run(*command).splitlines())
        return [text for place, text in lines if place == str(self.directory)]


@pytest.fixture
def project(tmp_path: Path, cluster: Cluster) -> ClusterProject:
    """A sweep of six cases of an RC low-pass, to be run on the cluster without accounting."""
    return ClusterProject(tmp_path, cluster)


def wait_until(is_so: Callable[[], object], within: float = 60) -> None:
    """Return as soon as something is so; fail when it is not within so many seconds."""
    deadline = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)
