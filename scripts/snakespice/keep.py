"""Which files of a case stay when it is done: a huge sweep would fill the disk, or its inodes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakespice.layout import LOG, NETLIST, SPICEINIT
from snakespice.record import remove_all, write_text

if TYPE_CHECKING:
    from snakespice.case import Case

CHOICES = ("always", "failed", "never")


@dataclass(frozen=True)
class Keep:
    """What is kept of which cases: of all of them, of the failed ones, or of none."""

    waveforms: str = "always"
    logs: str = "always"
    netlists: str = "always"

    def options(self) -> str:
        """Return the options of scripts/simulate.py that say the same."""
        return f"--keep {self.waveforms} {self.logs} {self.netlists}"

    @property
    def nothing(self) -> bool:
        """Whether no file of a completed case is kept."""
        return "always" not in (self.waveforms, self.logs, self.netlists)

    def waveform(self, status: str) -> bool:
        """Whether the waveforms of a case that ended so are kept."""
        return _applies(self.waveforms, status)

    def drop_files(self, case: Case, home: str, status: str) -> None:
        """Remove from `home`, a case's own directory, what is not to be kept if it ended so."""
        dropped: list[str] = []
        for choice, names in self._files(case):
            if not _applies(choice, status):
                dropped += names
        if dropped:
            remove_all(home, dropped)

    def send_home(self, case: Case, netlist: Callable[[], str], home: str, status: str) -> None:
        """Put what is to be kept of a guest that ended so into its own directory, `home`."""
        for choice, names in self._files(case):
            for name in names if _applies(choice, status) else ():
                if name == NETLIST:
                    write_text(f"{home}/{name}", netlist())
                elif os.path.exists(case.file(name)):
                    os.replace(case.file(name), f"{home}/{name}")

    def _files(self, case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield self.waveforms, (case.result_file,)
        yield self.logs, (LOG,)
        yield self.netlists, (NETLIST, SPICEINIT)


def _applies(choice: str, status: str) -> bool:
    return choice == "always" or (choice == "failed" and status == "failed")
