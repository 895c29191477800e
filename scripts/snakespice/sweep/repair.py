"""What a sweep's directory holds beside its cases follows from the configuration; damaged, it goes.

Everything here is written aside and renamed, so no kill damages it; disks and people do.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from snakespice.base.files import UnusableFile, remove
from snakespice.base.layout import METADATA, PLAN, part_files
from snakespice.sweep.plan import read_plan

_TAIL = 1 << 16
_MOMENT = 1e-6  # s; two times that differ by less are one to Snakemake


def discard_damaged(directory: Path) -> list[Path]:
    """Remove a damaged plan or index of netlists, so that it is made again; return what it was."""
    damaged = [path for path in part_files(directory) if not _is_whole_json(path)]
    if (directory / PLAN).exists():
        try:
            plan = read_plan(directory)
        except UnusableFile:
            damaged.append(directory / PLAN)
        else:
            metadata = directory / METADATA
            if metadata.exists() and not _tail(metadata).startswith(b"%d," % len(plan)):
                damaged.append(metadata)
    for path in damaged:
        remove(path)
    return damaged


def bring_back(paths: Iterable[str], now: float) -> None:
    """Give files from the future times before `now` (s), in the order that they have.

    When the clock was set back, Snakemake fails every job that has an input from the future.
    """
    times: dict[str, int] = {}
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            times[path] = os.stat(path).st_mtime_ns
    ahead = sorted({time for time in times.values() if time > now * 1e9}, reverse=True)
    places = {time: int((now - place * _MOMENT) * 1e9) for place, time in enumerate(ahead, 1)}
    for path, time in times.items():
        if time in places:
            os.utime(path, ns=(places[time], places[time]))


def _is_whole_json(path: Path) -> bool:
    """Tell whether a file ends as an object ends; there may be too many to read them all."""
    return _tail(path) == b"}\n"


def _tail(path: Path) -> bytes:
    """Return the last line of a file, nothing where it was cut short or cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            last = file.read().splitlines(keepends=True)[-1:]
    except OSError:
        return b""
    return last[0] if last and last[0].endswith(b"\n") else b""
