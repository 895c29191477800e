"""The project that the workflow tests run."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A sweep of six cases of an RC low-pass."""
    return Project(tmp_path)
