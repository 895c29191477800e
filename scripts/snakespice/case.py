"""One case that is to be simulated: where, what, and what its result depends on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snakespice.netlist import Closure


@dataclass(frozen=True)
class Case:
    """A case with its netlist in `directory`, and the name of the raw file that it is to leave.

    `result_key` stands for all that determines the result, whatever the case's number is.
    """

    number: int
    directory: Path
    closure: Closure
    result_file: str
    netlist_sha256: str
    result_key: str
