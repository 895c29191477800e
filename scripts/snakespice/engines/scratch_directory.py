"""Scratch directories: where cases are simulated of which no file is kept.

Each worker has some, and its cases write over the files of those before them. Some file systems
take long to make files where many were removed a moment ago, so a huge sweep that removes what it
makes would become slower and slower.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from snakespice.base.files import remove

_PREFIX = ".scratch_"


def scratch_directory(directory: Path, cases: Sequence[int], number: int) -> Path:
    """Return a scratch directory of the unit that has these cases, in a sweep's `directory`.

    It is beside the cases' own directories, so that relative paths lead to the same files.
    """
    return directory / f"{_PREFIX}{cases[0]}_{number}"


@contextlib.contextmanager
def scratch_directories(directory: Path, cases: Sequence[int], count: int) -> Iterator[None]:
    """Make `count` empty scratch directories for a unit, and remove them at the end."""
    paths = [scratch_directory(directory, cases, number) for number in range(count)]
    try:
        for path in paths:
            remove(path)
            path.mkdir()
        yield
    finally:
        for path in paths:
            remove(path)


def leftover_scratch_directories(directory: Path) -> list[Path]:
    """Return those that a killed unit has left in a sweep's directory."""
    return sorted(directory.glob(f"{_PREFIX}*"))
