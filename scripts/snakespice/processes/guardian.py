"""The guardian of a unit: a process that kills what the unit has started when the unit dies.

It is told of every process group by a table in shared memory, which costs nothing while all goes
well, and learns of the unit's death from a pipe that breaks: SIGKILL cannot keep it from that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import time
from mmap import mmap
from pathlib import Path

# In the environment of all that is started here, so that it is found wherever it went.
MARK_VARIABLE = "SNAKESPICE_UNIT"
_ENTRY = struct.Struct("i")
# In the table: a program is being started, and nobody knows its group yet. When whoever starts it
# is killed meanwhile, it bears the mark a moment later only.
STARTING = -1
_PROCESSES = Path("/proc")
_PAUSE_SECONDS, _ROUNDS = 0.1, 20


class Guardian:
    """Watches over `slots` process groups at a time. A context manager, once a process."""

    def __init__(self, slots: int) -> None:
        self._mark = f"{os.getpid()}-{time.time_ns()}-"
        self._slots = slots
        self._table = mmap(-1, _ENTRY.size * (slots + 1))  # one more entry says that all is well

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
        """Watch over this process group in the place of the slot's last one; 0 is none.

        `STARTING` announces one.
        """
        _ENTRY.pack_into(self._table, slot * _ENTRY.size, group)

    def mark(self, slot: int) -> str:
        """Return what the processes of a slot have in their environment as `MARK`."""
        return f"{self._mark}{slot}"

    def stop(self, slot: int) -> None:
        """Kill the slot's group, if there is one, and watch over it no longer."""
        group = self._group(slot)
        if group > 0:
            kill_group(group)
            self.watch(slot, 0)

    def kill_all(self) -> None:
        """Kill all groups, and what left its group, as daemons do, but kept its environment."""
        for slot in range(self._slots):
            self.stop(slot)
        self._kill_marked(self._mark)
        for _ in range(_ROUNDS):
            if not any(self._group(slot) for slot in range(self._slots)):
                break
            time.sleep(_PAUSE_SECONDS)
            self._kill_marked(self._mark)

    def _group(self, slot: int) -> int:
        return int(_ENTRY.unpack_from(self._table, slot * _ENTRY.size)[0])

    def kill_strays(self, slot: int) -> None:
        """Kill whatever bears the mark of this slot (Linux only)."""
        self._kill_marked(f"{self.mark(slot)}\0")

    def _kill_marked(self, mark: str) -> None:
        wanted = f"{MARK_VARIABLE}={mark}".encode()
        for name in os.listdir(_PROCESSES) if _PROCESSES.exists() else ():
            # Any of them may end at any moment.
            with contextlib.suppress(OSError):
                if name.isdigit() and wanted in (_PROCESSES / name / "environ").read_bytes():
                    os.kill(int(name), signal.SIGKILL)

    def _guard(self, lifeline: int) -> None:
        try:
            # It outlives all others, and never goes on with what its parent was doing.
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN)
            os.close(self._lifeline)
            os.setsid()
            os.read(lifeline, 1)
            if not any(self._table[-_ENTRY.size :]):
                self.kill_all()
        finally:
            os._exit(0)


def kill_group(group: int) -> None:
    """Kill all processes of a group, if there are any."""
    # PermissionError: macOS says so of a group that holds nothing but zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
