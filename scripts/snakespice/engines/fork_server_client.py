"""The process that holds the models of a group, seen from the unit's."""

from __future__ import annotations

import contextlib
import marshal
import os
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from snakespice.base.layout import LOG
from snakespice.base.system import die_with
from snakespice.engines import cold, driver
from snakespice.engines.channel import Channel
from snakespice.engines.fork_server.wire import ends, receive
from snakespice.engines.grouping import DERIVED, Group
from snakespice.engines.libngspice import LibraryMissing, find_library
from snakespice.engines.warm import Unfit, Warm
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import kept_by_kernel
from snakespice.processes.process import DEFAULT_SIGNALS, scratch

if TYPE_CHECKING:
    from snakespice.engines.fork_server.wire import Job

_PATH = str(Path(__file__).parents[2])
_PROGRAM = (
    f"import sys; sys.path.append({_PATH!r}); from snakespice.engines.fork_server.main import main"
)
# As little as possible is in its memory: see holder.
_COMMAND = [sys.executable, "-S", "-E", "-s", "-c", f"{_PROGRAM}; main()"]


class Models:
    """Holds the models while it is entered: a context manager.

    It begins to read the netlist then, or raises LibraryMissing; `wait` waits until it is ready.
    After that `engine` can be used by `cores` workers with the slots from `first_slot` on.
    """

    def __init__(
        self,
        group: Group,
        settings: cold.Settings,
        directory: Path,
        guardian: Guardian,
        first_slot: int,
        cores: int,
    ) -> None:
        """Make it; `directory` is one where files can be written."""
        if settings.sandbox is not None:
            raise Unfit("a sandbox confines ngspice itself, one process a case")
        self._group = group
        self._settings = settings
        self._channels = [
            Channel(directory, guardian.mark(first_slot + worker)) for worker in range(cores)
        ]
        self.engine = Warm(self._channels, settings, group.changes)
        self._took: float | None = None

    def __enter__(self) -> Models:
        lean = self._settings.can_be_lean(self._group.cases[0].closure.facts)
        environment = self._settings.environment(lean=lean)
        told = self._job()
        self._reports, reports = os.pipe()
        with scratch() as job:
            marshal.dump(cast(Any, told), job)
            job.seek(0)
            inherited = [job.fileno(), reports, *chain.from_iterable(map(ends, told["lines"]))]
            self._started = time.monotonic()
            unit = os.getpid()
            self.pid = os.fork()
            if self.pid == 0:
                _become_holder(unit, inherited, environment)
        os.close(reports)
        for channel in self._channels:
            channel.be_worker()
        return self

    def _job(self) -> Job:
        settings = self._settings
        return {
            "library": find_library(settings.ngspice.path),
            "version": settings.ngspice.version,
            # Without norefvalue it looks at the clock at each point of time.
            "start": driver.script([*settings.start, "set norefvalue"]),
            "directory": str(self._group.cases[0].directory),
            "derived": DERIVED,
            "netlist": self._group.netlist,
            "limits": kept_by_kernel(settings.limits),
            "signals": [int(number) for number in DEFAULT_SIGNALS],
            "log": LOG,
            "lines": [channel.line() for channel in self._channels],
        }

    def __exit__(self, *_: object) -> None:
        """End the process; it dies with all its children."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for channel in self._channels:
            channel.close()
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
        try:
            report: dict[str, Any] = receive(self._reports)
        except EOFError:
            raise Unfit("the process that holds the models has died") from None
        return report


def _become_holder(unit: int, inherited: Sequence[int], environment: Mapping[str, str]) -> NoReturn:
    """Execute the program; the first of the files that it inherits are its arguments."""
    try:
        os.setsid()
        die_with(unit)
        for end in inherited:
            os.set_inheritable(end, True)
        # What it says while it loads is heard; the rest is of no use to anybody.
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        os.execve(_COMMAND[0], [*_COMMAND, *map(str, inherited[:2])], environment)
    finally:
        os._exit(1)
