"""One case that is to be simulated: where, what, and what its result depends on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snakespice.netlist.netlist import ResolvedNetlist


class Case(NamedTuple):
    """A case that is simulated in `directory`, and the name of the raw file that it is to leave.

    `in_scratch` is true in a directory that is not its own, see `scratch_directory`. `result_key`
    stands for all that determines the result, whatever the case's number is; `inputs_key`
    for the files that it reads.
    """

    number: int
    directory: Path
    closure: ResolvedNetlist
    result_file: str
    netlist_sha256: str
    result_key: str
    in_scratch: bool = False
    inputs_key: str | None = None

    def file(self, name: str) -> str:
        """Return the path of a file in its directory; there are many, and pathlib is slow."""
        return f"{self.directory}/{name}"

    def moved_to(self, scratch_directory: Path) -> Case:
        """Return the case as it is simulated in a directory that is not its own."""
        return self._replace(directory=scratch_directory, in_scratch=True)
