"""What is known of a process that has ended: plain data, which the verdict reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ProcessResult:
    """How a process ended, and what it used: wall-clock and processor time in seconds, MB.

    It has an exit code or was ended by a signal. `timed_out` and `too_large` tell that it was
    stopped for its time or its output.
    """

    exit_code: int | None
    signal: int | None
    timed_out: bool
    started: datetime
    wall: float
    cpu: float
    max_rss_mb: float
    too_large: bool = False


@dataclass(frozen=True)
class WaitResult:
    """What the kernel says of a process when it is reaped: wait status, processor time (s), MB."""

    status: int
    cpu: float
    max_rss_mb: float
