"""The index of the netlists that a part has rendered, `netlists_<part>.json`.

It names, for each case, the SHA-256 of its netlist or why it has none, and for each file that
the netlists include its SHA-256 at the time of rendering.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from snakespice.record import RecordFault, read_json


def read_index(path: Path) -> dict[str, Any]:
    """Read the index of a part; raise RecordFault when it is missing or damaged."""
    index = read_json(path)
    wanted = {"netlists", "faults", "includes"}
    if not isinstance(index, dict) or not wanted <= index.keys():
        raise RecordFault(f"{path} is missing or damaged; delete it to have it made again")
    return index


def file_digest(path: str) -> str:
    """Return the SHA-256 of a file, or `missing`."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "missing"
