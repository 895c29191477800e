"""Where results may go: not where they would be mixed with what is precious, or be mistaken."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
_REMEDY = "give a directory of its own, such as results"


def results_fault(results: str, project_root: Path) -> tuple[str, str] | None:
    """Return why results cannot go there, and the remedy; None where they can.

    What is computed is moved, set aside and removed below it, and people remove it as a whole.
    """
    if results.startswith("-"):
        return f'"{results}" is an option to every command that is given it', _REMEDY
    if results.startswith(("~", "$")):
        name = results.partition("/")[0]
        return f'"{name}" is not expanded, it would be the name of a directory', "write it in full"
    place = Path(os.path.realpath(results))
    for precious, name in (
        (Path("/"), "the root of the file system"),
        (Path(os.path.realpath(os.path.expanduser("~"))), "your home directory"),
        (REPOSITORY, "the repository of snakespice"),
        (project_root.resolve(), "the project"),
    ):
        if precious == place:
            return f"is {name} itself", _REMEDY
        if precious.is_relative_to(place):
            return f"is {place}, which holds {name}", _REMEDY
    there = next(path for path in (place, *place.parents) if path.exists())
    return None if there.is_dir() else (f"{there} is a file", _REMEDY)
