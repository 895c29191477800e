"""What is known of a process that has ended: data only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ProcessResult:
    """How a process ended: exit code or signal, and what it used (seconds, MB).

    `timed_out` and `too_large` tell that it was stopped for its time or for its output.
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
    """What is left of a process when it is reaped: its status, and what it used (s, MB)."""

    status: int
    cpu: float
    max_rss_mb: float
