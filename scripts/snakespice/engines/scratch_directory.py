"""Where cases are simulated of which no file is meant to stay: in a directory of their worker's.

There one writes over what the other has left. Some file systems take long to make files where many
were removed a moment ago, and a huge sweep that removes what it makes would become slower and
slower.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from snakespice.base.files import remove
from snakespice.base.plainfile import StrPath
from snakespice.netlist.case import Case

_THERE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW


def scratch_directory(directory: Path, cases: Sequence[int], number: int) -> Path:
    """Return one of those of the unit that has these cases, in a sweep's directory.

    It lies where the cases' own directories do, so paths that lead out of them hold in it, too.
    """
    return directory / f".scratch_{cases[0]}_{number}"


@contextlib.contextmanager
def scratch_directories(directory: Path, cases: Sequence[int], count: int) -> Iterator[None]:
    """Have so many scratch directories of a unit, empty ones, and none at the end."""
    places = [scratch_directory(directory, cases, number) for number in range(count)]
    try:
        for place in places:
            remove(place)
            place.mkdir()
        yield
    finally:
        for place in places:
            remove(place)


def leftover_scratch_directories(directory: Path) -> list[Path]:
    """Return those that a killed unit has left in a sweep's directory."""
    return sorted(directory.glob(".scratch_*"))


def reuse_raw_file(case: Case) -> None:
    """Make the raw file that the last case has left an empty one of this case."""
    for name in os.listdir(case.directory):
        if name.startswith("case_"):
            os.replace(case.file(name), case.file(case.result_file))
    create_empty(case.file(case.result_file))


def create_empty(path: StrPath) -> None:
    """Have an empty file in a scratch directory."""
    os.close(os.open(path, _THERE | os.O_TRUNC, 0o666))


def overwrite(path: StrPath, text: str) -> None:
    """Write a text file in a scratch directory over the last case's.

    Where a file is emptied first, ext4 writes it to the disk at once, and the next waits for that.
    """
    with os.fdopen(os.open(path, _THERE, 0o666), "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.truncate()
