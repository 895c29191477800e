"""What the tests of limits share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Project
from single import one_runner

from snakespice.process import Runner


@pytest.fixture
def runner() -> Iterator[Runner]:
    with one_runner() as runner:
        yield runner


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A sweep of six cases of an RC low-pass."""
    return Project(tmp_path)
