"""Where ngspice looks for what a netlist includes: the directories of its `sourcepath`."""

from __future__ import annotations

import os
import re

from snakespice.templates.includes import UnsetVariable, expand

_SOURCEPATH = re.compile(r"^\s*set(?:cs)?\s+sourcepath\s*=\s*\(([^)]*)\)", re.MULTILINE)
_OWN = ("$sourcepath", "${sourcepath}", ".")  # what it has by itself


def source_path(commands: str) -> tuple[str, ...]:
    """Return the directories that start-up commands (a `.spiceinit`) put into the sourcepath.

    Those that name an environment variable which is not set are left out, and relative ones: to
    ngspice they are relative to the case.
    """
    found: dict[str, None] = {}
    for words in _SOURCEPATH.findall(commands):
        for word in words.split():
            directory = word.strip("\"'")
            if directory in _OWN:
                continue
            try:
                place = os.path.expanduser(expand(directory))
            except UnsetVariable:
                continue
            if os.path.isabs(place):
                found[os.path.normpath(place)] = None
    return tuple(found)
