"""Workers: who takes which task, and what becomes of a fault."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

import pytest

from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner
from snakespice.processes.workers import WorkerPool, map_in_order

LONG = 100


def who_did(_runner: Runner, tasks: Iterable[int]) -> Iterator[tuple[int, int]]:
    for task in tasks:
        if task >= LONG:
            time.sleep(0.5)
        yield task, os.getpid()


def test_no_worker_holds_what_another_could_begin() -> None:
    with Guardian(2) as guardian, WorkerPool(who_did, 2, guardian, first_slot=0) as workers:
        workers.submit([*range(20), LONG, LONG + 1])
        done = dict(workers.results())
    assert sorted(done) == [*range(20), LONG, LONG + 1]
    assert done[LONG] != done[LONG + 1]


def test_a_fault_ends_it_and_loses_nothing_before() -> None:
    def fail_at_3(_runner: Runner, tasks: Iterable[int]) -> Iterator[int]:
        for task in tasks:
            if task == 3:
                raise ValueError("3")
            yield task

    done: list[int] = []
    with Guardian(1) as guardian, WorkerPool(fail_at_3, 1, guardian, first_slot=0) as workers:
        workers.submit(range(1, 10))
        with pytest.raises(ValueError, match="3"):
            done.extend(workers.results())
    assert done == [1, 2]


@pytest.mark.parametrize("count", [1, 2])
def test_shares_come_in_their_order(count: int) -> None:
    def work(share: int) -> int:
        time.sleep(0.02 * (share % 3))
        return share * 10

    assert list(map_in_order(work, range(12), count)) == [*range(0, 120, 10)]
