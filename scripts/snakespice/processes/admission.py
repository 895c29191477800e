"""Whether the machine has room for one more case: `simulator.require` (Linux)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from snakespice.base.system import CPU_TIMES, MEMORY
from snakespice.config.settings import Requirement

SAMPLE_SECONDS = 0.25
CHECK_SECONDS = 1.0


def wait_for_resources(require: Requirement, pause: Callable[[float], None]) -> str | None:
    """Wait until there is room; return None, or the figures that forbade it to the end.

    `pause` sleeps that many seconds.
    """
    deadline = time.monotonic() + require.wait
    while lacking := _lacking(require, pause):
        rest = deadline - time.monotonic()
        if rest <= 0:
            figures = " and ".join(lacking)
            return f"{figures} (simulator.require), after waiting for {require.wait:g} s"
        pause(min(CHECK_SECONDS, rest))
    return None


def _lacking(require: Requirement, pause: Callable[[float], None]) -> list[str]:
    lacking = []
    if require.free_mem_mb is not None and (free := free_memory_mb()) < require.free_mem_mb:
        lacking.append(f"{free:.0f} MB of memory are free, {require.free_mem_mb:g} are required")
    if require.max_cpu_percent is not None:
        busy = cpu_percent(pause)
        if busy > require.max_cpu_percent:
            lacking.append(
                f"the processors are {busy:.0f} % busy, {require.max_cpu_percent:g} may be"
            )
    return lacking


def free_memory_mb() -> float:
    """Return how many MB a new program can have without swapping."""
    fields = (line.split() for line in Path(MEMORY).read_text().splitlines())
    return next(int(kilobytes) for name, kilobytes, *_ in fields if name == "MemAvailable:") / 1024


def cpu_percent(pause: Callable[[float], None]) -> float:
    """Return how busy all processors together are, from two looks a moment apart."""
    idle, total = _cpu_times()
    pause(SAMPLE_SECONDS)
    later_idle, later_total = _cpu_times()
    return 100 * (1 - (later_idle - idle) / max(1, later_total - total))


def _cpu_times() -> tuple[int, int]:
    # user, nice, system, idle, iowait, irq, softirq, steal; guests are counted among users.
    times = [int(field) for field in Path(CPU_TIMES).read_text().split("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
