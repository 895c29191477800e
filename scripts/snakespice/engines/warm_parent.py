"""The parent process of the warm engine: it reads the netlist once and forks a child for each case.

It is itself forked by the unit's process and speaks with it over two pipes: orders come in, the
index of a case each, and reports go out, one line of JSON each. It ends when the orders do.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import select
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NoReturn

from snakespice.engines import cold, driver
from snakespice.engines.grouping import Case, Group
from snakespice.engines.libngspice import Library, LibraryMissing, find_library
from snakespice.engines.warm_child import CIRCUIT, OPTION_ALIAS, Child
from snakespice.layout import LOG
from snakespice.process import Ended

NETLIST = ".netlist.warm.spice"
_MB = 1 << 20
_PR_SET_PDEATHSIG = 1
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGSEGV, signal.SIGFPE, signal.SIGINT)


@dataclass
class _Running:
    """A child that runs: its pipe is closed by its end, and holds a reason if it gave up."""

    index: int
    pid: int
    pipe: int
    output: IO[bytes]
    started: datetime
    clock: float
    timed_out: bool = False
    gave_up: bytes = b""


class Parent:
    """The parent process, from the moment when it has been forked."""

    def __init__(self, group: Group, settings: cold.Settings, orders: int, reports: int) -> None:
        self._group = group
        self._settings = settings
        self._orders = orders
        self._reports = reports
        self._running: dict[int, _Running] = {}
        self._preface: list[bytes] = []

    def main(self, unit: int) -> NoReturn:
        """Read the netlist, serve all orders and end the process; `unit` is who forked it."""
        os.setsid()
        _die_with(unit)
        _close_all_but(self._orders, self._reports)
        with driver.scratch() as stray, open(os.devnull) as nothing:
            for number, file in ((0, nothing), (1, stray), (2, stray)):
                os.dup2(file.fileno(), number)
        self._pid = os.getpid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        status = 1
        try:
            self._lifeline = _start_guardian((self._orders, self._reports))
            self._load()
            gc.collect()
            gc.freeze()  # what is frozen is not written to, and so stays shared with the children
            self._report({"ready": True})
            self._serve()
            status = 0
        except LibraryMissing as fault:
            self._report({"fault": str(fault), "missing": True})
        except Exception as fault:
            self._report({"fault": f"{type(fault).__name__}: {fault}"})
        finally:
            for child in self._running.values():
                _kill_group(child.pid)
            os._exit(status)

    def _load(self) -> None:
        """Load the library and source the group's netlist."""
        settings = self._settings
        os.environ.update(driver.environment(settings.threads))
        path = find_library(settings.ngspice.path)
        version = settings.ngspice.version
        empty = _address_space()
        library = Library(path, version=version, say=self._preface.append, leave=self._cannot_load)
        # A limit that the cold engine sets to ngspice alone; here Python needs some of it, too.
        self._memory = settings.limits.mem_mb * _MB + empty
        _limit_memory(self._memory)
        os.chdir(self._group.cases[0].directory)
        library.command(f"alias {OPTION_ALIAS} option")
        with driver.scratch() as script:
            start = [*settings.spiceinit.splitlines(), f"set num_threads={settings.threads}"]
            script.write("\n".join(["*ng_script", ".control", *start, ".endc", ""]).encode())
            script.flush()
            library.command(f"source /dev/fd/{script.fileno()}")
        Path(NETLIST).write_text(self._group.netlist)
        try:
            library.command(f"source {NETLIST}")
        finally:
            Path(NETLIST).unlink(missing_ok=True)
        circuits = [line.startswith(CIRCUIT) for line in self._preface]
        if True not in circuits:
            raise ValueError(f"the netlist does not load: {self._said()}")
        del self._preface[circuits.index(True) :]
        self._memory += max(0, _address_space() - empty)
        self._library = library

    def _cannot_load(self, status: int) -> None:
        self._report({"fault": f"the netlist does not load (exit code {status}): {self._said()}"})
        os._exit(1)

    def _said(self) -> str:
        lines = [line.decode("utf-8", "replace").strip() for line in self._preface]
        return "; ".join(line for line in lines if line)[-300:]

    def _serve(self) -> None:
        """Start what is ordered, end what runs too long, report what has ended."""
        poll = select.poll()
        poll.register(self._orders, select.POLLIN)
        rest = b""
        while True:
            now = time.monotonic()
            deadlines = [child.clock + self._timeout for child in self._unstopped()]
            wait = max(0.0, min(deadlines) - now) * 1000 + 1 if deadlines else None
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
            now = time.monotonic()
            for child in self._unstopped():
                if now >= child.clock + self._timeout:
                    child.timed_out = True
                    _kill_group(child.pid)
                    os.kill(child.pid, signal.SIGKILL)  # if it has no group of its own yet

    @property
    def _timeout(self) -> float:
        return self._settings.limits.timeout

    def _unstopped(self) -> Iterable[_Running]:
        return [child for child in self._running.values() if not child.timed_out]

    def _start(self, index: int) -> int:
        """Fork the child for a case; return the descriptor that its end closes."""
        reading, writing = os.pipe()
        output = driver.scratch()
        started, clock = datetime.now(UTC), time.monotonic()
        pid = os.fork()
        if pid == 0:
            self._be_child(self._group.cases[index], writing, output)
        os.close(writing)
        self._running[reading] = _Running(index, pid, reading, output, started, clock)
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
            _die_with(self._pid)
            for number in _RESTORED:
                signal.signal(number, signal.SIG_DFL)
            with open(os.devnull) as nothing:
                os.dup2(nothing.fileno(), 0)
            for number in (1, 2):
                os.dup2(output.fileno(), number)
            _limit_memory(self._memory)
            change = self._group.changes[case.number]
            child = Child(self._library, case, change, self._preface, give_up)
            self._library.leave = child.leave
            child.run()
        except BaseException as fault:
            give_up(f"{type(fault).__name__}: {fault}")

    def _end(self, child: _Running) -> None:
        """Kill what the child has started, take its remains, and report."""
        # WNOWAIT leaves it unreaped: its group cannot be another's when it is killed.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - child.clock
        _kill_group(child.pid)
        os.write(self._lifeline, b"-%d\n" % child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        case = self._group.cases[child.index]
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
        )
        report = asdict(ended) | {"started": child.started.isoformat(), "index": child.index}
        self._report(report | {"gave_up": child.gave_up.decode("utf-8", "replace")})

    def _report(self, report: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            os.write(self._reports, json.dumps(report).encode() + b"\n")


def _die_with(parent: int) -> None:
    """Have this process killed when `parent`, who forked it, dies (Linux only)."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _kill_group(group: int) -> None:
    # PermissionError: macOS says so of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _limit_memory(limit: int) -> None:
    if hasattr(resource, "prlimit"):  # as the cold engine: Linux only
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Return the size of this process's address space, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _close_all_but(*kept: int) -> None:
    """Close what was open when this process was forked, but for the standard streams."""
    edges = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in pairwise(edges):
        os.closerange(low + 1, high)


def _start_guardian(pipes: Iterable[int]) -> int:
    """Fork a process that kills every child's group when this one dies; return its lifeline.

    Each group is announced on the lifeline by `+number` and withdrawn by `-number`.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.setsid()
    for descriptor in (writing, *pipes):
        os.close(descriptor)
    with open(reading) as lifeline:
        groups: set[int] = set()
        for line in lifeline:
            if line.startswith("+"):
                groups.add(int(line))
            else:
                groups.discard(-int(line))
    for group in groups:
        _kill_group(group)
    os._exit(0)
