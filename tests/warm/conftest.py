"""What the tests of the warm engine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import both  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import pytest

from snakespice.engines import libngspice
from snakespice.engines.ngspice import find_ngspice
from snakespice.processes.guardian import Guardian


@pytest.fixture(scope="session", autouse=True)
def library() -> None:
    try:
        libngspice.find_library(find_ngspice().path)
    except libngspice.LibraryMissing as fault:
        pytest.skip(f"these tests need libngspice: {fault}")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[both.Desk]:
    with Guardian(both.SLOTS) as guardian:
        yield both.Desk(tmp_path, guardian)
