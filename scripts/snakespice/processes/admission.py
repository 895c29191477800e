"""Whether the machine has room for one more case: `simulator.require` (Linux only)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from snakespice.base.system import CPU_TIMES, MEMORY
from snakespice.config.settings import Requirement

SAMPLE_SECONDS = 0.25
CHECK_SECONDS = 1.0


def wait_for_resources(require: Requirement, pause: Callable[[float], None]) -> str | None:
    """Wait until there is room; return None, or what was still missing in the end.

    `pause` sleeps that many seconds.
    """
    deadline = time.monotonic() + require.wait
    while missing := _missing(require, pause):
        left = deadline - time.monotonic()
        if left <= 0:
            figures = " and ".join(missing)
            return f"{figures} (simulator.require), after waiting for {require.wait:g} s"
        pause(min(CHECK_SECONDS, left))
    return None


def _missing(require: Requirement, pause: Callable[[float], None]) -> list[str]:
    missing = []
    if require.free_mem_mb is not None and (free := free_memory_mb()) < require.free_mem_mb:
        missing.append(f"{free:.0f} MB of memory are free, {require.free_mem_mb:g} are required")
    if require.max_cpu_percent is not None:
        busy = cpu_percent(pause)
        if busy > require.max_cpu_percent:
            missing.append(
                f"the processors are {busy:.0f} % busy, {require.max_cpu_percent:g} are allowed"
            )
    return missing


def free_memory_mb() -> float:
    """Return how much memory a new program can have without swapping."""
    fields = (line.split() for line in Path(MEMORY).read_text().splitlines())
    return next(int(kilobytes) for name, kilobytes, *_ in fields if name == "MemAvailable:") / 1024


def cpu_percent(pause: Callable[[float], None]) -> float:
    """Return how busy all processors together are, from two samples a moment apart."""
    idle, total = _cpu_times()
    pause(SAMPLE_SECONDS)
    later_idle, later_total = _cpu_times()
    return 100 * (1 - (later_idle - idle) / max(1, later_total - total))


def _cpu_times() -> tuple[int, int]:
    """Return idle and total time since the machine started, of all processors, in clock ticks."""
    # user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user and nice.
    times = [int(field) for field in Path(CPU_TIMES).read_text().split("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
