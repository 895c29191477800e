"""Whether files are what they were when this process first read them.

To hash them for each case would take too long. What a look at a directory's entry tells (times,
size, number) changes whenever a file is written or another takes its place, also when it is edited
and put back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

MISSING = "missing"  # the digest of a file that is not there
Stamp = tuple[int, int, int, int]
_first: dict[str, Stamp] = {}


class InputChanged(Exception):
    """A netlist, what it reads, or ngspice itself changed; the message says which."""


def input_changed(path: str) -> InputChanged:
    """Return what is raised for a file that was changed."""
    return InputChanged(
        f"{path} was changed while cases that read it were simulated; these are not recorded: run"
        " again"
    )


def stamp_of(path: str) -> Stamp:
    """Return what changes with a file; what that is at first, this process keeps in mind."""
    there = os.stat(path)
    stamp = (there.st_mtime_ns, there.st_ctime_ns, there.st_size, there.st_ino)
    _first.setdefault(path, stamp)
    return stamp


def is_watched(path: str) -> bool:
    """Whether this process knows what a file was at first."""
    return path in _first


def check(files: Mapping[str, str]) -> None:
    """Raise InputChanged unless files, given with their digests, are what they were at first."""
    for path, digest in files.items():
        if digest == MISSING:
            continue
        first = _first.get(path)
        try:
            if stamp_of(path) == first:
                continue
        except OSError:
            pass
        _first.pop(path, None)
        raise input_changed(path)
