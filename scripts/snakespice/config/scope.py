"""Where a mapping of the configuration stands, for its problems and for the paths in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from snakespice.base.problems import Problem, Problems, nearest, shown
from snakespice.config import schema
from snakespice.config.yamlfile import load_yaml

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class ConfigScope:
    """A mapping in a file: `base` is what its paths are relative to, `prefix` leads to it.

    `origin` tells the file of a key: what Snakemake merged can come from several.
    """

    problems: Problems
    base: Path
    origin: Callable[[KeyPath], Path | None]
    prefix: KeyPath = ()

    def below(self, *path: str | int) -> ConfigScope:
        """Return the place of a mapping inside this one."""
        return ConfigScope(self.problems, self.base, self.origin, (*self.prefix, *path))

    def add(self, path: KeyPath, wrong: str, remedy: str = "") -> None:
        """Note a problem with the key at `path`."""
        full = (*self.prefix, *path)
        self.problems.add(self.origin(full), schema.key_path(full), wrong, remedy)

    def note(self, path: KeyPath, what: str) -> None:
        """Note something about the key at `path` that may be meant."""
        full = (*self.prefix, *path)
        self.problems.notes.append(Problem(self.origin(full), schema.key_path(full), what))

    def add_fault(self, path: KeyPath, fault: tuple[str, str] | None) -> bool:
        """Note a fault (what is wrong, the remedy), if there is one; return whether there is."""
        if fault:
            self.add(path, *fault)
        return fault is not None

    def checked(self, data: dict[str, Any], kind: str) -> dict[str, Any]:
        """Note what violates the schema of `kind`; return `data` without the offending parts."""
        for path, wrong, remedy in schema.check(data, kind):
            self.add(path, wrong, remedy)
            data = _without(data, path[:2])  # no more than one parameter, or one setting
        return data

    def path(self, text: str) -> Path:
        """Return a path that stands here as an absolute one; nothing in it is expanded."""
        return Path(os.path.normpath(self.base / text))

    def entry(self, kind: str, name: str, entry: Any) -> Entry | None:
        """Return what stands for `name` under `testbenches` or `sweeps`, in a file or right there.

        None after noting why there is nothing.
        """
        path = (kind, name)
        if isinstance(entry, dict):
            return Entry(entry, self.below(*path), None)
        if kind == "testbenches" and os.path.isdir(self.path(entry)):
            entry = os.path.join(entry, "config.yaml")
        file = self.file(path, entry)
        data = load_yaml(file, self.problems, shown(file)) if file else None
        if file is None or data is None:
            return None
        if not isinstance(data, dict):
            wrong = f"is {schema.describe(data)}, must be a mapping"
            self.problems.add(shown(file), "", wrong)
            return None
        return Entry(data, ConfigScope(self.problems, file.parent, lambda _: shown(file)), file)

    def file(self, path: KeyPath, text: str) -> Path | None:
        """Return the absolute path of the file that the key at `path` names; note its absence."""
        file = self.path(text)
        if os.path.isfile(file):  # false, where Path.is_file raises for a name that is too long
            return file
        if os.path.isdir(file):
            self.add(path, f'"{text}" is a directory, must be a file')
            return None
        remedy = "$ and ~ are not expanded" if text.startswith("~") or "$" in text else ""
        if not remedy and os.path.isdir(file.parent):
            siblings = sorted(entry.name for entry in file.parent.iterdir())[:1000]
            hint = nearest(file.name, siblings)
            remedy = hint if hint.startswith("did you mean") else ""
        self.add(path, f'there is no file "{text}"', remedy or f"looked for {file}")
        return None


class Entry(NamedTuple):
    """The mapping of a testbench or sweep, where it stands, and its file; None: in the hub."""

    data: dict[str, Any]
    scope: ConfigScope
    file: Path | None


def text_keys(data: Any) -> list[str]:
    """Return the keys of what should be a mapping, as far as it is one and they are texts."""
    return [key for key in data if isinstance(key, str)] if isinstance(data, dict) else []


def _without(data: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """Return a copy of `data` without the part at `path`; a list goes as a whole."""
    if not path or path[0] not in data:
        return data
    inside = data[path[0]]
    rest = {key: value for key, value in data.items() if key != path[0]}
    if len(path) > 1 and isinstance(inside, dict):  # where it is gone already, all is well
        return {**data, path[0]: _without(inside, path[1:])}
    return rest
