"""All that relies on how Snakemake works inside: what, why, since when, and what would end it.

Nothing here is promised by Snakemake. So its version is capped (`check_version`), each function
does nothing where it does not find what it knows, and tests/workflow/test_snakemake_internals.py
fails when another minor version is installed than the one that was looked through.
"""

from __future__ import annotations

import _thread
import os
import threading
from typing import Any

# Looked through last. When this changes, read each function here beside Snakemake's source.
LOOKED_THROUGH = "9.27"
OLDEST, TOO_NEW = (9, 19), (10, 0)


class WrongSnakemake(Exception):
    """This Snakemake is too old or too new; the message says which one to install."""


def check_version(version: str) -> None:
    """Raise WrongSnakemake unless this version is one that the workflow can run with."""
    number = tuple(int(part) for part in version.split(".")[:2])
    if not OLDEST <= number < TOO_NEW:
        raise WrongSnakemake(
            f"Snakemake {version} is installed, and snakespice runs with 9.19 to the last of 9:"
            ' pip install "snakemake>=9.19,<10"'
        )


def answer_sigterm_in_a_thread(scheduler: Any) -> None:
    """Have this class, Snakemake's JobScheduler, answer SIGTERM in a thread; twice is once.

    Its handler waits for a lock, and the code which it interrupts may be what holds it: while a job
    ends, above all, and on a cluster for as long as Snakemake waits for files. So it hung for ever.

    Seen in 9.19 to 9.27 (`JobScheduler.exit_gracefully`). Not needed any more when that method
    takes no lock, or the handler only sets a flag.
    """
    answer = scheduler.exit_gracefully

    def begin(*told: object) -> None:
        _thread.start_new_thread(answer, told)

    if answer.__module__ != __name__:
        scheduler.exit_gracefully = begin


def spare_the_import_of_pandas(persistence: Any) -> None:
    """Have this class, Snakemake's PersistenceBase, not ask whether a parameter is a table.

    It imports pandas for that, which takes a second of every command; none of our parameters is a
    table. A module's host may have some: only for a workflow that runs by itself.

    Since 9.20 (`PersistenceBase._serialize_param`). Not needed any more when Snakemake looks at a
    parameter's type before it imports pandas.
    """
    if hasattr(persistence, "_serialize_param_builtin"):
        persistence._serialize_param = persistence._serialize_param_builtin


def directories_of_logs(workflow: Any) -> set[str]:
    """Return the directories of the logs of all jobs that are about to run.

    `onstart` is not told which jobs those are (`DAG.needrun_jobs`, all of 9). Not needed any more
    when Snakemake tells.
    """
    return {os.path.dirname(file) for job in workflow.dag.needrun_jobs() for file in job.log}


def will_run(workflow: Any) -> bool:
    """Tell whether this process is to run jobs: no report, no summary, no dry run.

    `Workflow.executor_plugin` and `dryrun`, all of 9; there is no public way to ask.
    """
    return workflow.is_main_process and workflow.executor_plugin is not None and not workflow.dryrun


def cancel_timers_of_the_scheduler() -> None:
    """Cancel the timers that would wake Snakemake's scheduler, which has nothing left to do.

    Before Python ends it waits for them, for up to a second of every command. Timers that anybody
    else has started are left alone.

    `JobScheduler._schedule_reevalutation` (9.20 and later). Not needed any more when those timers
    are daemons.
    """
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            function = thread.function
            if getattr(function, "__module__", "") == "snakemake.scheduling.job_scheduler":
                thread.cancel()
