"""Run one program under limits, and leave nothing of it running whatever happens.

The program gets a session of its own, so that all it starts can be killed at once. It dies
when it exceeds its time, when whoever started this process is gone, and, through the guardian,
when this process itself is killed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

TICK = 0.2


@dataclass(frozen=True)
class Limits:
    """`timeout` in seconds of wall-clock time, `mem_mb` in MB of address space."""

    timeout: float
    mem_mb: int


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code or signal, and what it used (seconds, MB)."""

    exit_code: int | None
    signal: int | None
    timed_out: bool
    started: datetime
    wall: float
    cpu: float
    max_rss_mb: float


class Abandoned(BaseException):
    """Whoever started this process is gone: stop at once, nobody waits for the result."""


class Runner:
    """Runs programs one after the other. A context manager for the main thread, once a process."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._group = 0
        self._deadline = 0.0
        self._timed_out = False

    def __enter__(self) -> Runner:
        self._lifeline = _start_guardian()
        signal.signal(signal.SIGALRM, self._tick)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _exit_on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lifeline)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        limits: Limits,
        stdin: str,
        output: IO[bytes],
    ) -> Ended:
        """Run `command` with `stdin` as its input and `output` as its stdout and stderr.

        Raises OSError when it cannot be started and Abandoned when this process's parent died.
        """
        self._check_parent()
        started, clock = datetime.now(UTC), time.monotonic()
        self._deadline, self._timed_out = clock + limits.timeout, False
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        self._guard(process.pid)
        signal.setitimer(signal.ITIMER_REAL, min(TICK, limits.timeout), TICK)
        try:
            _limit_memory(process.pid, limits.mem_mb)
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(stdin.encode())
            # WNOWAIT leaves the process unreaped: its group cannot be another's when it is killed.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall = time.monotonic() - clock
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            _kill_group(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self._guard(0)
        return Ended(
            exit_code=process.returncode if process.returncode >= 0 else None,
            signal=-process.returncode if process.returncode < 0 else None,
            timed_out=self._timed_out,
            started=started,
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            max_rss_mb=usage.ru_maxrss / 1024,
        )

    def _guard(self, group: int) -> None:
        self._group = group
        os.write(self._lifeline, b"%d\n" % group)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._check_parent()
        if self._group and time.monotonic() >= self._deadline:
            self._timed_out = True
            _kill_group(self._group)

    def _check_parent(self) -> None:
        if os.getppid() != self._parent:
            raise Abandoned


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _kill_group(group: int) -> None:
    # PermissionError: macOS says so of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _limit_memory(pid: int, mem_mb: int) -> None:
    """Limit the address space of a process that has just been started (Linux only)."""
    if hasattr(resource, "prlimit"):
        limit = mem_mb * 1024 * 1024
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _start_guardian() -> int:
    """Fork a process that kills the group named last when this one dies; return its lifeline."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    os.close(writing)
    os.setsid()
    if group := _last_group(reading):
        _kill_group(group)
    os._exit(0)


def _last_group(lifeline: int) -> int:
    """Wait until nobody holds the other end; return the number that was written last."""
    group, rest = 0, b""
    while data := os.read(lifeline, 4096):
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            group = int(lines[-1])
    return group
