"""What the tests of limits share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from single import one_runner

from snakespice.engines.ngspice import find_ngspice
from snakespice.processes.process import Runner
from snakespice.processes.sandbox import Sandbox, SandboxMissing, find_sandbox


@pytest.fixture
def runner() -> Iterator[Runner]:
    with one_runner() as runner:
        yield runner


@pytest.fixture
def bwrap() -> Sandbox:
    """The sandbox; where there can be none the test is skipped, and says why."""
    try:
        return find_sandbox(find_ngspice().path)
    except SandboxMissing as fault:
        pytest.skip(str(fault))
