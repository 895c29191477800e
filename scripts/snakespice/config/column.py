"""Columns: the values of one parameter, written down or computed from their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from snakespice.base.quantity import match_key
from snakespice.config.generators import GENERATORS

_SHORT = 1000  # values, which are all written down when the first is asked for


class Column(Protocol):
    """The values of one parameter, in order."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> str: ...

    def find(self, key: float | str) -> Sequence[int]:
        """Return the indices of the values that match `key` (see `quantity.match_key`)."""

    def to_json(self) -> Any:
        """Return plain data from which `column_from_json` makes the column again."""


class Listed:
    """A column of values that are written down."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> str:
        return self._texts[index]

    @cached_property
    def _indices(self) -> dict[float | str, list[int]]:
        indices: dict[float | str, list[int]] = {}
        for index, text in enumerate(self._texts):
            indices.setdefault(match_key(text), []).append(index)
        return indices

    def find(self, key: float | str) -> Sequence[int]:
        """Return the indices of the values that match `key`."""
        return self._indices.get(key, ())

    def to_json(self) -> list[str]:
        """Return the values."""
        return list(self._texts)


class Generated:
    """A column of which the n-th value is computed from n, by the generator that `type` names.

    The other keys are the generator's (see `generators`). Raises ValueError, which says what is
    wrong with which key, where there can be no such column.
    """

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = {key: str(value) for key, value in spec.items()}
        self._generator = GENERATORS.make(self._spec)
        self._last = -1, ""

    def __len__(self) -> int:
        return self._generator.num

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self):
            raise IndexError(index)
        if len(self) <= _SHORT:
            return self._short[index]
        if self._last[0] != index:  # the cases of a slow axis come one after the other
            self._last = index, self._generator.text(index)
        return self._last[1]

    @cached_property
    def _short(self) -> list[str]:
        """All values of a short column: each is asked for in very many cases."""
        return [self._generator.text(index) for index in range(len(self))]

    def find(self, key: float | str) -> Sequence[int]:
        """Return the index of the value that matches `key`, if there is one."""
        if isinstance(key, str):
            return ()
        guess = self._generator.index_near(key)
        near = range(max(0, guess - 1), min(len(self), guess + 2))
        return [index for index in near if match_key(self[index]) == key]

    def to_json(self) -> dict[str, Any]:
        """Return the specification from which the column was made."""
        return dict(self._spec)


def column_from_json(data: Any) -> Column:
    """Return the column that `to_json` described: a list of texts, or a generator's keys."""
    return Generated(data) if isinstance(data, Mapping) else Listed(data)
