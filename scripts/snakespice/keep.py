"""Which files of a case stay when it is done: a huge sweep would fill the disk, or its inodes."""

from __future__ import annotations

from dataclasses import dataclass

from snakespice.case import Case
from snakespice.engines.cold import SPICEINIT
from snakespice.layout import LOG, NETLIST
from snakespice.record import remove_all

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

    def waveform(self, status: str) -> bool:
        """Whether the waveforms of a case that ended so are kept."""
        return _applies(self.waveforms, status)

    def drop_files(self, case: Case, status: str) -> None:
        """Remove what is not to be kept of a case that ended so."""
        files = (
            (self.waveforms, (case.result_file,)),
            (self.logs, (LOG,)),
            (self.netlists, (NETLIST, SPICEINIT)),
        )
        for choice, names in files:
            if not _applies(choice, status):
                remove_all(case.directory, names)


def _applies(choice: str, status: str) -> bool:
    return choice == "always" or (choice == "failed" and status == "failed")
