"""Files without a name, which are gone as soon as nobody has them open."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO


def unnamed_file(directory: Path | None = None) -> IO[bytes]:
    """Return a new file, on the disk of `directory`, or in memory where the system can do that."""
    if directory is None and hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("snakespice"), "w+b")
    return tempfile.TemporaryFile(dir=directory)


def reset_file(file: int) -> None:
    """Empty an open file; the next read or write begins at its start."""
    os.truncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
