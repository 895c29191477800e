"""Run one process at a time under limits, and leave nothing of it running whatever happens.

The process gets a session of its own, so that all it starts can be killed at once. It dies when
it exceeds its time or its output, when whoever started this process is gone, and, through the
guardian, when this process itself is killed.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import FrameType
from typing import IO, TYPE_CHECKING, NoReturn

from snakespice.guardian import MARK, Guardian, kill_group

if TYPE_CHECKING:
    import ctypes

TICK = 0.2
MB = 1 << 20
_PR_SET_PDEATHSIG = 1
# What a worker, Python or libngspice ignore or handle, and a simulation does not.
_DEFAULT_SIGNALS = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM),
    *(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGSEGV, signal.SIGFPE),
)


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
    """Runs one process after the other, from the main thread. One a process.

    `slot` is its place in the table of the guardian.
    """

    def __init__(self, guardian: Guardian, slot: int) -> None:
        self._guardian = guardian
        self._slot = slot
        self._parent = os.getppid()
        self._here = os.open(".", os.O_RDONLY)
        self._input = scratch()
        self._group = 0
        self._deadline = 0.0
        self._timed_out = self._stopped = False
        self._output: Output | None = None
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
    ) -> Ended:
        """Run `command` with `stdin` as its input and `output` as its stdout and stderr.

        Raises OSError when it cannot be started and Abandoned when this process's parent died.
        """
        self._input.seek(0)
        self._input.truncate()
        self._input.write(stdin.encode())
        self._input.seek(0)
        streams = (self._input.fileno(), output.fileno(), output.fileno())
        actions = [(os.POSIX_SPAWN_DUP2, stream, number) for number, stream in enumerate(streams)]
        marked = {**env, MARK: self._guardian.mark(self._slot)}

        def spawn() -> int:
            os.chdir(cwd)
            try:
                with _inherited(limits):
                    pid = os.posix_spawnp(
                        command[0],
                        tuple(command),
                        marked,
                        file_actions=actions,
                        setsid=True,
                        setsigdef=_DEFAULT_SIGNALS,
                    )
            finally:
                os.fchdir(self._here)
            set_limits(pid, limits)
            return pid

        return self._watched(spawn, cwd, limits, output)

    def fork(
        self, child: Callable[[], NoReturn], *, cwd: Path, limits: Limits, output: IO[bytes]
    ) -> Ended:
        """Run `child` in a fork of this process, with `output` as its stdout and stderr.

        It starts in a session of its own, and gets its limits when it calls `set_limits`.
        """
        parent = os.getpid()

        def fork() -> int:
            pid = os.fork()
            if pid:
                return pid
            try:
                os.setsid()
                die_with(parent)
                for handled in _DEFAULT_SIGNALS:
                    signal.signal(handled, signal.SIG_DFL)
                os.environ[MARK] = self._guardian.mark(self._slot)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                for number in (1, 2):
                    os.dup2(output.fileno(), number)
                child()
            finally:
                os._exit(1)

        return self._watched(fork, cwd, limits, output)

    def pause(self, seconds: float) -> None:
        """Sleep; raise Abandoned when this process's parent died."""
        self._check_parent()
        time.sleep(seconds)
        self._check_parent()

    def _watched(
        self, start: Callable[[], int], cwd: Path, limits: Limits, output: IO[bytes]
    ) -> Ended:
        """Start a process, see to it that it keeps its limits, and return how it ended."""
        self._check_parent()
        started, clock = datetime.now(UTC), time.monotonic()
        self._deadline = clock + limits.timeout
        self._timed_out = self._stopped = False
        self._output = Output(cwd, output, limits.max_output_mb * MB)
        pid = start()
        self._group = pid
        self._guardian.watch(self._slot, pid)
        signal.setitimer(signal.ITIMER_REAL, min(TICK, limits.timeout), TICK)
        try:
            # WNOWAIT leaves the process unreaped: its group cannot be another's when it is killed.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            wall = time.monotonic() - clock
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._group = 0
            kill_group(pid)
            _, status, *usages = os.wait4(pid, 0)
            usages += _reap_orphans(pid)
            self._guardian.watch(self._slot, 0)
            if self._stopped:
                self._guardian.kill_strays(self._slot)
        code = os.waitstatus_to_exitcode(status)
        return Ended(
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            timed_out=self._timed_out,
            started=started,
            wall=wall,
            cpu=sum(usage.ru_utime + usage.ru_stime for usage in usages),
            max_rss_mb=max(usage.ru_maxrss for usage in usages) / 1024,
            too_large=self._output.is_too_large(),
        )

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        self._check_parent()
        if not self._group:
            return
        self._timed_out = self._timed_out or time.monotonic() >= self._deadline
        if self._timed_out or (self._output and self._output.is_too_large(hurried=True)):
            self._stopped = True
            # By its number, too: a process that was just forked has no group of its own yet.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._group, signal.SIGKILL)
            kill_group(self._group)

    def _check_parent(self) -> None:
        if os.getppid() != self._parent:
            raise Abandoned


def scratch() -> IO[bytes]:
    """Return a file that has no name; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("snakespice"), "w+b")
    return tempfile.TemporaryFile()


@cache
def libc() -> ctypes.CDLL:
    """Return the C library."""
    import ctypes  # takes a while, and not every process needs it

    return ctypes.CDLL(None)


def die_with(parent: int) -> None:
    """Have this process killed when `parent`, who forked it, dies (Linux only)."""
    with contextlib.suppress(AttributeError):
        libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


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


@cache
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
    wrapper is one more program to load). This process itself must be able to go on: below what it
    holds, memory is limited right after the start only.
    """
    wanted = dict(kept_by_kernel(limits))
    if resource.RLIMIT_AS in wanted:
        room = address_space() + 32 * MB  # what it can go on with
        wanted[resource.RLIMIT_AS] = max(wanted[resource.RLIMIT_AS], room)
    before = {kind: resource.getrlimit(kind) for kind in wanted}
    try:
        for kind, (soft, hard) in before.items():
            resource.setrlimit(kind, (_smaller(wanted[kind], soft), hard))
        yield
    finally:
        for kind, pair in before.items():
            resource.setrlimit(kind, pair)


def address_space() -> int:
    """Return the bytes of this process's address space, 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _smaller(one: int, other: int) -> int:
    return one if other == resource.RLIM_INFINITY else min(one, other)


def set_limits(pid: int, limits: Limits) -> None:
    """Make the limits of a process that has just been started such that it cannot raise them."""
    with contextlib.suppress(ProcessLookupError):
        for kind, limit in kept_by_kernel(limits).items():
            resource.prlimit(pid, kind, (limit, limit))
