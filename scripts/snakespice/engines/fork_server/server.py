"""The program: read a group's netlist once, report that, and fork the launchers.

The unit starts it (`fork_server_client`) with the numbers of two open files as its arguments: one
holds a LoadRequest, the other takes the report.
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
from snakespice.engines.fork_server.library import Library, LibraryUnusable
from snakespice.engines.fork_server.messages import files_of, send
from snakespice.verdict import phrases

TYPE_CHECKING = False
if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import ChannelEnds, LoadRequest

_REFUSED = (phrases.ERROR_ON_LINE.encode(), phrases.INTERRUPTED.encode())
_MESSAGE_LENGTH = 300  # of what ngspice printed last


class NotLoaded(Exception):
    """The group's netlist does not load; the message holds ngspice's last words."""


def main() -> None:
    """Run the program."""
    # A collection writes to every object that Python has, so every child would have to copy all of
    # them. Nothing here makes cycles that would have to be collected.
    gc.disable()
    file, reports = map(int, sys.argv[1:])
    with open(file, "rb") as opened:
        request: LoadRequest = marshal.load(opened)
    Server(request, reports).serve()


class Server:
    """The process that has loaded the netlist."""

    def __init__(self, request: LoadRequest, reports: int) -> None:
        self._request = request
        self._reports = reports
        self._lines: list[bytes] = []  # that ngspice printed while it loaded the netlist

    def serve(self) -> None:
        """Load the netlist, fork a launcher for each channel, and wait for their end."""
        try:
            here = os.open(".", os.O_RDONLY)
            library, seconds = self._load(here)
            os.fchdir(here)
            launcher = Launcher(library, LoadOutput(self._lines), self._request["log"])
            pids = [self._fork(launcher, ends) for ends in self._request["channels"]]
        except (LibraryUnusable, NotLoaded) as fault:
            self._report(str(fault), is_missing=isinstance(fault, LibraryUnusable))
            return
        except Exception as fault:
            self._report(f"{type(fault).__name__}: {fault}")
            return
        send(self._reports, {"took": seconds})
        # A worker notices that its launcher died when the pipe breaks, so nobody else has that end.
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
            # Set once for all its children, which inherit them; none can raise them again.
            set_limits(os.getpid(), self._limits)
            launcher.serve(ends)
        finally:
            os._exit(0)

    def _load(self, here: int) -> tuple[Library, float]:
        """Load the library and source the group's netlist; return the seconds for the latter."""
        request = self._request
        before_loading = address_space()
        library = Library(
            request["library"],
            version=request["version"],
            on_line=self._lines.append,
            on_exit=self._cannot_load,
        )
        os.fchdir(here)
        # Memory is limited three times, each time so that ngspice has as much as from the cold
        # engine. Here: for reading the netlist, with what Python has in addition.
        self._limits = dict(request["limits"])
        before = resource.getrlimit(resource.RLIMIT_AS)
        room = self._limits.get(resource.RLIMIT_AS)
        if room is not None:
            limit = smaller(room + before_loading, before[1])
            resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
        os.chdir(request["directory"])
        self._source(library, request["start"])
        clock = time.monotonic()
        self._source(library, request["netlist"])
        seconds = time.monotonic() - clock
        if not any(line.startswith(CIRCUIT) for line in self._lines) or any(
            line.lstrip().startswith(_REFUSED) for line in self._lines
        ):
            raise NotLoaded(f"the netlist does not load: {self._last_words()}")
        # What happens once here, no child has to do. A first `reset` tidies up a heap that parsing
        # has left full of holes, and free memory goes back to the system, so that there are fewer
        # pages to be mapped for each child. (sky130: a child then has 1300 page faults, not 1750,
        # and takes 53 ms of a processor instead of 61.)
        library.on_line = lambda _line: None
        library.command("reset")
        give_back_free_memory()
        # Second, no limit, while this only waits. Third, for the launchers and so for the children:
        # a child has all this memory, and builds its own circuit beside it.
        resource.setrlimit(resource.RLIMIT_AS, before)
        if room is not None:
            self._limits[resource.RLIMIT_AS] = smaller(room + address_space(), before[1])
        return library, seconds

    def _source(self, library: Library, text: str) -> None:
        """Have ngspice read this as a file in the working directory, where its includes are."""
        name = self._request["file"]
        if os.path.lexists(name):
            os.unlink(name)  # never written through, if it is a link
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        library.command(f"source {name}")
        os.unlink(name)

    def _cannot_load(self, status: int) -> None:
        """Report that ngspice exits; it must not come back to it."""
        self._report(f"the netlist does not load (exit code {status}): {self._last_words()}")
        os._exit(1)

    def _last_words(self) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in self._lines]
        return "; ".join(line for line in lines if line)[-_MESSAGE_LENGTH:]

    def _report(self, fault: str, *, is_missing: bool = False) -> None:
        send(self._reports, {"fault": fault, "missing": is_missing})


def _close(ends: ChannelEnds) -> None:
    for file in files_of(ends):
        os.close(file)
