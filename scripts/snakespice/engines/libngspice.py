"""Where libngspice is: ngspice as a library, which the warm engine loads."""

from __future__ import annotations

import ctypes.util
import os
from pathlib import Path

_NAMES = ("libngspice.so.0", "libngspice.so", "libngspice.0.dylib", "libngspice.dylib")


class LibraryMissing(Exception):
    """libngspice cannot be found, does not load, or is of another version than the program."""


def find_library(ngspice: str) -> str:
    """Return the path of libngspice, if possible that of the installation of the program `ngspice`.

    Raises LibraryMissing when there is none.
    """
    prefix = Path(os.path.realpath(ngspice)).parent.parent
    directories = [*prefix.glob("lib/*-linux-gnu"), prefix / "lib", prefix / "lib64"]
    for directory in directories:
        for name in _NAMES:
            if (directory / name).exists():
                return str(directory / name)
    if found := ctypes.util.find_library("ngspice"):
        return found
    raise LibraryMissing("libngspice is not installed (Debian, Ubuntu: libngspice0)")
