"""What tests of all kinds share."""

from __future__ import annotations

import copy
import shutil
import signal
from pathlib import Path

import pytest
from project import Project

# Ctrl-C is heard in all tests, though a shell has what it runs in the background ignore it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A sweep of six cases of an RC low-pass."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Path]:
    """The project of `project` after a run, and a copy of its directory."""
    project = Project(tmp_path_factory.mktemp("finished") / "project")
    project.run()
    assert project.starts() == 6
    kept = project.directory.with_name("kept")
    shutil.copytree(project.directory, kept)
    return project, kept


@pytest.fixture
def finished(run_once: tuple[Project, Path]) -> Project:
    """The project of `project` after a run, as if it had been run for this test alone.

    It lies in the same directory for all, as netlists name what they include by its full path.
    """
    project, kept = run_once
    shutil.rmtree(project.directory)
    shutil.copytree(kept, project.directory)
    return copy.copy(project)
