"""The program: read a group's netlist once, tell that, and fork the launchers.

It is started by `ForkServer`, with the numbers of two open files: the job, and where to report to.
"""

from __future__ import annotations

import gc
import marshal
import os
import resource
import sys
import time

from snakespice.base.system import (
    address_space,
    die_with,
    give_back_free_memory,
    have_default,
    set_limits,
    smaller,
)
from snakespice.engines.fork_server.child import CIRCUIT, LoadOutput
from snakespice.engines.fork_server.launcher import Launcher
from snakespice.engines.fork_server.library import Library, Unsuitable
from snakespice.engines.fork_server.messages import files_of, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import ChannelEnds, LoadRequest

_INTERRUPTED = b"Simulation interrupted due to error"


class NotLoaded(Exception):
    """The group's netlist does not load; the message holds ngspice's last words."""


def main() -> None:
    """Run the program."""
    gc.disable()  # of what the children share nothing is to be written to
    file, reports = map(int, sys.argv[1:])
    with open(file, "rb") as opened:
        request: LoadRequest = marshal.load(opened)
    Server(request, reports).serve()


class Server:
    """The process that holds the models."""

    def __init__(self, request: LoadRequest, reports: int) -> None:
        self._request = request
        self._reports = reports
        self._heard: list[bytes] = []

    def serve(self) -> None:
        """Read the netlist, fork a launcher for each line, and wait for their end."""
        try:
            here = os.open(".", os.O_RDONLY)
            library, took = self._load(here)
            os.fchdir(here)
            launcher = Launcher(library, LoadOutput(self._heard), self._request["log"])
            pids = [self._fork(launcher, ends) for ends in self._request["channels"]]
        except (Unsuitable, NotLoaded) as fault:
            self._report(str(fault), is_missing=isinstance(fault, Unsuitable))
            return
        except Exception as fault:
            self._report(f"{type(fault).__name__}: {fault}")
            return
        send(self._reports, {"took": took})
        for ends in self._request["channels"]:
            _close(ends)
        for pid in pids:
            os.waitpid(pid, 0)

    def _fork(self, launcher: Launcher, ends: ChannelEnds) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            die_with(parent)
            have_default(self._request["signals"])
            os.close(self._reports)
            for other in self._request["channels"]:
                if other is not ends:
                    _close(other)
            set_limits(os.getpid(), self._limits)  # those of all that it forks
            launcher.serve(ends)
        finally:
            os._exit(0)

    def _load(self, here: int) -> tuple[Library, float]:
        """Load the library and source the group's netlist; return the seconds for the latter."""
        request = self._request
        empty = address_space()
        library = Library(
            request["library"],
            version=request["version"],
            say=self._heard.append,
            leave=self._cannot_load,
        )
        os.fchdir(here)
        # What the cold engine gives to ngspice alone; here Python needs some room, too.
        self._limits = dict(request["limits"])
        before = resource.getrlimit(resource.RLIMIT_AS)
        room = self._limits.get(resource.RLIMIT_AS)
        if room is not None:
            resource.setrlimit(resource.RLIMIT_AS, (smaller(room + empty, before[1]), before[1]))
        os.chdir(request["directory"])
        self._source(library, request["start"])
        clock = time.monotonic()
        self._source(library, request["netlist"])
        took = time.monotonic() - clock
        if not any(line.startswith(CIRCUIT) for line in self._heard) or any(
            line.startswith(b"Error on line") or line.lstrip().startswith(_INTERRUPTED)
            for line in self._heard
        ):
            raise NotLoaded(f"the netlist does not load: {self._said()}")
        # The first time, ngspice sorts a heap full of holes, which would cost each child.
        library.say = lambda _line: None
        library.command("reset")
        give_back_free_memory()
        resource.setrlimit(resource.RLIMIT_AS, before)
        if room is not None:
            # While a child sets its circuit up it holds this one, too.
            self._limits[resource.RLIMIT_AS] = smaller(room + address_space(), before[1])
        return library, took

    def _source(self, library: Library, text: str) -> None:
        """Have ngspice read this as a file in the working directory."""
        name = self._request["derived"]
        if os.path.lexists(name):
            os.unlink(name)  # never written through, if it is a link
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        library.command(f"source {name}")
        os.unlink(name)

    def _cannot_load(self, status: int) -> None:
        self._report(f"the netlist does not load (exit code {status}): {self._said()}")
        os._exit(1)

    def _said(self) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in self._heard]
        return "; ".join(line for line in lines if line)[-300:]

    def _report(self, fault: str, *, is_missing: bool = False) -> None:
        send(self._reports, {"fault": fault, "missing": is_missing})


def _close(ends: ChannelEnds) -> None:
    for file in files_of(ends):
        os.close(file)
