"""The fork server, seen from the unit: it is started, waited for, and ended here."""

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
from snakespice.engines import driver
from snakespice.engines.channel import Channel
from snakespice.engines.fork_server.messages import files_of, receive
from snakespice.engines.grouping import GROUP_NETLIST, Group
from snakespice.engines.libngspice import LibraryMissing, find_library
from snakespice.engines.settings import EngineSettings
from snakespice.engines.warm import CannotRunWarm, WarmEngine
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import rlimits
from snakespice.processes.process import DEFAULT_SIGNALS
from snakespice.processes.unnamed_file import unnamed_file

if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import LoadRequest

_PATH = str(Path(__file__).parents[2])
_SERVER = "snakespice.engines.fork_server.server"
_PROGRAM = f"import sys; sys.path.append({_PATH!r}); from {_SERVER} import main; main()"
# As little as possible is in its memory: see `fork_server`.
_COMMAND = [sys.executable, "-S", "-E", "-s", "-c", _PROGRAM]


class ForkServer:
    """The fork server of a group: a context manager.

    When it is entered it begins to load the netlist, or raises LibraryMissing; `wait` waits until
    it has. After that, `cores` workers can use `engine`: those with the guardian's slots from
    `first_slot` on.
    """

    def __init__(
        self,
        group: Group,
        settings: EngineSettings,
        directory: Path,
        guardian: Guardian,
        first_slot: int,
        cores: int,
    ) -> None:
        """Prepare it; on the disk of `directory` it keeps what children print."""
        if settings.sandbox is not None:
            raise CannotRunWarm("in a sandbox each case has an ngspice of its own")
        self._group = group
        self._settings = settings
        self._channels = [
            Channel(directory, guardian.mark(first_slot + worker)) for worker in range(cores)
        ]
        self.engine = WarmEngine(self._channels, settings, group.changes)
        self._loading_seconds: float | None = None

    def __enter__(self) -> ForkServer:
        lean = self._settings.can_be_lean(self._group.cases[0].closure.facts)
        environment = self._settings.environment(lean=lean)
        request = self._load_request()
        self._reports, reports = os.pipe()
        with unnamed_file() as file:
            marshal.dump(cast(Any, request), file)
            file.seek(0)
            inherited = [
                file.fileno(),
                reports,
                *chain.from_iterable(map(files_of, request["channels"])),
            ]
            self._started = time.monotonic()
            unit = os.getpid()
            # Not `subprocess`, which cannot have the kernel kill the program with the unit.
            self.pid = os.fork()
            if self.pid == 0:
                _become_server(unit, inherited, environment)
        os.close(reports)
        for channel in self._channels:
            channel.close_launcher_ends()
        return self

    def _load_request(self) -> LoadRequest:
        settings = self._settings
        return {
            "library": find_library(settings.ngspice.path),
            "version": settings.ngspice.version,
            # Without norefvalue it looks at the clock at each point of time.
            "start": driver.script([*settings.start_commands, "set norefvalue"]),
            "directory": str(self._group.cases[0].directory),
            "file": GROUP_NETLIST,
            "netlist": self._group.netlist,
            "limits": rlimits(settings.limits),
            "signals": [int(number) for number in DEFAULT_SIGNALS],
            "log": LOG,
            "channels": [channel.launcher_ends() for channel in self._channels],
        }

    def __exit__(self, *_: object) -> None:
        """End the fork server; its launchers and their children die with it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        for channel in self._channels:
            channel.close()
        os.close(self._reports)
        # It is there if the fork server was killed while ngspice read it.
        (self._group.cases[0].directory / GROUP_NETLIST).unlink(missing_ok=True)

    def wait(self) -> float:
        """Wait until the netlist is loaded; return how many seconds ngspice took for it.

        Raises LibraryMissing, and CannotRunWarm when the netlist does not load or takes longer than
        a case may.
        """
        if self._loading_seconds is None:
            report = self._report(self._started + self._settings.limits.timeout)
            if "fault" in report:
                raise (LibraryMissing if report["missing"] else CannotRunWarm)(report["fault"])
            self._loading_seconds = float(report["took"])
        return self._loading_seconds

    def _report(self, deadline: float) -> dict[str, Any]:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([self._reports], [], [], left)[0]:
            raise CannotRunWarm(
                "reading the netlist takes longer than a case may (simulator.timeout)"
            )
        try:
            report: dict[str, Any] = receive(self._reports)
        except EOFError:
            raise CannotRunWarm("the fork server died") from None
        return report


def _become_server(unit: int, inherited: Sequence[int], environment: Mapping[str, str]) -> NoReturn:
    """Execute the program; the first two of the files that it inherits are its arguments."""
    try:
        os.setsid()
        die_with(unit)  # this outlives the execution, unlike handlers of signals
        for file in inherited:
            os.set_inheritable(file, True)
        # What libngspice has to say comes through its callbacks; the rest is of no use to anybody.
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        os.execve(_COMMAND[0], [*_COMMAND, *map(str, inherited[:2])], environment)
    finally:
        os._exit(1)
