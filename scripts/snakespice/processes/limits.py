"""The limits of a case: which there are, how the kernel is told, how much was written."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from snakespice.base.system import address_space, smaller

MB = 1 << 20


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
    kept = {resource.RLIMIT_AS: limits.mem_mb * MB, resource.RLIMIT_CORE: 0}
    if math.isfinite(limits.max_output_mb):
        kept[resource.RLIMIT_FSIZE] = int(limits.max_output_mb * MB)
    return {kind: smaller(limit, resource.getrlimit(kind)[1]) for kind, limit in kept.items()}


@contextlib.contextmanager
def inherited_limits(limits: Limits) -> Iterator[None]:
    """Lower this process's own limits while it starts another, which inherits them.

    So they hold from the program's first instruction on, and starting it costs nothing more (a
    wrapper is one more program to load). This process itself must be able to go on: below what it
    holds, memory is limited right after the start only.
    """
    wanted = rlimits(limits)
    room = address_space() + 32 * MB  # what it can go on with
    before = [(kind, resource.getrlimit(kind)) for kind in wanted]
    try:
        for kind, (soft, hard) in before:
            limit = max(wanted[kind], room) if kind == resource.RLIMIT_AS else wanted[kind]
            resource.setrlimit(kind, (smaller(limit, soft), hard))
        yield
    finally:
        for kind, pair in before:
            resource.setrlimit(kind, pair)
