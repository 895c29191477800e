"""Which files of a case are kept: those of a huge sweep would fill the disk, or its inodes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from snakespice.base.files import remove_all, write_text
from snakespice.base.layout import LOG, NETLIST, SPICEINIT
from snakespice.config.settings import Keep, applies
from snakespice.netlist.case import Case


def drop_files(keep: Keep, case: Case, home: str, status: str) -> None:
    """Remove from `home`, a case's own directory, what is not kept with this status."""
    dropped: list[str] = []
    for choice, names in _files(keep, case):
        if not applies(choice, status):
            dropped += names
    if dropped:
        remove_all(home, dropped)


def move_kept_files(
    keep: Keep, case: Case, netlist: Callable[[], str], home: str, status: str
) -> None:
    """Move what is kept with this status from a scratch directory to `home`; write the netlist."""
    for choice, names in _files(keep, case):
        for name in names if applies(choice, status) else ():
            if name == NETLIST:
                write_text(f"{home}/{name}", netlist())
            elif os.path.exists(case.file(name)):
                os.replace(case.file(name), f"{home}/{name}")


def _files(keep: Keep, case: Case) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield keep.waveforms, (case.result_file,)
    yield keep.logs, (LOG,)
    yield keep.netlists, (NETLIST, SPICEINIT)
