"""What the workflow knows of Snakemake's inside is so, and is looked at anew with each version."""

from __future__ import annotations

import inspect
import threading
import time

import pytest
import snakemake
from snakemake import api, dag
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler

from snakespice.workflow.snakemake_internals import (
    LOOKED_THROUGH,
    WrongSnakemake,
    answer_sigterm_in_a_thread,
    cancel_timers_of_the_scheduler,
    check_version,
)


def test_this_version_was_looked_through() -> None:
    """When this fails, read snakemake_internals.py beside the new source, then change it."""
    assert snakemake.__version__.rpartition(".")[0] == LOOKED_THROUGH


def test_what_is_known_of_the_inside_is_there() -> None:
    assert callable(dag.DAG.needrun_jobs)
    assert isinstance(api.Workflow.executor_plugin, property)
    assert isinstance(api.Workflow.dryrun, property)
    assert callable(PersistenceBase._serialize_param_builtin)
    assert "with self._lock" in inspect.getsource(JobScheduler.exit_gracefully) or (
        JobScheduler.exit_gracefully.__module__ == "snakespice.workflow.snakemake_internals"
    )
    assert "threading.Timer" in inspect.getsource(JobScheduler._schedule_reevalutation)


@pytest.mark.parametrize("version", ["8.30.1", "9.18.2", "10.0", "10.0.0a1"])
def test_a_version_that_is_not_known_is_refused(version: str) -> None:
    with pytest.raises(WrongSnakemake, match=r"snakespice runs with 9\.19"):
        check_version(version)


def test_timers_of_others_are_left_alone() -> None:
    rung = threading.Event()
    own = threading.Timer(0.3, rung.set)
    own.start()
    scheduler = JobScheduler.__new__(JobScheduler)
    scheduler._open_jobs = threading.Semaphore(0)
    scheduler._schedule_reevalutation(60)
    before = threading.active_count()
    cancel_timers_of_the_scheduler()
    assert rung.wait(60)
    own.join()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(60)
    assert threading.active_count() == before - 2


def test_sigterm_while_the_lock_is_held() -> None:
    answer_sigterm_in_a_thread(JobScheduler)
    answer_sigterm_in_a_thread(JobScheduler)
    scheduler = JobScheduler.__new__(JobScheduler)
    scheduler._lock = threading.Lock()
    scheduler._open_jobs = threading.Semaphore(0)
    scheduler._user_kill = None
    with scheduler._lock:
        scheduler.exit_gracefully(15, None)
        assert scheduler._user_kill is None
    assert scheduler._open_jobs.acquire(timeout=60)
    assert scheduler._user_kill == "graceful"
    time.sleep(0.1)
    assert not scheduler._open_jobs.acquire(blocking=False)
