"""Files without a name, which are gone when nobody has them open any more."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO


def unnamed_file(directory: Path | None = None) -> IO[bytes]:
    """Return a file that has no name, on the disk of `directory` or in memory if the system can."""
    if directory is None and hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("snakespice"), "w+b")
    return tempfile.TemporaryFile(dir=directory)


def reset_file(file: int) -> None:
    """Empty an open file; what is read from it and written to it begins at its start again."""
    os.truncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
