"""What cases have read: `inputs/<key>.json` holds the SHA-256 of each file, by its absolute path.

Most cases of a sweep read the same files, so a record names the key alone. A file is written by
whoever first needs it, and always with the same content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Container, Mapping
from pathlib import Path

from snakespice.base.files import UnusableFile, read_json, remove, write_json
from snakespice.netlist.watched import MISSING

INPUTS = "inputs"


def inputs_key(directory: Path, files: Mapping[str, str]) -> str:
    """Return what stands for these files with their digests: 16 hexadecimal digits of a hash.

    Paths count as seen from the sweep's directory, so that a project can be moved.
    """
    named = [[os.path.relpath(path, directory), digest] for path, digest in files.items()]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def keep_inputs(directory: Path, key: str, files: Mapping[str, str]) -> None:
    """Have what cases have read written down in the sweep's directory."""
    if read_inputs(directory, key) == files:
        return
    (directory / INPUTS).mkdir(exist_ok=True)
    aside = directory / INPUTS / f".{key}.{os.getpid()}"  # several jobs can be at it
    write_json(aside, files, synced=True)
    os.replace(aside, _path(directory, key))


def read_inputs(directory: Path, key: str) -> dict[str, str]:
    """Return what cases with this key have read; nothing where that is not known."""
    try:
        files = read_json(_path(directory, key))
    except UnusableFile:
        return {}
    is_whole = isinstance(files, dict) and all(isinstance(text, str) for text in files.values())
    return files if isinstance(files, dict) and is_whole else {}


def changed_inputs(directory: Path, digest_of: Callable[[str], str]) -> dict[str, str]:
    """Return the keys that do not hold any longer, each with a file that was changed since.

    `digest_of` gives the SHA-256 of a file as it is now, or `missing`.
    """
    changed = {}
    for path in _all(directory):
        for file, digest in read_inputs(directory, path.stem).items():
            now = digest_of(file)
            # One that is not there is told by ngspice, or the results were copied without it.
            if now not in (digest, MISSING):
                changed[path.stem] = file
                break
    return changed


def forget_inputs(directory: Path, but: Container[str]) -> None:
    """Remove what no case of the sweep has read any longer, and what killed jobs have left."""
    for path in (directory / INPUTS).glob("*"):
        if path.stem not in but:
            remove(path)


def _all(directory: Path) -> list[Path]:
    return sorted((directory / INPUTS).glob("[0-9a-f]*.json"))


def _path(directory: Path, key: str) -> Path:
    return directory / INPUTS / f"{key}.json"
