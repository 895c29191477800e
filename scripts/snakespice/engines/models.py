"""The process that holds the models: it reads a group's netlist once, and forks the forkers.

It is itself forked by the unit's process, and tells it over a pipe when it is ready, or why not.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import resource
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from snakespice.engines import cold, driver
from snakespice.engines.forker import Channel, Forker
from snakespice.engines.grouping import DERIVED, Group
from snakespice.engines.libngspice import Library, LibraryMissing, find_library
from snakespice.engines.warm_child import CIRCUIT, Child, Heard
from snakespice.limits import MB, address_space
from snakespice.process import die_with, libc, scratch

_NOT_LOADED = re.compile(rb"^(?:Error on line|\s*Simulation interrupted due to error)")


class _NotLoaded(Exception):
    """The group's netlist does not load; the message holds ngspice's last words."""


class Holder:
    """The process, from the moment when it has been forked."""

    def __init__(self, group: Group, settings: cold.Settings, reports: int) -> None:
        self._group = group
        self._settings = settings
        self._reports = reports
        self._heard: list[bytes] = []

    def main(self, parent: int, channels: Sequence[Channel]) -> NoReturn:
        """Read the netlist, fork a forker a channel, wait for their end and end.

        `parent` is who forked this process.
        """
        os.setsid()
        die_with(parent)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        here = os.open(".", os.O_RDONLY)
        status = 1
        try:
            # What it says while it loads is heard; the rest is of no use to anybody.
            with scratch() as stray, _streams_to(stray.fileno()):
                forker, took = self._load()
            os.fchdir(here)
            gc.collect()
            gc.disable()  # of what the children share nothing is to be written to
            pids = [self._fork(forker, channel) for channel in channels]
            self._report({"took": took})
            for channel in channels:
                channel.close_worker()
                channel.close_forker()
            for pid in pids:
                os.waitpid(pid, 0)
            status = 0
        except (LibraryMissing, _NotLoaded) as fault:
            self._report({"fault": str(fault), "missing": isinstance(fault, LibraryMissing)})
        except Exception as fault:
            self._report({"fault": f"{type(fault).__name__}: {fault}", "missing": False})
        finally:
            os._exit(status)

    @staticmethod
    def _fork(forker: Forker, channel: Channel) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            forker.serve(channel, parent)
        return pid

    def _load(self) -> tuple[Forker, float]:
        """Load the library and source the group's netlist; return the seconds for the latter."""
        settings = self._settings
        lean = settings.can_be_lean(self._group.cases[0].closure.facts)
        os.environ.update(settings.environment(lean=lean))
        path = find_library(settings.ngspice.path)
        version = settings.ngspice.version
        empty = address_space()
        library = Library(path, version=version, say=self._heard.append, leave=self._cannot_load)
        # What the cold engine gives to ngspice alone; here Python needs some room, too.
        mem_mb = settings.limits.mem_mb + empty // MB
        before = resource.getrlimit(resource.RLIMIT_AS)
        if hasattr(resource, "prlimit"):
            resource.setrlimit(resource.RLIMIT_AS, (mem_mb * MB, before[1]))
        os.chdir(self._group.cases[0].directory)
        with scratch() as script:
            # Without norefvalue it looks at the clock at each point of time.
            script.write(driver.script([*settings.start, "set norefvalue"]).encode())
            script.flush()
            library.command(f"source /dev/fd/{script.fileno()}")
        Path(DERIVED).unlink(missing_ok=True)  # never written through, if it is a link
        Path(DERIVED).write_text(self._group.netlist)
        clock = time.monotonic()
        library.command(f"source {DERIVED}")
        took = time.monotonic() - clock
        Path(DERIVED).unlink()
        if not any(line.startswith(CIRCUIT) for line in self._heard) or any(
            _NOT_LOADED.search(line) for line in self._heard
        ):
            raise _NotLoaded(f"the netlist does not load: {self._said()}")
        self._tidy(library)
        resource.setrlimit(resource.RLIMIT_AS, before)
        # While a child sets its circuit up it holds this one, too.
        room = mem_mb + (address_space() - empty) // MB
        limits = replace(settings.limits, mem_mb=room)
        heard, changes = Heard.of(self._heard), self._group.changes
        children = {
            case.number: Child(library, case, changes[case.number], heard)
            for case in self._group.cases
        }
        return Forker(children, limits), took

    def _tidy(self, library: Library) -> None:
        """Set the circuit up once more, and give back the memory that reading has left free.

        Both would cost each child: the first time, ngspice sorts a heap full of holes.
        """
        library.say = lambda _line: None
        library.command("reset")
        with contextlib.suppress(AttributeError):  # of the GNU library only
            libc().malloc_trim(0)

    def _cannot_load(self, status: int) -> None:
        fault = f"the netlist does not load (exit code {status}): {self._said()}"
        self._report({"fault": fault, "missing": False})
        os._exit(1)

    def _said(self) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in self._heard]
        return "; ".join(line for line in lines if line)[-300:]

    def _report(self, report: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._reports, json.dumps(report).encode())


@contextlib.contextmanager
def _streams_to(target: int) -> Iterator[None]:
    """Turn this process's standard input, output and error to a file for a while."""
    kept = [os.dup(number) for number in range(3)]
    try:
        for number in range(3):
            os.dup2(target, number)
        yield
    finally:
        for number, descriptor in enumerate(kept):
            os.dup2(descriptor, number)
            os.close(descriptor)
