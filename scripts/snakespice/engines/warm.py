"""The warm engine: the models are read once, and each case is a forked child.

What costs most about a small simulation is starting ngspice and reading the models, and both are
the same for every case. A parent process loads libngspice and sources the netlist; a child that it
forks has all this at once, changes the parameters of its case and runs. It takes nothing with it
when it dies, and nothing passes from case to case. See `grouping` for what it serves.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from snakespice.engines import cold
from snakespice.engines.grouping import DERIVED, Case, Group
from snakespice.engines.libngspice import LibraryMissing
from snakespice.process import TICK, Abandoned, Ended


class Unfit(Exception):
    """The warm engine cannot serve these cases; the message says why. They can run cold."""


class WarmParent:
    """The parent process of a group, seen from the unit's process: a context manager.

    It begins to read the netlist when it is entered; `wait` waits until it is ready.
    """

    def __init__(self, group: Group, settings: cold.Settings) -> None:
        self.group = group
        self._settings = settings
        self._unit = os.getpid()
        self._snakemake = os.getppid()
        self._ready = False
        self._rest = b""

    def __enter__(self) -> WarmParent:
        """Start the parent; raise Unfit when the cases have to be confined."""
        if self._settings.sandbox is not None:
            raise Unfit("a sandbox confines ngspice itself, one process a case")
        # Only when a parent is needed: the cold engine alone does without ctypes.
        from snakespice.engines.warm_parent import Parent

        orders, self._orders = os.pipe()
        self._reports, reports = os.pipe()
        self._started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                Parent(self.group, self._settings, orders, reports).main(self._unit)
            finally:
                os._exit(1)
        os.close(orders)
        os.close(reports)
        return self

    def __exit__(self, *_: object) -> None:
        """End the parent; it dies with all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.close(self._orders)
        os.close(self._reports)
        os.waitpid(self.pid, 0)
        (self.group.cases[0].directory / DERIVED).unlink(missing_ok=True)

    def wait(self) -> None:
        """Wait until the netlist is read.

        Raises LibraryMissing, and Unfit when the netlist does not load or takes longer than a case
        may.
        """
        if not self._ready:
            report = self._report(deadline=self._started + self._settings.limits.timeout)
            if "fault" in report:
                raise (LibraryMissing if report["missing"] else Unfit)(report["fault"])
            self._ready = True

    def simulate(self, cases: Iterable[Case], cores: int = 1) -> Iterator[tuple[Case, Ended]]:
        """Yield each case when it has ended, `cores` of them running at a time.

        A case's files are as the cold engine leaves them. Raises Unfit when the parent is lost or
        cannot make its circuit that of a case, and process.Abandoned when nobody waits any longer.
        """
        self.wait()
        indices = {case.number: index for index, case in enumerate(self.group.cases)}
        waiting = iter(cases)
        running = 0
        while True:
            for case in waiting:
                self._order(indices[case.number])
                running += 1
                if running == cores:
                    break
            if not running:
                return
            report = self._report()
            if "fault" in report:
                raise Unfit(report["fault"])
            running -= 1
            case = self.group.cases[report.pop("index")]
            if reason := report.pop("gave_up"):
                raise Unfit(f"case {case.number}: {reason}")
            report["started"] = datetime.fromisoformat(report["started"])
            yield case, Ended(**report)

    def _order(self, index: int) -> None:
        try:
            os.write(self._orders, b"%d\n" % index)
        except BrokenPipeError:
            raise Unfit("the process that holds the models has died") from None

    def _report(self, deadline: float | None = None) -> dict[str, Any]:
        while b"\n" not in self._rest:
            if os.getppid() != self._snakemake:
                raise Abandoned
            if deadline and time.monotonic() > deadline:
                raise Unfit("reading the netlist takes longer than a case may (simulator.timeout)")
            if not select.select([self._reports], [], [], TICK)[0]:
                continue
            data = os.read(self._reports, 1 << 16)
            if not data:
                raise Unfit("the process that holds the models has died")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report
