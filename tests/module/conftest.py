"""The workflow that has this one as a module."""

from __future__ import annotations

from pathlib import Path

import pytest
from host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host of a sweep of six cases of an RC low-pass."""
    return Host(tmp_path)
