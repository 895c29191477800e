"""Run one program under limits, and leave nothing of it running whatever happens.

The program gets a session of its own, so that all it starts can be killed at once. It dies
when it exceeds its time, when whoever started this process is gone, and, through the guardian,
when this process itself is killed.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

TICK = 0.2
MB = 1 << 20
# In the environment of all that is started here, so that it is found wherever it went.
MARK = "SNAKESPICE_UNIT"
ALL_IS_WELL = -1  # told to the guardian at the end, instead of the group that runs


@dataclass(frozen=True)
class Limits:
    """`timeout` in seconds of wall-clock time, `mem_mb` in MB of address space of a process.

    `max_output_mb` is what the working directory and the captured output may hold together.
    """

    timeout: float
    mem_mb: int
    max_output_mb: float = math.inf


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code or signal, and what it used (seconds, MB).

    `timed_out` and `too_large` tell that it was stopped for its time or for its output.
    """

    exit_code: int | None
    signal: int | None
    timed_out: bool
    started: datetime
    wall: float
    cpu: float
    max_rss_mb: float
    too_large: bool = False


class Abandoned(BaseException):
    """Whoever started this process is gone: stop at once, nobody waits for the result."""


class Runner:
    """Runs programs one after the other. A context manager for the main thread, once a process."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._mark = f"{os.getpid()}-{time.time_ns()}"
        self._group = 0
        self._deadline = 0.0
        self._timed_out = self._stopped = False
        self._output: Output | None = None

    def __enter__(self) -> Runner:
        self._lifeline = _start_guardian(self._mark)
        signal.signal(signal.SIGALRM, self._tick)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, _exit_on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        _kill_marked(self._mark)
        self._guard(ALL_IS_WELL)
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
        self._deadline = clock + limits.timeout
        self._timed_out = self._stopped = False
        self._output = Output(cwd, output, limits.max_output_mb * MB)
        with _inherited(limits):
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**env, MARK: self._mark},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._guard(process.pid)
        signal.setitimer(signal.ITIMER_REAL, min(TICK, limits.timeout), TICK)
        try:
            set_limits(process.pid, limits)
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(stdin.encode())
            # WNOWAIT leaves the process unreaped: its group cannot be another's when it is killed.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall = time.monotonic() - clock
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            kill_group(process.pid)
            _, status, *usages = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            usages += _reap_orphans(process.pid)
            if self._stopped:
                _kill_marked(self._mark)
            self._guard(0)
        return Ended(
            exit_code=process.returncode if process.returncode >= 0 else None,
            signal=-process.returncode if process.returncode < 0 else None,
            timed_out=self._timed_out,
            started=started,
            wall=wall,
            cpu=sum(usage.ru_utime + usage.ru_stime for usage in usages),
            max_rss_mb=max(usage.ru_maxrss for usage in usages) / 1024,
            too_large=self._output.is_too_large(),
        )

    def pause(self, seconds: float) -> None:
        """Sleep; raise Abandoned when this process's parent died."""
        self._check_parent()
        time.sleep(seconds)
        self._check_parent()

    def _guard(self, group: int) -> None:
        self._group = group
        os.write(self._lifeline, b"%d\n" % group)

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._check_parent()
        if not self._group:
            return
        self._timed_out = self._timed_out or time.monotonic() >= self._deadline
        if self._timed_out or (self._output and self._output.is_too_large(hurried=True)):
            self._stopped = True
            kill_group(self._group)

    def _check_parent(self) -> None:
        if os.getppid() != self._parent:
            raise Abandoned


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def kill_group(group: int) -> None:
    """Kill all processes of a group, if there are any."""
    # PermissionError: macOS says so of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill_marked(mark: str) -> None:
    """Kill what left its process group, as daemons do, but kept its environment (Linux only)."""
    wanted = f"{MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in path.read_bytes():
                os.kill(int(path.parent.name), signal.SIGKILL)


def _reap_orphans(group: int) -> Iterator[resource.struct_rusage]:
    """Yield what the killed processes of a group used, as far as they became this one's."""
    with contextlib.suppress(ChildProcessError):
        while True:
            yield os.wait4(-group, 0)[2]


class Output:
    """What a program has written: the files of its directory and its captured output."""

    def __init__(self, directory: Path, captured: IO[bytes], limit: float) -> None:
        self._directory, self._captured, self._limit = directory, captured, limit
        self._next_look = 0.0

    def is_too_large(self, *, hurried: bool = False) -> bool:
        """Tell whether the limit is reached; in a hurry only as often as looking is cheap."""
        start = time.monotonic()
        if math.isinf(self._limit) or (hurried and start < self._next_look):
            return False
        size = os.fstat(self._captured.fileno()).st_size + _tree_size(self._directory)
        end = time.monotonic()
        self._next_look = end + 20 * (end - start)
        return size >= self._limit


def _tree_size(directory: str | Path) -> int:
    """Return the bytes that a directory holds, as far as it can be read; links are not followed."""
    size = 0
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    size += _tree_size(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
    return size


def kept_by_kernel(limits: Limits) -> dict[int, int]:
    """Return the limits that the kernel keeps, by the number of the resource (Linux only).

    None is higher than what this process itself may have.
    """
    if not hasattr(resource, "prlimit"):
        return {}
    kept = {resource.RLIMIT_AS: limits.mem_mb * MB, resource.RLIMIT_CORE: 0}
    if math.isfinite(limits.max_output_mb):
        kept[resource.RLIMIT_FSIZE] = int(limits.max_output_mb * MB)
    return {kind: _smaller(limit, resource.getrlimit(kind)[1]) for kind, limit in kept.items()}


@contextlib.contextmanager
def _inherited(limits: Limits) -> Iterator[None]:
    """Lower this process's own limits while it starts another, which inherits them.

    So they hold from the program's first instruction on, and starting it costs nothing more (a
    preexec_fn would forbid vfork, a wrapper is one more program to load). This process itself must
    be able to go on: below what it holds, memory is limited right after the start only.
    """
    wanted = kept_by_kernel(limits)
    if resource.RLIMIT_AS in wanted:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        own = pages * resource.getpagesize() + 16 * MB
        wanted[resource.RLIMIT_AS] = max(wanted[resource.RLIMIT_AS], own)
    before = {kind: resource.getrlimit(kind) for kind in wanted}
    try:
        for kind, (soft, hard) in before.items():
            resource.setrlimit(kind, (_smaller(wanted[kind], soft), hard))
        yield
    finally:
        for kind, pair in before.items():
            resource.setrlimit(kind, pair)


def _smaller(one: int, other: int) -> int:
    return one if other == resource.RLIM_INFINITY else min(one, other)


def set_limits(pid: int, limits: Limits) -> None:
    """Make the limits of a process that has just been started such that it cannot raise them."""
    with contextlib.suppress(ProcessLookupError):
        for kind, limit in kept_by_kernel(limits).items():
            resource.prlimit(pid, kind, (limit, limit))


def _start_guardian(mark: str) -> int:
    """Fork a process that kills all that bears the mark when this one dies; return its lifeline."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return writing
    try:
        # It outlives all others, and never goes on with what its parent was doing.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)
        os.close(writing)
        os.setsid()
        if (group := _last_group(reading)) != ALL_IS_WELL:
            if group:
                kill_group(group)
            _kill_marked(mark)
    finally:
        os._exit(0)


def _last_group(lifeline: int) -> int:
    """Wait until nobody holds the other end; return the number that was written last."""
    group, rest = 0, b""
    while data := os.read(lifeline, 4096):
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            group = int(lines[-1])
    return group
