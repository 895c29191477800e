"""What two runs of the same simulations need not have in common: dates, places, circumstances."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Of a table's columns: when, where and how fast. How much memory follows from how it was started.
INCIDENTAL = frozenset(
    {"timestamp_iso", "simulation_duration", "cpu_seconds", "max_rss_mb", "host"}
)
ENGINES = frozenset({"engine", "engine_reason"})

_DATE = re.compile(rb"^Date: .*$", re.MULTILINE)
_PLACE = re.compile(r" \(ngspice\.log, line \d+\)")


def without_dates(raw: bytes) -> bytes:
    """Return a raw file without the dates in its headers."""
    return _DATE.sub(b"", raw)


def without_places(text: str) -> str:
    """Return a message without the lines of the log that it refers to."""
    return _PLACE.sub("", text)


def essence(row: Mapping[str, str], *incidental: str) -> dict[str, str]:
    """Return a row of a table without what is incidental, and without these columns."""
    left_out = INCIDENTAL.union(incidental)
    return {name: text for name, text in row.items() if name not in left_out}
