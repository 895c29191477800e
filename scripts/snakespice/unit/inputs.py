"""What the cases of a unit read, and that nobody changed it while they were simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from snakespice.base.plainfile import StrPath
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.watched import MISSING, check, input_changed, is_watched, stamp_of
from snakespice.sweep.index import file_digest
from snakespice.sweep.inputs import inputs_key, keep_inputs


class Inputs:
    """The files that cases of a sweep in `directory` read, by the keys that stand in records.

    `start_up` are the files, with their SHA-256, that the start-up commands read.
    """

    def __init__(self, directory: Path, start_up: Mapping[str, str]) -> None:
        self.start_up = start_up
        self._directory = directory
        self._keys: dict[tuple[tuple[str, str], ...], str] = {}
        self._known: dict[str, Mapping[str, str]] = {}

    def key_of(self, closure: ResolvedNetlist) -> str:
        """Return the key of what a netlist reads, which is watched from now on."""
        read = tuple(closure.inputs.items())
        key = self._keys.get(read)
        if key is None:
            files = {**closure.inputs, **self.start_up}
            self._keys[read] = key = inputs_key(self._directory, files)
            keep_inputs(self._directory, key, files)
            self._known[key] = files
        return key

    def begin(self, cases: Iterable[Case]) -> None:
        """Watch what these cases read, which other processes have looked at.

        Raises InputChanged when a file is not what they have found.
        """
        closures = {case.inputs_key: case.closure for case in cases}
        for key, closure in closures.items():
            if key not in self._known:
                self.key_of(closure)
                for path, digest in self._known[str(key)].items():
                    if digest != MISSING and not is_watched(path):
                        stamp_of(path)
                        if file_digest(path) != digest:
                            raise input_changed(path)

    def check(self, keys: Iterable[str | None]) -> None:
        """Raise InputChanged when a file that cases with these keys read was changed meanwhile."""
        for key in {*keys} & self._known.keys():
            check(self._known[str(key)])


def start_up_reads(spiceinit: str, directory: StrPath) -> dict[str, str]:
    """Return the files, with their SHA-256, that start-up commands read from a directory."""
    section = f"\n.control\n{spiceinit}\n.endc\n"
    return ResolvedNetlist(section, directory).reads if spiceinit else {}
