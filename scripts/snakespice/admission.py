"""Whether the machine has room for one more case: `simulator.require` (Linux)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MEMORY = Path("/proc/meminfo")
_CPU = Path("/proc/stat")
SAMPLE = 0.25
LOOK_EVERY = 1.0


@dataclass(frozen=True)
class Requirement:
    """What must be free for a case to start, and for how many seconds to `wait` for it.

    None: that much does not matter.
    """

    free_mem_mb: float | None
    max_cpu_percent: float | None
    wait: float

    def options(self) -> str:
        """Return the options of scripts/simulate.py that say the same."""
        values = {"free-mem-mb": self.free_mem_mb, "max-cpu-percent": self.max_cpu_percent}
        asked = {name: value for name, value in values.items() if value is not None}
        asked |= {"wait": self.wait} if asked else {}
        return " ".join(f"--{name} {value}" for name, value in asked.items())

    def missing(self, pause: Callable[[float], None]) -> str | None:
        """Wait until there is room; return None, or the figures that forbade it to the end.

        `pause` sleeps that many seconds.
        """
        deadline = time.monotonic() + self.wait
        while lacking := self._lacking(pause):
            rest = deadline - time.monotonic()
            if rest <= 0:
                figures = " and ".join(lacking)
                return f"{figures} (simulator.require), after waiting for {self.wait:g} s"
            pause(min(LOOK_EVERY, rest))
        return None

    def _lacking(self, pause: Callable[[float], None]) -> list[str]:
        lacking = []
        if self.free_mem_mb is not None and (free := free_memory()) < self.free_mem_mb:
            lacking.append(f"{free:.0f} MB of memory are free, {self.free_mem_mb:g} are required")
        if self.max_cpu_percent is not None and (busy := cpu_percent(pause)) > self.max_cpu_percent:
            lacking.append(f"the processors are {busy:.0f} % busy, {self.max_cpu_percent:g} may be")
        return lacking


def is_possible() -> bool:
    """Whether this system tells what is free."""
    return _MEMORY.exists() and _CPU.exists()


def free_memory() -> float:
    """Return how many MB a new program can have without swapping."""
    fields = (line.split() for line in _MEMORY.read_text().splitlines())
    return next(int(kilobytes) for name, kilobytes, *_ in fields if name == "MemAvailable:") / 1024


def cpu_percent(pause: Callable[[float], None]) -> float:
    """Return how busy all processors together are, from two looks a moment apart."""
    idle, total = _cpu_times()
    pause(SAMPLE)
    later_idle, later_total = _cpu_times()
    return 100 * (1 - (later_idle - idle) / max(1, later_total - total))


def _cpu_times() -> tuple[int, int]:
    # user, nice, system, idle, iowait, irq, softirq, steal; guests are counted among users.
    times = [int(field) for field in _CPU.read_text().split("\n")[0].split()[1:9]]
    return times[3] + times[4], sum(times)
