"""A pool of forked workers: processes that work side by side on the tasks of this one.

Tasks are integers. They go through one pipe, from which every worker takes the next when it is
free; each worker sends its results back through a pipe of its own. There are no threads and no
locks, so a worker that is killed leaves nothing locked, and a task costs a few system calls.
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
Item = TypeVar("Item")
Slices = TypeVar("Slices", range, Sequence[int])
Result = TypeVar("Result")
_TASK = struct.Struct("i")
_IGNORED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# A write of no more than this goes into a pipe as a whole or not at all, so no task is torn.
_TASKS_PER_WRITE = select.PIPE_BUF // _TASK.size
_SKIPPED = "skipped"
# A worker takes up to so many tasks before it reports, and no further one after so long.
BATCH_SIZE = 16
_BATCH_SECONDS = 0.2


class WorkerLost(Exception):
    """A worker was killed, so what it was doing is not done."""


class WorkerPool:
    """`count` workers, each of which calls `work` with its runner and tasks. A context manager.

    `work` yields a result for each task, in their order. Short tasks it gets in batches: what it
    does with all of them one after the other (simulate, then judge) a processor does faster, as it
    still has the program and the data. It gets them one by one, when it asks for the next, so a
    task that waits behind a long one can be taken by any other worker.

    The workers have the guardian's slots from `first_slot` on.
    """

    def __init__(self, work: Work, count: int, guardian: Guardian, first_slot: int) -> None:
        self._guardian = guardian
        self._slots = range(first_slot, first_slot + count)
        self._tasks, self._submitting = os.pipe()
        self._pipes = [os.pipe() for _ in self._slots]
        self._work = work
        self._is_stopped = mmap(-1, 1)  # shared with the workers
        self._pids: list[int] = []
        self._waiting: list[bytes] = []
        self._arrived: list[Any] = []
        self._outstanding = 0

    def __enter__(self) -> WorkerPool:
        parent = os.getpid()
        # All workers wait for tasks at once. When one comes, all wake, and all but one find none.
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
            os.close(writing)  # else its end would not be seen when the worker dies
            self._readers[reading] = MessageReader(reading)
            self._poll.register(reading, select.POLLIN)
        # If this process waited for room in the pipe, nobody would read the results meanwhile, and
        # workers and this process could wait for one another for ever.
        os.set_blocking(self._submitting, False)
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers and what they have started."""
        os.close(self._submitting)
        # Workers first, so that they start nothing more; then what they had started.
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for slot in self._slots:
            self._guardian.kill(slot)
        for pipe in self._readers:
            os.close(pipe)

    def submit(self, tasks: Iterable[int]) -> None:
        """Have these tasks done, in this order, as workers become free."""
        packed = [_TASK.pack(task) for task in tasks]
        self._outstanding += len(packed)
        self._waiting += packed
        self._send()

    def results(self) -> Iterator[Any]:
        """Yield the result of each task that was submitted, in the order in which they end.

        When a task raises, no other begins; its exception is raised when those under way are done.
        """
        fault: Exception | None = None
        while self._outstanding:
            result = self._take()
            if isinstance(result, _Fault):
                fault = fault or result.exception
            elif result != _SKIPPED:
                yield result
        if fault:
            raise fault

    def first_result(self, within: float) -> Any:
        """Return the result of the first task that ends; raise TimeoutError after `within` s."""
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
        self._outstanding -= 1
        return self._arrived.pop(0)

    def _read(self, pipe: int) -> None:
        try:
            for message in self._readers[pipe].read():
                self._arrived += pickle.loads(message)
        except EOFError:
            raise WorkerLost("a worker of this unit was killed; run again") from None

    def _send(self) -> None:
        """Put into the pipe what it has room for."""
        with contextlib.suppress(BlockingIOError):
            while self._waiting:
                os.write(self._submitting, b"".join(self._waiting[:_TASKS_PER_WRITE]))
                del self._waiting[:_TASKS_PER_WRITE]

    def _ends(self) -> Iterator[int]:
        yield from (self._tasks, self._submitting)
        for pipe in self._pipes:
            yield from pipe

    def _be_worker(self, index: int, parent: int) -> NoReturn:
        """Be a worker, in a process that has just been forked."""
        status = 1
        try:
            die_with(parent, signal.SIGALRM)  # by which its runner looks for its parent
            # Ctrl-C goes to the whole group. Only the unit answers, and ends its workers.
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
            os._exit(status)  # and never go on with what the unit, of which this is a copy, does

    def _next_task(self) -> int | None:
        """Return a task, None if no more can come; raise BlockingIOError if none is there now."""
        data = os.read(self._tasks, _TASK.size)
        return int(_TASK.unpack(data)[0]) if data else None

    def _outcomes(self, runner: Runner, first: int) -> list[object]:
        """Return the results of the first task and of those that are taken with it."""
        taken: list[int] = []
        outcomes: list[object] = []
        try:
            outcomes += self._work(runner, self._batch(first, taken))
        except Exception as fault:
            self._is_stopped[0] = 1
            outcomes.append(_Fault(fault))
        # The unit counts: for each task that was taken something has to come.
        return outcomes + [_SKIPPED] * (len(taken) - len(outcomes))

    def _batch(self, first: int, taken: list[int]) -> Iterator[int]:
        """Yield tasks, each when it is asked for, while they are short and there are any."""
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
    """Return consecutive slices of the cases, of `size` or fewer."""
    return [cases[start : start + size] for start in range(0, len(cases), size)]


def map_in_order(
    work: Callable[[Item], Result], items: Sequence[Item], count: int
) -> Iterator[Result]:
    """Have `count` workers call `work` with each item; yield what it returns, in their order.

    `work` starts no processes. A single worker would gain nothing, so this process does it then.
    """
    if count == 1:
        yield from map(work, items)
        return

    def numbered(_runner: Runner, numbers: Iterable[int]) -> Iterator[tuple[int, Result]]:
        for number in numbers:
            yield number, work(items[number])

    idle_guardian = Guardian(count)  # never entered: there is nothing to guard
    with WorkerPool(numbered, count, idle_guardian, first_slot=0) as workers:
        workers.submit(range(len(items)))
        early: dict[int, Result] = {}
        awaited = 0
        for number, result in workers.results():
            early[number] = result
            while awaited in early:
                yield early.pop(awaited)
                awaited += 1


@dataclass(frozen=True)
class _Fault:
    """An exception that a task raised, on its way to the unit."""

    exception: Exception
