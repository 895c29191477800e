"""Open files that a simulation may have made, as what they are taken for: plain files.

A netlist can put a link to anywhere, or a pipe that never ends, in the place of its log.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import IO

StrPath = str | os.PathLike[str]


def open_regular(path: StrPath, mode: str = "rb") -> IO[bytes]:
    """Open a file in a binary mode; raise OSError where it is missing or no regular file."""
    return open(path, mode, opener=_opener)


def read_regular(path: StrPath, ends: int | None = None) -> bytes:
    """Return what a file holds; raise OSError where it is missing or no regular file.

    Of one with more than twice as many bytes as `ends` it is so many from its beginning and end.
    """
    handle = _opener(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        if ends and size > 2 * ends:
            return os.pread(handle, ends, 0) + os.pread(handle, ends, size - ends)
        data = b""
        while part := os.read(handle, size + 1):
            data += part
        return data
    finally:
        os.close(handle)


def _opener(path: StrPath, flags: int) -> int:
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


def _no_file(path: StrPath) -> OSError:
    return OSError(errno.EINVAL, "it is no regular file", os.fspath(path))
