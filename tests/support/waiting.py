"""Wait for something, and see which processes are there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], within: float = 5) -> bool:
    """Wait for a condition; return whether it came true within some seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def running(marker: str) -> list[str]:
    """Return the command lines of the processes that hold `marker` in theirs."""
    listed = subprocess.run(["ps", "axo", "stat=,args="], capture_output=True, text=True)
    return [
        line
        for line in listed.stdout.splitlines()
        if marker in line and not line.startswith("Z") and "ps axo" not in line
    ]


def gone(marker: str, within: float) -> bool:
    """Tell whether no process with `marker` in its command line is left within some seconds."""
    return wait_until(lambda: not running(marker), within)
