"""Open files that a simulation may have made, as what they are taken for: plain files.

A netlist can put a link to anywhere, or a pipe that never ends, in the place of its log.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO


def open_regular(path: Path, mode: str = "rb") -> IO[bytes]:
    """Open a file in a binary mode; raise OSError where it is missing or no regular file."""
    return open(path, mode, opener=_opener)


def read_regular(path: Path) -> bytes:
    """Return what a file holds; raise OSError where it is missing or no regular file."""
    with open_regular(path) as file:
        return file.read()


def _opener(path: str, flags: int) -> int:
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as fault:
        if fault.errno in (errno.ELOOP, errno.ENXIO):  # a link, a pipe without a reader
            raise _no_file(path) from fault
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_file(path)
    return handle


def _no_file(path: str) -> OSError:
    return OSError(errno.EINVAL, "it is no regular file", path)
