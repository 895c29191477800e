"""The parent process of the warm engine: it reads the netlist once and forks a child for each case.

It is itself forked by the unit's process and speaks with it over two pipes: orders come in, the
index of a case each, and reports go out, one line of JSON each. It ends when the orders do.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import re
import resource
import select
import signal
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from snakespice.engines import cold, driver
from snakespice.engines.forked import (
    address_space,
    close_all_but,
    die_with,
    libc,
    start_guardian,
)
from snakespice.engines.grouping import DERIVED, Case, Group
from snakespice.engines.libngspice import Library, LibraryMissing, find_library
from snakespice.engines.warm_child import CIRCUIT, Child
from snakespice.layout import LOG
from snakespice.process import MB, TICK, Ended, Output, kill_group, set_limits

_NOT_LOADED = re.compile(rb"^(?:Error on line|\s*Simulation interrupted due to error)")
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGSEGV, signal.SIGFPE, signal.SIGINT)


@dataclass
class _Running:
    """A child that runs: its pipe is closed by its end, and holds a reason if it gave up."""

    index: int
    pid: int
    pipe: int
    output: IO[bytes]
    written: Output
    started: datetime
    clock: float
    timed_out: bool = False
    is_stopped: bool = False
    gave_up: bytes = b""


class _NotLoaded(Exception):
    """The group's netlist does not load; the message holds ngspice's last words."""


class Parent:
    """The parent process, from the moment when it has been forked."""

    def __init__(self, group: Group, settings: cold.Settings, orders: int, reports: int) -> None:
        self._group = group
        self._settings = settings
        self._orders = orders
        self._reports = reports
        self._running: dict[int, _Running] = {}
        self._heard: list[bytes] = []

    def main(self, unit: int) -> NoReturn:
        """Read the netlist, serve all orders and end the process; `unit` is who forked it."""
        os.setsid()
        die_with(unit)
        close_all_but(self._orders, self._reports)
        with driver.scratch() as stray, open(os.devnull) as nothing:
            for number, descriptor in enumerate([nothing.fileno(), *[stray.fileno()] * 2]):
                os.dup2(descriptor, number)
        self._pid = os.getpid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        status = 1
        try:
            self._lifeline = start_guardian((self._orders, self._reports))
            self._load()
            gc.collect()
            gc.freeze()  # what is frozen is not written to, and so stays shared with the children
            self._report({"ready": True})
            self._serve()
            status = 0
        except (LibraryMissing, _NotLoaded) as fault:
            self._report({"fault": str(fault), "missing": isinstance(fault, LibraryMissing)})
        except Exception as fault:
            self._report({"fault": f"{type(fault).__name__}: {fault}", "missing": False})
        finally:
            for child in self._running.values():
                kill_group(child.pid)
            os._exit(status)

    def _load(self) -> None:
        """Load the library and source the group's netlist."""
        settings = self._settings
        os.environ.update(driver.environment(settings.threads))
        path = find_library(settings.ngspice.path)
        version = settings.ngspice.version
        empty = address_space()
        library = Library(path, version=version, say=self._heard.append, leave=self._cannot_load)
        # What the cold engine gives to ngspice alone; here Python needs some room, too.
        self._limits = replace(settings.limits, mem_mb=settings.limits.mem_mb + empty // MB)
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        if hasattr(resource, "prlimit"):
            resource.setrlimit(resource.RLIMIT_AS, (self._limits.mem_mb * MB, hard))
        os.chdir(self._group.cases[0].directory)
        with driver.scratch() as script:
            start = [*settings.spiceinit.splitlines(), f"set num_threads={settings.threads}"]
            script.write("\n".join(["*ng_script", ".control", *start, ".endc", ""]).encode())
            script.flush()
            library.command(f"source /dev/fd/{script.fileno()}")
        Path(DERIVED).unlink(missing_ok=True)  # never written through, if it is a link
        Path(DERIVED).write_text(self._group.netlist)
        library.command(f"source {DERIVED}")
        Path(DERIVED).unlink()
        if not any(line.startswith(CIRCUIT) for line in self._heard) or any(
            _NOT_LOADED.search(line) for line in self._heard
        ):
            raise _NotLoaded(f"the netlist does not load: {self._said()}")
        self._tidy(library)
        # While a child sets its circuit up it holds the parent's, too.
        room = self._limits.mem_mb + (address_space() - empty) // MB
        self._limits = replace(self._limits, mem_mb=room)
        self._library = library

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

    def _serve(self) -> None:
        """Start what is ordered, end what runs too long, report what has ended."""
        poll = select.poll()
        poll.register(self._orders, select.POLLIN)
        rest = b""
        while True:
            wait = self._stop_what_exceeds_its_limits()
            for descriptor, _ in poll.poll(wait):
                if descriptor == self._orders:
                    data = os.read(descriptor, 4096)
                    if not data:
                        return
                    *lines, rest = (rest + data).split(b"\n")
                    for line in lines:
                        poll.register(self._start(int(line)), select.POLLIN)
                elif data := os.read(descriptor, 4096):
                    self._running[descriptor].gave_up += data
                else:
                    poll.unregister(descriptor)
                    self._end(self._running.pop(descriptor))

    def _stop_what_exceeds_its_limits(self) -> float | None:
        """Kill such children; return the milliseconds after which to look again."""
        limits = self._settings.limits
        next_looks = []
        for child in self._running.values():
            if child.is_stopped:
                continue
            left = child.clock + limits.timeout - time.monotonic()
            child.timed_out = left <= 0
            if child.timed_out or child.written.is_too_large(hurried=True):
                child.is_stopped = True
                kill_group(child.pid)
                os.kill(child.pid, signal.SIGKILL)  # if it has no group of its own yet
            else:
                next_looks.append(left if math.isinf(limits.max_output_mb) else min(left, TICK))
        return min(next_looks) * 1000 + 1 if next_looks else None

    def _start(self, index: int) -> int:
        """Fork the child for a case; return the descriptor that its end closes."""
        reading, writing = os.pipe()
        case = self._group.cases[index]
        # What an earlier run left counts for nothing, and is never written through if it is a link.
        for stale in (LOG, case.result_file, cold.SPICEINIT):
            (case.directory / stale).unlink(missing_ok=True)
        if self._settings.spiceinit:  # for whoever runs the netlist by hand
            (case.directory / cold.SPICEINIT).write_text(self._settings.spiceinit)
        output = driver.scratch()
        written = Output(case.directory, output, self._settings.limits.max_output_mb * MB)
        started, clock = datetime.now(UTC), time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._be_child(case, writing, output)
        os.close(writing)
        self._running[reading] = _Running(index, pid, reading, output, written, started, clock)
        return reading

    def _be_child(self, case: Case, pipe: int, output: IO[bytes]) -> NoReturn:
        def give_up(reason: str) -> NoReturn:
            os.write(pipe, reason.encode()[:4000])
            os._exit(1)

        try:
            os.setsid()
            os.write(self._lifeline, b"+%d\n" % os.getpid())
            for descriptor in (self._lifeline, self._orders, self._reports, *self._running):
                os.close(descriptor)
            die_with(self._pid)
            for signal_number in _RESTORED:
                signal.signal(signal_number, signal.SIG_DFL)
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            set_limits(os.getpid(), self._limits)
            change = self._group.changes[case.number]
            child = Child(self._library, case, change, self._heard, give_up)
            self._library.leave = child.leave
            child.run()
        except BaseException as fault:
            give_up(f"{type(fault).__name__}: {fault}")

    def _end(self, child: _Running) -> None:
        """Kill what the child has started, take its remains, and report."""
        # WNOWAIT leaves it unreaped: its group cannot be another's when it is killed.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - child.clock
        kill_group(child.pid)
        os.write(self._lifeline, b"-%d\n" % child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        case = self._group.cases[child.index]
        too_large = child.written.is_too_large()
        with contextlib.suppress(OSError):
            driver.keep_stray_output(child.output, case.directory / LOG)
        child.output.close()
        os.close(child.pipe)
        ended = Ended(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            timed_out=child.timed_out,
            started=child.started,
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            max_rss_mb=usage.ru_maxrss / 1024,
            too_large=too_large,
        )
        report = asdict(ended) | {"started": child.started.isoformat(), "index": child.index}
        self._report(report | {"gave_up": child.gave_up.decode("utf-8", "replace")})

    def _report(self, report: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._reports, json.dumps(report).encode() + b"\n")
