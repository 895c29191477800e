"""The warm engine: the models are read once, and each case is a forked child.

What costs most about a small simulation is starting ngspice and reading the models, and both are
the same for every case. A process loads libngspice and sources the netlist; the children that are
forked from it have all this at once. A child changes the parameters of its case and runs. It takes
nothing with it when it dies, and nothing passes from case to case. See `grouping` for what it
serves.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from snakespice.case import Case
from snakespice.engines import cold, driver
from snakespice.engines.forker import Channel, Forked, ForkerLost
from snakespice.engines.grouping import DERIVED, Group
from snakespice.engines.libngspice import LibraryMissing
from snakespice.guardian import Guardian
from snakespice.layout import LOG
from snakespice.process import Ended, Runner
from snakespice.workplace import empty


class Unfit(Exception):
    """The warm engine cannot serve these cases; the message says why. They can run cold."""


class Warm:
    """Runs the cases of a group by children of the process that holds its models."""

    name = "warm"

    def __init__(self, channels: Sequence[Channel], settings: cold.Settings) -> None:
        self._channels = channels
        self._settings = settings

    def simulate(self, runner: Runner, case: Case) -> Ended:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        Raises Unfit when the circuit that is loaded cannot be made that of the case, or is lost.
        """
        cold.clear(case, self._settings)
        if case.is_guest:
            empty(case.file(LOG))
        channel = self._channels[runner.index]
        channel.begin()
        try:
            ended = runner.watch(
                lambda: Forked(channel, case),
                cwd=case.directory,
                limits=self._settings.limits,
                output=channel.output,
            )
        except ForkerLost:
            raise Unfit("the process that holds the models has died") from None
        driver.keep_stray_output(channel.output, case.file(LOG))
        if channel.reason:
            raise Unfit(f"case {case.number}: {channel.reason}")
        return ended


class Models:
    """The process that holds the models of a group, seen from the unit's: a context manager.

    It begins to read the netlist when it is entered; `wait` waits until it is ready. Then `engine`
    can be used by the workers with the slots from `first_slot` on, of whom each has a workplace.
    """

    def __init__(
        self,
        group: Group,
        settings: cold.Settings,
        directory: Path,
        guardian: Guardian,
        first_slot: int,
        workplaces: Sequence[Path],
    ) -> None:
        """Make it; `directory` is one where files can be written."""
        if settings.sandbox is not None:
            raise Unfit("a sandbox confines ngspice itself, one process a case")
        self._group = group
        self._settings = settings
        self._channels = [
            Channel(directory, guardian.mark(first_slot + worker), place)
            for worker, place in enumerate(workplaces)
        ]
        self.engine = Warm(self._channels, settings)
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
                Holder(self._group, self._settings, reports).main(unit, self._channels)
            finally:
                os._exit(1)
        os.close(reports)
        for channel in self._channels:
            channel.be_worker()
        return self

    def __exit__(self, *_: object) -> None:
        """End the process; it dies with all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for channel in self._channels:
            channel.close_worker()
        os.close(self._reports)
        (self._group.cases[0].directory / DERIVED).unlink(missing_ok=True)

    def wait(self) -> float:
        """Wait until the netlist is read; return how many seconds ngspice took for it.

        Raises LibraryMissing, and Unfit when the netlist does not load or takes longer than a case
        may.
        """
        if self._took is None:
            report = self._report(self._started + self._settings.limits.timeout)
            if "fault" in report:
                raise (LibraryMissing if report["missing"] else Unfit)(report["fault"])
            self._took = float(report["took"])
        return self._took

    def _report(self, deadline: float) -> dict[str, Any]:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._reports], [], [], left)[0]:
            raise Unfit("reading the netlist takes longer than a case may (simulator.timeout)")
        data = os.read(self._reports, 1 << 16)
        if not data:
            raise Unfit("the process that holds the models has died")
        report: dict[str, Any] = json.loads(data)
        return report
