"""What rendering a template may use up: processor time and memory, as a simulation has its limits.

A template is a program. Nested loops take for ever, and `'a'|center(900000000)` takes what memory
there is, by mistake as well as by malice. The limits are set once for many cases, and the kernel
watches, so a case costs no more than without. What was rendered within them once may be rendered
again without.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from snakespice.base.system import address_space, smaller

MAX_CPU_SECONDS = 10  # of processor time, one case
MAX_MB = 500  # that rendering adds to what the process holds
_MB = 1 << 20


class TooLong(Exception):
    """Rendering takes more processor time than it may."""


class _Clock:
    """Seconds of processor time since this process has limits, and when the present case began."""

    ticks = 0
    began = 0


def begin_case() -> None:
    """Begin with another case: what the one before has used up counts no longer."""
    _Clock.began = _Clock.ticks


def explain(fault: BaseException) -> str:
    """Return what an error in a template means; each has a text."""
    if isinstance(fault, MemoryError):
        return f"needs more than {MAX_MB} MB of memory"
    return str(fault) or type(fault).__name__


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Have what is done raise MemoryError or TooLong where it exceeds what one case may use up.

    Memory is limited on Linux only, time in the main thread only.
    """
    with _limited_memory(), _limited_time():
        yield


@contextlib.contextmanager
def _limited_memory() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_AS)
    if held := address_space():
        limit = smaller(held + MAX_MB * _MB, before[0])
        resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@contextlib.contextmanager
def _limited_time() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    begin_case()
    before = signal.signal(signal.SIGPROF, _tick)
    signal.setitimer(signal.ITIMER_PROF, 1, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _tick(_number: int, _frame: FrameType | None) -> None:
    """Look at the time, after each second of it that the processor has worked.

    Python calls this between two of its operations. Those that take long, powers and regular
    expressions, listen for signals themselves; all others are over when memory is.
    """
    _Clock.ticks += 1
    if _Clock.ticks - _Clock.began > MAX_CPU_SECONDS:
        raise TooLong(f"takes more than {MAX_CPU_SECONDS} s of processor time")
