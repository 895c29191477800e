"""A single case and a runner for it, without a sweep, for tests of what happens to one case."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from snakespice.base.layout import NETLIST
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner


@contextmanager
def one_runner() -> Iterator[Runner]:
    """Give a runner that is guarded as a worker's is."""
    with Guardian(1) as guardian:
        yield Runner(guardian, 0)


def case_of(
    directory: Path, text: str, *, number: int = 1, result_file: str = "case_1_results.raw"
) -> Case:
    """Return the case with this netlist, which is written into `directory`."""
    (directory / NETLIST).write_bytes(text.encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    closure = ResolvedNetlist(text, directory.resolve())
    return Case(number, directory, closure, result_file, digest, digest)
