"""Wait for something, and see which processes are there."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


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


class Endless(BaseException):
    """Something takes much too long: no Exception, which might be caught and explained."""


@contextmanager
def no_longer_than(seconds: int) -> Iterator[None]:
    """Raise Endless in what would go on for ever."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Endless(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
