"""Forked processes that work side by side on the cases of a unit, each on a few at a time.

They take tasks, numbers, from one pipe that all share, and send back what each gave.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from mmap import mmap
from typing import Any, NoReturn, TypeVar

from snakespice.base.system import die_with
from snakespice.processes.framing import MessageReader, send
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import POLL_SECONDS, Orphaned, Runner

Work = Callable[[Runner, Iterable[int]], Iterator[object]]
Chunk = TypeVar("Chunk")
Slices = TypeVar("Slices", range, Sequence[int])
Result = TypeVar("Result")
_TASK = struct.Struct("i")
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_TASKS_PER_WRITE = (
    select.PIPE_BUF // _TASK.size
)  # so many tasks go into the pipe together or not at all
_SKIPPED = "skipped"
BATCH_SIZE = 16  # tasks that a worker takes before it tells what they gave,
_BATCH_SECONDS = 0.2  # and it takes no further one after so many seconds


class WorkerLost(Exception):
    """A worker was killed, so what it was doing is not done."""


class WorkerPool:
    """`count` workers, each of which calls `work` with its runner and tasks.

    It yields what each of them gives, in their order. Where they are short there are several, as a
    processor does faster what it has just done. A task that `work` has not asked for yet any other
    worker can take. The workers have the guardian's slots from `first_slot` on. A context manager.
    """

    def __init__(self, work: Work, count: int, guardian: Guardian, first_slot: int) -> None:
        self._guardian = guardian
        self._slots = range(first_slot, first_slot + count)
        self._tasks, self._orders = os.pipe()
        self._pipes = [os.pipe() for _ in self._slots]
        self._work = work
        self._is_stopped = mmap(-1, 1)
        self._pids: list[int] = []
        self._waiting: list[bytes] = []
        self._arrived: list[Any] = []
        self._ordered = 0

    def __enter__(self) -> WorkerPool:
        parent = os.getpid()
        os.set_blocking(self._tasks, False)
        for index in range(len(self._slots)):
            pid = os.fork()
            if pid == 0:
                self._be_worker(index, parent)
            self._pids.append(pid)
        os.close(self._tasks)
        self._readers = {}
        self._poll = select.poll()
        for reading, writing in self._pipes:
            os.close(writing)
            self._readers[reading] = MessageReader(reading)
            self._poll.register(reading, select.POLLIN)
        os.set_blocking(self._orders, False)
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers and what they have started."""
        os.close(self._orders)
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for slot in self._slots:
            self._guardian.stop(slot)
        for pipe in self._readers:
            os.close(pipe)

    def submit(self, tasks: Iterable[int]) -> None:
        """Have these tasks done, in this order, as workers become free."""
        numbers = [_TASK.pack(task) for task in tasks]
        self._ordered += len(numbers)
        self._waiting += numbers
        self._send()

    def results(self) -> Iterator[Any]:
        """Yield what each ordered task gives, in the order in which they end.

        When a task raises, no other begins; its exception is raised when those under way are done.
        """
        fault: Exception | None = None
        while self._ordered:
            result = self._take()
            if isinstance(result, _Fault):
                fault = fault or result.exception
            elif result != _SKIPPED:
                yield result
        if fault:
            raise fault

    def first_result(self, within: float) -> Any:
        """Return what the first that ends gives; raise TimeoutError if that takes longer (s)."""
        result = self._take(within)
        if isinstance(result, _Fault):
            raise result.exception
        return result

    def _take(self, within: float | None = None) -> Any:
        deadline = None if within is None else time.monotonic() + within
        while not self._arrived:
            if deadline and time.monotonic() > deadline:
                raise TimeoutError
            for pipe, _ in self._poll.poll(POLL_SECONDS * 1000):
                self._read(pipe)
            self._send()
        self._ordered -= 1
        return self._arrived.pop(0)

    def _read(self, pipe: int) -> None:
        try:
            for message in self._readers[pipe].read():
                self._arrived += pickle.loads(message)
        except EOFError:
            raise WorkerLost("a worker of this unit was killed; run again") from None

    def _send(self) -> None:
        """Put into the pipe what goes in."""
        with contextlib.suppress(BlockingIOError):
            while self._waiting:
                os.write(self._orders, b"".join(self._waiting[:_TASKS_PER_WRITE]))
                del self._waiting[:_TASKS_PER_WRITE]

    def _ends(self) -> Iterator[int]:
        yield from (self._tasks, self._orders)
        for pipe in self._pipes:
            yield from pipe

    def _be_worker(self, index: int, parent: int) -> NoReturn:
        status = 1
        try:
            die_with(parent)
            for number in _IGNORED:
                signal.signal(number, signal.SIG_IGN)
            results = self._pipes[index][1]
            for end in {*self._ends()} - {self._tasks, results}:
                os.close(end)
            runner = Runner(self._guardian, self._slots[index], index)
            waiting = select.poll()
            waiting.register(self._tasks, select.POLLIN)
            while waiting.poll():
                try:
                    task = self._next_task()
                except BlockingIOError:  # another worker was faster
                    continue
                if task is None:
                    break
                send(results, pickle.dumps(self._outcomes(runner, task)))
            status = 0
        except Orphaned:
            pass
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)

    def _next_task(self) -> int | None:
        """Return a task, None where no more will come; raise BlockingIOError if none is there."""
        data = os.read(self._tasks, _TASK.size)
        return int(_TASK.unpack(data)[0]) if data else None

    def _outcomes(self, runner: Runner, first: int) -> list[object]:
        """Return what the first task gives, and those that are taken with it."""
        taken: list[int] = []
        outcomes: list[object] = []
        try:
            outcomes += self._work(runner, self._tasks_from(first, taken))
        except Exception as fault:
            self._is_stopped[0] = 1
            outcomes.append(_Fault(fault))
        return outcomes + [_SKIPPED] * (len(taken) - len(outcomes))

    def _tasks_from(self, first: int, taken: list[int]) -> Iterator[int]:
        """Yield tasks, each when the last is begun, while they are short and there are any."""
        deadline = time.monotonic() + _BATCH_SECONDS
        task: int | None = first
        while task is not None:
            taken.append(task)
            if self._is_stopped[0]:
                return
            yield task
            if len(taken) == BATCH_SIZE or time.monotonic() > deadline:
                return
            try:
                task = self._next_task()
            except BlockingIOError:
                return


def chunks(cases: Slices, size: int) -> list[Slices]:
    """Return consecutive shares of the cases, of `size` or fewer."""
    return [cases[start : start + size] for start in range(0, len(cases), size)]


def map_in_order(
    work: Callable[[Chunk], Result], shares: Sequence[Chunk], count: int
) -> Iterator[Result]:
    """Have `count` workers call `work` with each share; yield what that gives, in their order.

    `work` starts no processes. One worker alone would do no more than this process, which does it
    then.
    """
    if count == 1:
        yield from map(work, shares)
        return

    def numbered(_runner: Runner, numbers: Iterable[int]) -> Iterator[tuple[int, Result]]:
        for number in numbers:
            yield number, work(shares[number])

    nobody_to_guard = Guardian(count)
    with WorkerPool(numbered, count, nobody_to_guard, first_slot=0) as workers:
        workers.submit(range(len(shares)))
        early: dict[int, Result] = {}
        awaited = 0
        for number, result in workers.results():
            early[number] = result
            while awaited in early:
                yield early.pop(awaited)
                awaited += 1


@dataclass(frozen=True)
class _Fault:
    exception: Exception
