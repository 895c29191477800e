"""Commands of `.control` sections: what they are, and what ngspice will make of them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

_QUIT = re.compile(r"(?:quit|exit)\b", re.IGNORECASE)
_REDIRECTION = re.compile(r"\s(>>?&?)\s*(\S+)")
_OPENING = frozenset({"if", "while", "dowhile", "foreach", "repeat"})
# Whose first argument is a file that they write.
_WRITING = frozenset({"write", "wrdata", "wrs2p", "wrnodev", "eprvcd", "hardcopy", "snsave"})
_CLOSING = frozenset({"end", *(f"end{word}" for word in _OPENING)})


def word_of(command: str) -> str:
    """Return the first word of a command, in lower case."""
    return command.split(None, 1)[0].lower()


def is_quit(command: str) -> bool:
    """Whether a command ends ngspice."""
    return bool(_QUIT.match(command))


def without_redirection(command: str) -> tuple[str, str]:
    """Return a command without its `> file` or `>> file`, and the file, or nothing."""
    found = _REDIRECTION.search(command)
    return (command[: found.start()], found[2]) if found else (command, "")


def has_open_block(commands: Iterable[str]) -> bool:
    """Whether an `if`, `while` ... has no end: ngspice skips all behind it without a word."""
    words = [word_of(command) for command in commands]
    opened = sum(word in _OPENING for word in words)
    return opened > sum(word in _CLOSING for word in words)


def directories_written_to(commands: Iterable[str]) -> set[str]:
    """Return the directories below the working one in which commands would write, or go."""
    found: set[str] = set()
    for command in commands:
        plain, target = without_redirection(command)
        words = plain.split()
        places = [target]
        if word_of(command) in _WRITING and len(words) > 1:
            places.append(words[1])
        elif word_of(command) == "cd" and len(words) > 1:
            places.append(f"{words[1]}/")
        for place in places:
            directory = os.path.normpath(os.path.dirname(place.strip("\"'")) or ".")
            if not directory.startswith(("/", "..", "~")) and not set("$`{*") & set(directory):
                found.add(directory)
    return found - {"."}
