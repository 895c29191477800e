"""The guardian of a unit: a process that kills what the unit has started when the unit dies.

A unit that gets SIGKILL (from a person, a batch system or the kernel when memory runs out) can tidy
up nothing. So it forks a guardian first. That waits on a pipe, which breaks when the unit dies, and
finds what is to be killed in a table in shared memory: one entry for each process that can run at a
time. Writing an entry costs nothing beside a simulation, and nobody has to be told.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import time
from mmap import mmap
from pathlib import Path

# Everything that is started here has this in its environment, by which it is found wherever it
# went: a daemon leaves its process group and its parent, but keeps its environment.
MARK_VARIABLE = "SNAKESPICE_UNIT"
_ENTRY = struct.Struct("i")
# In the table: a program is being started, and its group is not known yet. If whoever starts it is
# killed at that instant, the program shows its mark only a moment later, so it is looked for again.
STARTING = -1
_PROCESSES = Path("/proc")
_PAUSE_SECONDS, _ROUNDS = 0.1, 20


class Guardian:
    """Watches over a process group in each of `slots` slots. A context manager; one a process."""

    def __init__(self, slots: int) -> None:
        # The time makes it unique: process numbers are used again.
        self._mark = f"{os.getpid()}-{time.time_ns()}-"
        self._slots = slots
        # Anonymous and shared: the guardian and all workers, which are forked later, see the same.
        self._table = mmap(-1, _ENTRY.size * (slots + 1))  # the last entry: the unit ended well

    def __enter__(self) -> Guardian:
        reading, self._lifeline = os.pipe()
        if os.fork() == 0:
            self._guard(reading)
        os.close(reading)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_all()
        self.watch(self._slots, 1)
        os.close(self._lifeline)

    def watch(self, slot: int, group: int) -> None:
        """Watch over this process group in a slot, and no longer over the one before it.

        `STARTING` announces a group, 0 is none.
        """
        _ENTRY.pack_into(self._table, slot * _ENTRY.size, group)

    def mark(self, slot: int) -> str:
        """Return what the processes of a slot have in their environment as `MARK_VARIABLE`."""
        return f"{self._mark}{slot}"

    def kill(self, slot: int) -> None:
        """Kill the slot's group, if there is one, and watch over it no longer."""
        group = self._group(slot)
        if group > 0:
            kill_group(group)
            self.watch(slot, 0)

    def kill_all(self) -> None:
        """Kill all groups, and everything that left its group but has the mark of this unit."""
        for slot in range(self._slots):
            self.kill(slot)
        self._kill_marked(self._mark)
        for _ in range(_ROUNDS):
            if not any(self._group(slot) for slot in range(self._slots)):
                break
            time.sleep(_PAUSE_SECONDS)
            self._kill_marked(self._mark)

    def _group(self, slot: int) -> int:
        return int(_ENTRY.unpack_from(self._table, slot * _ENTRY.size)[0])

    def kill_strays(self, slot: int) -> None:
        """Kill everything that has the mark of this slot (Linux only).

        It reads the environment of every process of the machine, so it is not for each case.
        """
        self._kill_marked(f"{self.mark(slot)}\0")

    def _kill_marked(self, mark: str) -> None:
        wanted = f"{MARK_VARIABLE}={mark}".encode()
        for name in os.listdir(_PROCESSES) if _PROCESSES.exists() else ():
            # Any of them may end at any moment, and those of others cannot be read.
            with contextlib.suppress(OSError):
                if name.isdigit() and wanted in (_PROCESSES / name / "environ").read_bytes():
                    os.kill(int(name), signal.SIGKILL)

    def _guard(self, lifeline: int) -> None:
        """Be the guardian: wait until the unit is gone, and kill what it has left."""
        try:
            # It outlives all others: whoever ends the unit's group or session must not end it, too.
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN)
            os.close(self._lifeline)
            os.setsid()
            # Nobody writes; the read returns when the last process that has the other end is gone.
            # Workers have it, too, and die with the unit, so by then nobody starts anything more.
            # The programs that they start do not have it: Python's files are not inherited.
            os.read(lifeline, 1)
            if not any(self._table[-_ENTRY.size :]):
                self.kill_all()
        finally:
            os._exit(0)  # and never go on with what the unit, of which this is a copy, was doing


def kill_group(group: int) -> None:
    """Kill all processes of a group, if there are any."""
    # macOS says PermissionError of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
