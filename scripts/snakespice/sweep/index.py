"""The index of the netlists that a part has rendered, `netlists_<part>.json`.

It names, for each case, the SHA-256 of its netlist or why it has none, and for each file that
the netlists include or read otherwise its SHA-256 at the time of rendering. Of each template that
was read it names the SHA-256, too. `unwatched` are names of files that are read and not hashed, as
the text does not tell where they are. `distinct` has one entry where all netlists are the same but
for their seeds and the names of their raw files, and more where they are not.
"""

from __future__ import annotations

import hashlib
import os
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from snakespice.base.files import UnusableFile, read_json
from snakespice.base.layout import part_files
from snakespice.base.plainfile import open_regular

_PARTS = ("netlists", "faults", "includes")


def read_index(path: Path) -> dict[str, Any]:
    """Read the index of a part; raise UnusableFile when it is missing or damaged."""
    index = read_json(path)
    parts = [index.get(name) for name in _PARTS] if isinstance(index, dict) else []
    if not parts or not all(map(_is_texts, parts)):
        raise UnusableFile(f"{path} is missing or damaged; delete it to have it made again")
    return cast(dict[str, Any], index)


def all_netlists_alike(directory: Path) -> bool:
    """Tell whether the netlists of a sweep are all the same but for their seeds, and draw nothing.

    No more than one index is read where they are not, which is nearly always. Raises UnusableFile.
    """
    distinct: set[str] = set()
    for path in part_files(directory):
        distinct.update(read_index(path).get("distinct", ()))
        if len(distinct) > 1:
            break
    return len(distinct) == 1


def _is_texts(part: object) -> bool:
    return isinstance(part, dict) and all(isinstance(text, str) for text in part.values())


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file, or `missing`."""
    try:
        with open_regular(Path(os.path.realpath(path))) as file:
            return hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
    except (OSError, ValueError):  # a path can hold what none can
        return "missing"
