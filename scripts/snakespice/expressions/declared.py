"""A measure by expression, as a configuration declares it and a plan carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DeclaredExpression:
    """Its text; the column of each number that it gives, by name; what it reads.

    An expression of one number has it by the empty name. `vectors` are those of the raw file, as
    ngspice saves them, and `files` lead from waveform files, as written, to their paths.
    """

    text: str
    columns: Mapping[str, str]
    vectors: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is written."""
        return self.__dict__ | {"vectors": list(self.vectors)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DeclaredExpression:
        """Return the one that `to_json` described; raise KeyError or TypeError."""
        return cls(**{**data, "vectors": tuple(data["vectors"])})
