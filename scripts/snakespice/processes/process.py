"""Run one process at a time under limits, and leave nothing of it running, whatever happens.

A simulation is a tree of processes: a netlist may start a shell, and that what it likes. Killing
ngspice alone leaves them running. So each simulation has a session of its own, whose process group
is killed when the simulation ends, well or not. What left the group is found by a mark in its
environment. All this is needed when

- the simulation exceeds its time or its output: `Runner` looks several times a second;
- the process that started this one is gone: `Runner` notices at the same time, and raises Orphaned;
- this process itself is killed: the guardian sees to it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

from snakespice.base.system import set_limits
from snakespice.processes.guardian import MARK_VARIABLE, STARTING, Guardian, kill_group
from snakespice.processes.limits import (
    MB,
    Limits,
    OutputMeter,
    cpu_limit,
    inherited_limits,
    rlimits,
    within_memory,
)
from snakespice.processes.result import ProcessResult, WaitResult
from snakespice.processes.unnamed_file import reset_file, unnamed_file

POLL_SECONDS = 0.2
_STALL_SECONDS = 2.0  # a tick that is so late was not late because of other programs alone
# What workers, Python or libngspice ignore or handle, and a simulation must not: an ignored signal
# stays ignored in a program that is executed. (With SIGXFSZ ignored, for example, ngspice cuts its
# raw file short and exits with 0.)
DEFAULT_SIGNALS = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM),
    *(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGSEGV, signal.SIGFPE),
)


class Orphaned(BaseException):
    """The process that started this one is gone: stop at once, nobody waits for the result."""


class Process(Protocol):
    """A process that runs in a session of its own."""

    pid: int

    def wait(self) -> None:
        """Wait until it has ended. It stays a zombie, so its number is not given to another."""

    def reap(self) -> WaitResult:
        """Reap it, and return what the kernel says of it."""


class SpawnedProcess:
    """A child of this process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def wait(self) -> None:
        """Wait until it has ended, and do not reap it."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)

    def reap(self) -> WaitResult:
        """Reap it, and those of its group that this process has inherited (see `sandbox`)."""
        _, status, *usages = os.wait4(self.pid, 0)
        with contextlib.suppress(ChildProcessError):
            while True:
                usages.append(os.wait4(-self.pid, 0)[2])
        return WaitResult(
            status,
            sum(usage.ru_utime + usage.ru_stime for usage in usages),
            max(usage.ru_maxrss for usage in usages) / 1024,
        )


class Runner:
    """Runs one process after the other, from the main thread. One a process.

    `slot` is its place in the table of the guardian, `index` that among the workers of its pool.
    `on_idle` is called once while a process runs for longer than POLL_SECONDS; it starts none.
    """

    def __init__(self, guardian: Guardian, slot: int, index: int = 0) -> None:
        self.index = index
        self.on_idle: Callable[[], None] | None = None
        self._guardian = guardian
        self._slot = slot
        self._parent = os.getppid()
        self._here = os.open(".", os.O_RDONLY)
        self._input = unnamed_file()
        self._group = 0  # of the process that runs, if one does
        self._deadline = 0.0
        self._timed_out = self._stopped = False
        self._output: OutputMeter | None = None
        signal.signal(signal.SIGALRM, self._tick)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        limits: Limits,
        stdin: str,
        output: IO[bytes],
    ) -> ProcessResult:
        """Run `command` with `stdin` as its input and `output` as its stdout and stderr.

        Raises OSError when it cannot be started and Orphaned when this process's parent is gone.
        """
        source = self._input.fileno()
        reset_file(source)
        os.pwrite(source, stdin.encode(), 0)
        streams = (source, output.fileno(), output.fileno())
        actions = [(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)]
        marked = {**env, MARK_VARIABLE: self._guardian.mark(self._slot)}

        limited = within_memory(command, limits)

        def spawn() -> SpawnedProcess:
            # posix_spawn copies no page tables, as a fork would: it takes as long for a large
            # worker as for a small one. It knows no working directory and no limits, so both are
            # this process's own for an instant.
            os.chdir(cwd)
            try:
                with inherited_limits(limits):
                    pid = os.posix_spawnp(
                        limited[0],
                        tuple(limited),
                        marked,
                        file_actions=actions,
                        setsid=True,
                        setsigdef=DEFAULT_SIGNALS,
                    )
            finally:
                os.fchdir(self._here)
            # Now so that it cannot raise them again.
            with contextlib.suppress(ProcessLookupError):
                set_limits(pid, rlimits(limits) | cpu_limit(limits))
            return SpawnedProcess(pid)

        return self.watch(spawn, cwd=cwd, limits=limits, output=output)

    def pause(self, seconds: float) -> None:
        """Sleep; raise Orphaned when this process's parent is gone."""
        self._check_parent()
        time.sleep(seconds)
        self._check_parent()

    def watch(
        self, start: Callable[[], Process], *, cwd: Path, limits: Limits, output: IO[bytes]
    ) -> ProcessResult:
        """Start a process, stop it if it exceeds its time or its output, and reap it.

        It works in `cwd`, and what it prints goes to `output`. Both engines' simulations are
        watched here: `start` spawns ngspice, or has a launcher fork a child (`engines.channel`).
        """
        self._check_parent()
        started, clock = datetime.now(UTC), time.monotonic()
        self._deadline = clock + limits.timeout
        self._last_tick = clock
        self._timed_out = self._stopped = False
        self._output = OutputMeter(cwd, output, limits.max_output_mb * MB)
        # Announced first: if this process is killed within `start`, the guardian has no number.
        self._guardian.watch(self._slot, STARTING)
        try:
            process = start()
        except Exception:
            self._guardian.watch(self._slot, 0)
            raise
        self._group = process.pid  # the leader of a session is that of its group
        self._guardian.watch(self._slot, process.pid)
        # The first tick may come early, for timeouts that are shorter than the ticks.
        signal.setitimer(signal.ITIMER_REAL, min(POLL_SECONDS, limits.timeout), POLL_SECONDS)
        try:
            # Python calls `_tick` when a signal interrupts this, and goes on waiting, unless that
            # raises. So there is no thread, and a short case is not waited for in steps.
            process.wait()
            wall = time.monotonic() - clock
        finally:
            # In this order. No tick comes any more; what it started is killed while it is a zombie,
            # so that the group cannot be another's; and the guardian forgets it last.
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._group = 0
            kill_group(process.pid)
            reaped = process.reap()
            self._guardian.watch(self._slot, 0)
            if self._stopped:
                # Whatever left the group of one that ended by itself goes with the unit.
                self._guardian.kill_strays(self._slot)
        code = os.waitstatus_to_exitcode(reaped.status)
        return ProcessResult(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            timed_out=self._timed_out and code == -signal.SIGKILL,  # else it ended by itself
            started=started,
            wall=wall,
            cpu=reaped.cpu,
            max_rss_mb=reaped.max_rss_mb,
            too_large=self._output.is_too_large(),
        )

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._check_parent()
        if not self._group:
            return
        now = time.monotonic()
        # While this process did not run (Ctrl-Z, a suspended machine) nobody watched. A program
        # that was stopped with it got nothing done, and one that was not may have ended by now.
        if (missed := now - self._last_tick) > _STALL_SECONDS:
            self._deadline += missed
        self._last_tick = now
        self._timed_out = self._timed_out or now >= self._deadline
        if self._timed_out or (self._output and self._output.is_too_large(hurried=True)):
            self._stopped = True
            # By its number, too: a child that was just forked has no group of its own yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._group, signal.SIGKILL)
            kill_group(self._group)
        if on_idle := self.on_idle:
            self.on_idle = None
            on_idle()

    def _check_parent(self) -> None:
        # On Linux a worker is killed with its unit (`die_with`). This holds everywhere: an orphan
        # has another parent.
        if os.getppid() != self._parent:
            raise Orphaned
