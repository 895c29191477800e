"""Snakemake hangs when SIGTERM comes at the wrong moment; here is what keeps it from that."""

from __future__ import annotations

import _thread
import contextlib


def answer_in_a_thread() -> None:
    """Have Snakemake answer SIGTERM in a thread of its own, in this process; twice is once.

    Its handler waits for a lock, and the code which it interrupts may be what holds it: while a job
    ends, above all, and on a cluster for as long as Snakemake waits for files. So it hung for ever.
    """
    with contextlib.suppress(ImportError, AttributeError):  # another version may be made otherwise
        from snakemake.scheduling.job_scheduler import JobScheduler

        answer = JobScheduler.exit_gracefully

        def begin(*told: object) -> None:
            _thread.start_new_thread(answer, told)

        if answer.__module__ != __name__:
            JobScheduler.exit_gracefully = begin
