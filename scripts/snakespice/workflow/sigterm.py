"""Snakemake hangs when SIGTERM comes at the wrong moment; here is what keeps it from that."""

from __future__ import annotations

import _thread
from typing import Any


def answer_in_a_thread(scheduler: Any) -> None:
    """Have this class, Snakemake's JobScheduler, answer SIGTERM in a thread; twice is once.

    Its handler waits for a lock, and the code which it interrupts may be what holds it: while a job
    ends, above all, and on a cluster for as long as Snakemake waits for files. So it hung for ever.
    """
    answer = scheduler.exit_gracefully

    def begin(*told: object) -> None:
        _thread.start_new_thread(answer, told)

    if answer.__module__ != __name__:
        scheduler.exit_gracefully = begin
