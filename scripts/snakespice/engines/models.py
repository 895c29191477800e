"""The process that holds the models: it reads a group's netlist once, and forks the workers.

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
import tempfile
import time
from dataclasses import dataclass, replace
from mmap import mmap
from pathlib import Path
from typing import Any, NoReturn

from snakespice.case import Case
from snakespice.engines import cold, driver
from snakespice.engines.grouping import DERIVED, Group
from snakespice.engines.libngspice import Library, LibraryMissing, find_library
from snakespice.engines.trust import Trial
from snakespice.engines.warm import Unfit
from snakespice.engines.warm_child import CIRCUIT, Child
from snakespice.layout import LOG
from snakespice.process import (
    MB,
    Ended,
    Limits,
    Runner,
    address_space,
    die_with,
    libc,
    scratch,
    set_limits,
)
from snakespice.settle import Done, Unit, settle
from snakespice.workers import Workers

_NOT_LOADED = re.compile(rb"^(?:Error on line|\s*Simulation interrupted due to error)")


class NotLoaded(Exception):
    """The group's netlist does not load; the message holds ngspice's last words."""


class Holder:
    """The process, from the moment when it has been forked."""

    def __init__(self, unit: Unit, group: Group, reports: int) -> None:
        self._unit = unit
        self._group = group
        self._reports = reports
        self._heard: list[bytes] = []

    def main(self, parent: int, workers: Workers) -> NoReturn:
        """Read the netlist, fork the workers, wait for their end and end; `parent` forked it."""
        os.setsid()
        die_with(parent)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        here = os.open(".", os.O_RDONLY)
        status = 1
        try:
            # What it says while it loads is heard; the rest is of no use to anybody.
            with scratch() as stray, _streams_to(stray.fileno()):
                took = self.load()
            os.fchdir(here)
            gc.collect()
            gc.freeze()  # what is frozen is not written to, and so stays shared with the children
            cases = {case.number: case for case in self._group.cases}
            workers.fork(_WarmWork(self._unit, self.engine, cases))
            self._report({"took": took})
            workers.wait()
            status = 0
        except (LibraryMissing, NotLoaded) as fault:
            self._report({"fault": str(fault), "missing": isinstance(fault, LibraryMissing)})
        except Exception as fault:
            self._report({"fault": f"{type(fault).__name__}: {fault}", "missing": False})
        finally:
            os._exit(status)

    def load(self) -> float:
        """Load the library and source the group's netlist; return the seconds for the latter.

        From then on there is `engine`. Raises LibraryMissing and NotLoaded.
        """
        settings = self._unit.settings
        os.environ.update(driver.environment(settings.threads))
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
            start = [*settings.spiceinit.splitlines(), f"set num_threads={settings.threads}"]
            script.write("\n".join(["*ng_script", ".control", *start, ".endc", ""]).encode())
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
            raise NotLoaded(f"the netlist does not load: {self._said()}")
        self._tidy(library)
        resource.setrlimit(resource.RLIMIT_AS, before)
        # While a child sets its circuit up it holds this one, too.
        room = mem_mb + (address_space() - empty) // MB
        limits = replace(settings.limits, mem_mb=room)
        self.engine = Warm(library, self._group, self._heard, limits, settings)
        return took

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


class Warm:
    """Runs cases of a group by children of this process, which holds the models."""

    name = "warm"

    def __init__(
        self,
        library: Library,
        group: Group,
        heard: list[bytes],
        limits: Limits,
        settings: cold.Settings,
    ) -> None:
        self.library = library
        self._group = group
        self._heard = heard
        self._limits = limits
        self._settings = settings
        self._gave_up = mmap(-1, 4096)

    def simulate(self, runner: Runner, case: Case) -> Ended:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        Raises Unfit when the circuit that is loaded cannot be made that of the case.
        """
        cold.clear(case, self._settings)
        self._gave_up[0] = 0

        def give_up(reason: str) -> NoReturn:
            text = reason.encode()[: len(self._gave_up) - 1] + b"\0"
            self._gave_up[: len(text)] = text
            os._exit(1)

        def child() -> NoReturn:
            try:
                set_limits(os.getpid(), self._limits)
                change = self._group.changes[case.number]
                run = Child(self.library, case, change, self._heard, give_up)
                self.library.leave = run.leave
                run.run()
            except BaseException as fault:
                give_up(f"{type(fault).__name__}: {fault}")

        with tempfile.TemporaryFile(dir=case.directory) as output:
            ended = runner.fork(child, cwd=case.directory, limits=self._limits, output=output)
            driver.keep_stray_output(output, case.directory / LOG)
        if self._gave_up[0]:
            reason = self._gave_up[:].partition(b"\0")[0].decode("utf-8", "replace")
            raise Unfit(f"case {case.number}: {reason}")
        return ended


@dataclass(frozen=True)
class _WarmWork:
    """What the workers of the warm engine do with a case; with its negative number, they try it."""

    unit: Unit
    engine: Warm
    cases: dict[int, Case]

    def __call__(self, runner: Runner, task: int) -> Done | Trial:
        case = self.cases[abs(task)]
        if task < 0:
            return Trial.of(self.unit, runner, case, self.engine)
        return settle(self.unit, runner, case, self.engine, None)


@contextlib.contextmanager
def _streams_to(target: int) -> Any:
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
