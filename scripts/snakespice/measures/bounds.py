"""Bounds for what measures do: time and memory, as a simulation has them."""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
import time
from collections.abc import Iterator

from snakespice.base.system import address_space, smaller

_MB = 1 << 20


class OutOfTime(BaseException):
    """The time is up; no function of a user is meant to catch this."""


@contextlib.contextmanager
def bounded_memory(megabytes: float) -> Iterator[None]:
    """Let this process take so much more address space; beyond that Python raises MemoryError.

    Only where the system tells how much it has, as Linux does.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if used := address_space():
        most = smaller(used + int(megabytes * _MB), soft)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextlib.contextmanager
def bounded_time(deadline: float) -> Iterator[None]:
    """Raise OutOfTime in the body at `deadline`, by time.monotonic. Only in the main thread.

    It wakes what sleeps or waits; a loop in compiled code ends first. (The alarm clock of the
    process is the runner's, which watches simulations by it; so a thread sends the signal.)
    """

    def stop(_number: int, _frame: object) -> None:
        if not is_over:
            raise OutOfTime

    is_over = False
    before = signal.signal(signal.SIGUSR1, stop)
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(
        max(0.0, deadline - time.monotonic()), signal.pthread_kill, (main, signal.SIGUSR1)
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        is_over = True
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)
