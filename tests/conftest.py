"""What tests of all kinds share."""

from __future__ import annotations

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
