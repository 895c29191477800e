"""SIGTERM does not wait for a lock that the code which it interrupts may hold."""

from __future__ import annotations

import threading
import time

from snakemake.scheduling.job_scheduler import JobScheduler

from snakespice.workflow.sigterm import answer_in_a_thread


def test_sigterm_while_the_lock_is_held() -> None:
    answer_in_a_thread(JobScheduler)
    answer_in_a_thread(JobScheduler)
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
