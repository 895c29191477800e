"""The warm engine: the models are read once, and each case is a forked child.

What costs most about a small simulation is starting ngspice and reading the models, and both are
the same for every case. A process loads libngspice and sources the netlist; the workers that it
forks have all this at once, and so has the child that a worker forks for each case. The child
changes the parameters of its case and runs. It takes nothing with it when it dies, and nothing
passes from case to case. See `grouping` for what it serves.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from typing import Any

from snakespice.engines.grouping import DERIVED, Group
from snakespice.engines.libngspice import LibraryMissing
from snakespice.guardian import Guardian
from snakespice.settle import Unit
from snakespice.workers import WorkerLost, Workers


class Unfit(Exception):
    """The warm engine cannot serve these cases; the message says why. They can run cold."""


class Models:
    """The process that holds the models of a group, seen from the unit's: a context manager.

    It begins to read the netlist when it is entered; `wait` waits until it is ready. Then `run`
    takes the numbers of cases, or, for a trial, their negative numbers.
    """

    def __init__(self, unit: Unit, group: Group, cores: int, guardian: Guardian) -> None:
        if unit.settings.sandbox is not None:
            raise Unfit("a sandbox confines ngspice itself, one process a case")
        self._unit = unit
        self._group = group
        self._workers = Workers(cores, guardian, first_slot=cores)
        self._took: float | None = None

    def __enter__(self) -> Models:
        # Only when models are to be read: the cold engine alone does without libngspice.
        from snakespice.engines.models import Holder

        self._reports, reports = os.pipe()
        self._started = time.monotonic()
        unit = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                Holder(self._unit, self._group, reports).main(unit, self._workers)
            finally:
                os._exit(1)
        os.close(reports)
        self._workers.attend()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process; it dies with all its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._workers.close()
        os.close(self._reports)
        (self._group.cases[0].directory / DERIVED).unlink(missing_ok=True)

    def wait(self) -> float:
        """Wait until the netlist is read; return how many seconds ngspice took for it.

        Raises LibraryMissing, and Unfit when the netlist does not load or takes longer than a case
        may.
        """
        if self._took is None:
            report = self._report(self._started + self._unit.settings.limits.timeout)
            if "fault" in report:
                raise (LibraryMissing if report["missing"] else Unfit)(report["fault"])
            self._took = float(report["took"])
        return self._took

    def run(self, tasks: Iterable[int]) -> Iterator[Any]:
        """Yield what the workers make of these tasks; raise Unfit when they are no longer there."""
        self._workers.order(tasks)
        try:
            yield from self._workers.results()
        except WorkerLost:
            raise Unfit("the process that holds the models has died") from None

    def _report(self, deadline: float) -> dict[str, Any]:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._reports], [], [], left)[0]:
            raise Unfit("reading the netlist takes longer than a case may (simulator.timeout)")
        data = os.read(self._reports, 1 << 16)
        if not data:
            raise Unfit("the process that holds the models has died")
        report: dict[str, Any] = json.loads(data)
        return report
