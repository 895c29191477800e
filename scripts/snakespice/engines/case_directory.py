"""The directory in which a case is simulated: its own, or a scratch directory that it is lent.

In a scratch directory files are written over, not removed and made: see `scratch_directory`.
"""

from __future__ import annotations

import os

from snakespice.base.files import remove_all
from snakespice.base.layout import LOG, SPICEINIT
from snakespice.base.plainfile import StrPath
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case

# The netlist that the cold engine runs where the case's own would quit too early.
TEMPORARY_NETLIST = ".netlist.run.spice"
_WRITABLE = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW


def prepare(case: Case, settings: EngineSettings) -> None:
    """Make the directory of a case ready for a run: nothing of an earlier one is left.

    What that left may be a link to anywhere, so it is removed and never written through. Of a
    scratch directory the log is the engine's to deal with.
    """
    if case.in_scratch:
        _reuse_raw_file(case)
    else:
        remove_all(case.directory, (LOG, case.result_file, TEMPORARY_NETLIST, SPICEINIT))
    if settings.spiceinit:
        # For those who run the netlist by hand. Here, `-n` skips it: the driver has its commands.
        (case.directory / SPICEINIT).write_text(settings.spiceinit)


def _reuse_raw_file(case: Case) -> None:
    """Make the raw file that the last case left in a scratch directory an empty one of this."""
    for name in os.listdir(case.directory):
        if name.startswith("case_"):
            os.replace(case.file(name), case.file(case.result_file))
    create_empty(case.file(case.result_file))


def create_empty(path: StrPath) -> None:
    """Make a file, or empty the one that is there."""
    os.close(os.open(path, _WRITABLE | os.O_TRUNC, 0o666))


def overwrite(path: StrPath, text: str) -> None:
    """Write a text file over what is there.

    If a file is emptied first, ext4 writes it to the disk at once, and the next waits for that.
    """
    with os.fdopen(os.open(path, _WRITABLE, 0o666), "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.truncate()
