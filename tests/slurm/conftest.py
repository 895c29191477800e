"""Slurm clusters on this machine, and a project whose runs send their jobs there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster, missing
from remote import SlurmProject


def _started(state: Path, *, accounting: bool) -> Iterator[Cluster]:
    if programs := missing():
        pytest.skip(
            f"no Slurm here: {', '.join(programs)} missing (`make test-cluster` installs it)"
        )
    if not importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("no plugin of Snakemake's for Slurm (`make test-cluster` installs it)")
    # What stops it waits for the end of this process, so that nothing stays when tests are killed.
    script = str(Path(__file__).with_name("cluster.py"))
    stop = [sys.executable, script, "stop", "--state", str(state)]
    waiting = ["sh", "-c", 'read _; exec "$@"', "sh", *stop]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, start_new_session=True) as stopper:
        cluster = Cluster(state, accounting=accounting)
        cluster.start()
        yield cluster
    assert stopper.returncode == 0


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Four nodes with two processors each, without accounting."""
    yield from _started(tmp_path_factory.mktemp("slurm") / "state", accounting=False)


@pytest.fixture(scope="session")
def accounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The same with slurmdbd and its database."""
    yield from _started(tmp_path_factory.mktemp("slurm") / "state", accounting=True)


@pytest.fixture
def project(tmp_path: Path, cluster: Cluster) -> SlurmProject:
    """A sweep of six cases of an RC low-pass, to be run on the cluster without accounting."""
    return SlurmProject(tmp_path, cluster)
