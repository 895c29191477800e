"""Registries of kinds: the classes among which `type: NAME` in a configuration chooses.

A kind is a class in one place. Its constructor has a parameter for each key of the mapping (beside
`type`), one with a default for each key that may be left out, and raises ValueError, `key: what is
wrong`, where there can be no such thing. The first paragraph of its docstring is the description
of the schema and the line of the guide. tests/support/guide.py holds the registry, the schema and
the guide to the same kinds, keys and words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from snakespice.base.problems import nearest

Kind = TypeVar("Kind")


class Kinds(Generic[Kind]):
    """The classes of one sort of thing by the names that `type` gives them, in written order."""

    def __init__(self) -> None:
        self._classes: dict[str, type[Kind]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __getitem__(self, name: str) -> type[Kind]:
        """Return the class of a kind. Raises ValueError for a name that is none."""
        if name not in self._classes:
            raise ValueError(f'type: "{name}" is none ({nearest(name, list(self._classes))})')
        return self._classes[name]

    def add(self, name: str) -> Callable[[type[Kind]], type[Kind]]:
        """Return a decorator that makes a class the kind `name`."""

        def decorate(kind: type[Kind]) -> type[Kind]:
            self._classes[name] = kind
            return kind

        return decorate

    def make(self, spec: Mapping[str, Any]) -> Kind:
        """Return what a mapping with a `type` describes.

        Raises ValueError where its type is unknown or its values cannot be, and TypeError where a
        key is missing or unknown, which the schema rules out.
        """
        keys = {key: value for key, value in spec.items() if key != "type"}
        return self[spec["type"]](**keys)
