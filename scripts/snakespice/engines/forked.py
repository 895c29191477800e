"""For processes that are forked and go on in Python: what they keep, and whom they die with."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from snakespice.process import kill_group

_PR_SET_PDEATHSIG = 1


@lru_cache(maxsize=1)
def libc() -> ctypes.CDLL:
    """Return the C library."""
    return ctypes.CDLL(None)


def die_with(parent: int) -> None:
    """Have this process killed when `parent`, who forked it, dies (Linux only)."""
    with contextlib.suppress(AttributeError):
        libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def address_space() -> int:
    """Return the size of this process's address space, 0 where the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def close_all_but(*kept: int) -> None:
    """Close what was open when this process was forked, but for the standard streams."""
    edges = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in pairwise(edges):
        os.closerange(low + 1, high)


def start_guardian(pipes: Iterable[int]) -> int:
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
        kill_group(group)
    os._exit(0)
