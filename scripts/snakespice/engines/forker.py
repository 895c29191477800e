"""From where the warm engine's children are forked: a process for each worker, that does no more.

After a fork, every page that the parent writes to has to be copied. A worker that judges and
records writes to hundreds, so it has another process fork for it, over a channel.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
from collections.abc import Mapping
from mmap import mmap
from pathlib import Path
from typing import NoReturn

from snakespice.case import Case
from snakespice.engines.warm_child import Child
from snakespice.guardian import MARK
from snakespice.limits import Limits, set_limits
from snakespice.process import DEFAULT_SIGNALS, Remains, die_with, scratch

_ORDER = struct.Struct("i")
_REPLY = struct.Struct("idd")
# An order is the number of a case, a negative one where it is a guest, or this.
_REAP = 0


class ForkerLost(Exception):
    """The forker was killed."""


class Channel:
    """The pipes between a worker and its forker, and the files that both have.

    `output` is where children print to. `mark` is what they bear in their environment.
    `workplace` is where guests are simulated.
    """

    def __init__(self, directory: Path, mark: str, workplace: Path) -> None:
        self.mark = mark
        self.workplace = workplace
        self.output = scratch(directory)
        self._orders, self._replies = os.pipe(), os.pipe()
        self._reason = mmap(-1, 4096)

    def be_worker(self) -> None:
        """Keep the worker's ends of the pipes only."""
        os.close(self._orders[0])
        os.close(self._replies[1])

    def be_forker(self) -> None:
        """Keep the forker's ends of the pipes only."""
        os.close(self._orders[1])
        os.close(self._replies[0])

    def close_worker(self) -> None:
        """Close the worker's ends."""
        os.close(self._orders[1])
        os.close(self._replies[0])
        self.output.close()

    def close_forker(self) -> None:
        """Close the forker's ends."""
        os.close(self._orders[0])
        os.close(self._replies[1])

    # What the worker does

    def ask(self, order: int) -> tuple[int, float, float]:
        """Give an order and wait for the reply; raise ForkerLost when there is none."""
        try:
            os.write(self._orders[1], _ORDER.pack(order))
        except BrokenPipeError:
            raise ForkerLost from None
        return self.reply()

    def reply(self) -> tuple[int, float, float]:
        """Wait for a reply; raise ForkerLost when there is none."""
        data = os.read(self._replies[0], _REPLY.size)
        if len(data) < _REPLY.size:
            raise ForkerLost
        number, cpu, memory = _REPLY.unpack(data)
        return number, cpu, memory

    def begin(self) -> None:
        """Forget what the last child printed, and why it gave up."""
        self.output.seek(0)
        self.output.truncate()
        self._reason[0] = 0

    @property
    def reason(self) -> str:
        """Why the last child gave up, if it did."""
        return self._reason[:].partition(b"\0")[0].decode("utf-8", "replace")

    # What the forker and its children do

    def next_order(self) -> int | None:
        """Wait for an order; None when there will be no more."""
        data = os.read(self._orders[0], _ORDER.size)
        return int(_ORDER.unpack(data)[0]) if data else None

    def answer(self, number: int, cpu: float = 0.0, memory: float = 0.0) -> None:
        """Reply to the worker."""
        os.write(self._replies[1], _REPLY.pack(number, cpu, memory))

    def give_up(self, reason: str) -> NoReturn:
        """End this child, because the circuit that is loaded cannot be made that of its case."""
        text = reason.encode()[: len(self._reason) - 1] + b"\0"
        self._reason[: len(text)] = text
        os._exit(1)


class Forked:
    """A child, seen from the worker; see process.Process."""

    def __init__(self, channel: Channel, case: Case) -> None:
        self._channel = channel
        self.pid = channel.ask(-case.number if case.is_guest else case.number)[0]

    def wait(self) -> None:
        """Wait until it has ended, and leave it unreaped."""
        self._channel.reply()

    def reap(self) -> Remains:
        """Take its remains."""
        return Remains(*self._channel.ask(_REAP))


class Forker:
    """The process, from the moment when it has been forked from the one that holds the models."""

    def __init__(self, children: Mapping[int, Child], limits: Limits) -> None:
        self._children = children
        self._limits = limits

    def serve(self, channel: Channel, parent: int) -> NoReturn:
        """Fork a child for each order, until there are no more; `parent` forked this process."""
        try:
            die_with(parent)
            channel.be_forker()
            for number in DEFAULT_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            os.environ[MARK] = channel.mark
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for stream in (1, 2):
                os.dup2(channel.output.fileno(), stream)
            me = os.getpid()
            set_limits(me, self._limits)  # those of all that it forks
            # os.fork makes ready for threads that there are not, and writes to 200 pages for it.
            fork = ctypes.PyDLL(None).fork
            while order := channel.next_order():
                child = fork()
                if child == 0:
                    self._be_child(order, channel, me)
                channel.answer(child)
                # WNOWAIT leaves it unreaped: its group cannot be another's when that is killed.
                os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
                channel.answer(child)
                if channel.next_order() is None:
                    break
                _, status, usage = os.wait4(child, 0)
                channel.answer(status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        finally:
            os._exit(0)

    def _be_child(self, order: int, channel: Channel, parent: int) -> NoReturn:
        try:
            os.setsid()
            die_with(parent)
            workplace = channel.workplace if order < 0 else None
            self._children[abs(order)].run(workplace, channel.give_up)
        except BaseException as fault:
            with contextlib.suppress(OSError):
                channel.give_up(f"{type(fault).__name__}: {fault}")
            os._exit(1)
