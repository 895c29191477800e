"""The limits of a case: what they are, who keeps them, and how much was written.

The kernel keeps those of memory, of the size of a single file, and of core dumps, for each process
by itself. Wall-clock time and the size of all that was written it cannot bound: `Runner` looks at
these several times a second.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from snakespice.base.system import address_space, smaller

MB = 1 << 20
_SPARE_CPU_SECONDS = 60
# What a shell may have limited, and how it calls that.
_SHELL_LIMITS = {
    resource.RLIMIT_AS: ("-v", "memory"),
    resource.RLIMIT_DATA: ("-d", "memory"),
    resource.RLIMIT_FSIZE: ("-f", "the size of a file"),
    resource.RLIMIT_CPU: ("-t", "processor time"),
    resource.RLIMIT_NPROC: ("-u", "the number of processes"),
    resource.RLIMIT_NOFILE: ("-n", "the number of open files"),
}
_OWN_ROOM_BYTES = 32 * MB  # what a worker needs beside what it has, to start a program
_LOOKING_FRACTION = 20  # looking at the output takes at most one part in so many of the time


@dataclass(frozen=True)
class Limits:
    """`timeout` in seconds of wall-clock time, `mem_mb` in MB of address space of a process.

    `max_output_mb` is what the working directory and the captured output may hold together.
    """

    timeout: float
    mem_mb: int
    max_output_mb: float = math.inf


class OutputMeter:
    """What a program has written: the files of its directory and its captured output."""

    def __init__(self, directory: Path, captured: IO[bytes], limit_bytes: float) -> None:
        self._directory, self._captured, self._limit = directory, captured, limit_bytes
        self._next_look = 0.0

    def is_too_large(self, *, hurried: bool = False) -> bool:
        """Tell whether the limit is reached; in a hurry only as often as looking is cheap."""
        start = time.monotonic()
        if math.isinf(self._limit) or (hurried and start < self._next_look):
            return False
        size = os.fstat(self._captured.fileno()).st_size + _tree_size(self._directory)
        end = time.monotonic()
        # A case that writes a hundred thousand files takes long to look at.
        self._next_look = end + _LOOKING_FRACTION * (end - start)
        return size >= self._limit


def _tree_size(directory: str | Path) -> int:
    """Return the bytes that a directory holds, as far as it can be read; links are not followed."""
    size = 0
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    size += _tree_size(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
            except OSError:  # it may be gone by now
                continue
    return size


@cache
def rlimits(limits: Limits) -> dict[int, int]:
    """Return the limits that the kernel keeps, by the number of the resource (Linux only).

    None is higher than what this process itself may have.
    """
    if not hasattr(resource, "prlimit"):
        return {}
    return {
        kind: smaller(limit, resource.getrlimit(kind)[1])
        for kind, limit in _own_limits(limits).items()
    }


def _own_limits(limits: Limits) -> dict[int, int]:
    own = {resource.RLIMIT_AS: limits.mem_mb * MB, resource.RLIMIT_CORE: 0}
    if math.isfinite(limits.max_output_mb):
        # So that one file cannot fill the disk between two looks.
        own[resource.RLIMIT_FSIZE] = int(limits.max_output_mb * MB)
    return own


@cache
def cpu_limit(limits: Limits) -> dict[int, int]:
    """Return the limit of processor time (s), far above what a case can use within its timeout.

    It ends one whose watchers were all killed. No process that serves several cases may have it.
    """
    if not hasattr(resource, "prlimit") or not math.isfinite(limits.timeout):
        return {}
    most = math.ceil(limits.timeout) * (os.cpu_count() or 1) + _SPARE_CPU_SECONDS
    return {resource.RLIMIT_CPU: smaller(most, resource.getrlimit(resource.RLIMIT_CPU)[1])}


def shell_limit(kinds: Iterable[int], limits: Limits) -> str | None:
    """Return, in words, a limit of these kinds that this process was given and that is not ours.

    It is lower than ours, or we have none of the kind; None where there is no such limit.
    """
    own = _own_limits(limits) | cpu_limit(limits)
    for kind in kinds:
        most = resource.getrlimit(kind)[1]
        if most != resource.RLIM_INFINITY and most < own.get(kind, math.inf):
            option, what = _SHELL_LIMITS[kind]
            return f"the limit of {what} that the shell or the system has set (ulimit -H {option})"
    return None


def within_memory(command: Sequence[str], limits: Limits) -> Sequence[str]:
    """Return the command that has its memory limited from its first instruction on.

    Mostly that is the command itself, which inherits the limit. A process that has more memory than
    that, as one with numpy has, cannot limit itself so far; then a shell does it, which costs a
    millisecond. (A limit set from outside after the start comes too late on a busy machine.)
    """
    memory = rlimits(limits).get(resource.RLIMIT_AS)
    if memory is None or memory >= _own_room() or not shutil.which(command[0]):
        return command
    return ("/bin/sh", "-c", f'ulimit -v {memory // 1024}; exec "$@"', "sh", *command)


def _own_room() -> int:
    """Return the bytes of memory that this process needs to go on."""
    return address_space() + _OWN_ROOM_BYTES


@contextlib.contextmanager
def inherited_limits(limits: Limits) -> Iterator[None]:
    """Lower this process's own limits while it starts a program, which inherits them.

    `posix_spawn` can set no limits, and a program that sets them and executes ngspice would be one
    more to load. If they were set from outside after the start only, ngspice could take as much as
    it likes before. Only the soft limits are lowered, as the hard ones could not be raised again.

    This process itself has to be able to go on. So memory is not limited to less than it has and
    needs: see `within_memory`.
    """
    wanted = rlimits(limits)
    room = _own_room()
    before = [(kind, resource.getrlimit(kind)) for kind in wanted]
    try:
        for kind, (soft, hard) in before:
            limit = max(wanted[kind], room) if kind == resource.RLIMIT_AS else wanted[kind]
            resource.setrlimit(kind, (smaller(limit, soft), hard))
        yield
    finally:
        for kind, pair in before:
            resource.setrlimit(kind, pair)
