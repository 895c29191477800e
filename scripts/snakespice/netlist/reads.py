"""Files that a netlist reads otherwise than by `.include` and `.lib`, as far as its text tells.

Tables and stimuli of code models (`file=`), and what its commands load: `source`, `load`,
`codemodel`, `osdi` and the like.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import cast

from snakespice.base.plainfile import open_regular
from snakespice.netlist.watched import Stamp
from snakespice.templates.includes import INCLUDE_LINE

_KEY = re.compile(
    rb"\b(?:file|input_file|state_file|process_file|simulation)"
    rb"""[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'()\[\]]+))""",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"^[ \t]*\.control\b(.*?)^[ \t]*\.endc\b", re.I | re.M | re.S)
_READING = re.compile(r"(?:pre_)?(?:source|load|codemodel|osdi|use|snload)\s+(.*)", re.IGNORECASE)
_WRITING = re.compile(
    r"(?:write|wrdata|wrs2p|wrnodev|snsave|shell|hardcopy|gnuplot)\b|.*[>`]", re.IGNORECASE
)
_SCRIPT = b"*ng_script"  # ngspice takes a file that begins so for commands
_MOST_BYTES = 1 << 24  # of a file that is looked through for the names of others


def reads_of(data: bytes) -> tuple[str, ...]:
    """Return the paths, as written, of what a netlist and its commands read.

    A file that a command also seems to make is left out: it is no input.
    """
    lower = data.lower()
    found: dict[str, None] = {}
    written = ""
    if b"file" in lower or b"simulation" in lower:
        found |= dict.fromkeys(_in_cards(data))
    if b".control" in lower or lower.startswith(_SCRIPT):
        for command in _commands(data):
            if match := _READING.match(command):
                found |= dict.fromkeys(word.strip("\"'") for word in match[1].split())
            elif _WRITING.match(command):
                written += f"{command}\n"
    return tuple(path for path in found if path and path.rpartition("/")[2] not in written)


def _in_cards(data: bytes) -> Iterator[str]:
    for match in _KEY.finditer(data):
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith(b"*"):
            yield (match[1] or match[2] or match[3] or b"").decode("utf-8", "replace")


def _commands(data: bytes) -> Iterator[str]:
    sections = [data] if data.lower().startswith(_SCRIPT) else _CONTROL.findall(data)
    for section in sections:
        for line in section.decode("utf-8", "replace").split("\n"):
            command = line.partition(";")[0].strip()
            if not command.startswith(("*", "#")):
                yield command


@lru_cache(maxsize=256)
def read_file(path: str, _stamp: Stamp) -> tuple[str, tuple[str, ...]]:
    """Return the SHA-256 of a file that a command or a card reads, and what that names itself.

    Raises OSError where it cannot be read.
    """
    with open_regular(os.path.realpath(path)) as file:
        digest = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
    return digest, _names(path)


def named_in(path: str) -> list[str]:
    """Return all files that a file names, in whatever section, by their absolute paths."""
    return [os.path.normpath(os.path.join(os.path.dirname(path), name)) for name in _names(path)]


def _names(path: str) -> tuple[str, ...]:
    data = _text(path)
    return (*_included_by(data), *reads_of(data))


def _text(path: str) -> bytes:
    """Return what a file of text holds; nothing of another one."""
    try:
        with open_regular(Path(os.path.realpath(path))) as file:
            data = file.read(_MOST_BYTES)
    except (OSError, ValueError):
        return b""
    return b"" if b"\0" in data[:4096] else data


def _included_by(data: bytes) -> Iterator[str]:
    """Yield the paths, as written, that a file includes in whatever section."""
    for match in INCLUDE_LINE.finditer(data.decode("utf-8", "replace")):
        if match[1].strip().lower() != ".lib" or match[5].strip():
            yield match[2] or match[3] or match[4] or ""
