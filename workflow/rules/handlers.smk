"""What is done when a run starts, and when it has ended. (A module's host has to call it.)"""

import gc
import threading

from snakespice.sweep.lock import is_locked_here, unlock_sweep
from snakespice.tables.progress import Monitor, is_worth_showing
from snakespice.base.files import short_of_space
from snakespice.tables.summary import summarise

MONITOR = Monitor({sweep_dir(RESULTS, name): plan for name, plan in PLANS.items()})


def hold_what_is_run():
    """Hold the sweeps that this run works on, and no others."""
    run = {os.path.dirname(file) for job in workflow.dag.needrun_jobs() for file in job.log}
    for sweep in PLANS:
        if f"{RESULTS}/{sweep}/logs" in run:
            hold_the_sweep(sweep)
        else:
            unlock_sweep(sweep_dir(RESULTS, sweep))


def tell_what_is_missing():
    """Say what would make it faster: without libngspice all cases run cold."""
    if PROJECT.simulator.engine == "cold" or PROJECT.simulator.sandbox != "none" or not NGSPICE:
        return
    from snakespice.engines.libngspice import LibraryMissing, find_library

    try:
        find_library(NGSPICE.path)
    except LibraryMissing as fault:
        logger.warning(f"{fault}; with it, models would be read once and not for every case.")


def tell_what_bounds_no_job():
    """Say that jobs which are sent elsewhere may be wider than any node, and wait for ever."""
    settings = workflow.resource_settings
    if not (workflow.local_exec or settings.cores or settings.max_threads):
        logger.warning(
            "Nothing says how many cores a job may have elsewhere: it asks for one for each of its"
            " cases, and waits for ever where no node has so many. Use one of the profiles (see"
            f" {HOME}/config/cluster.md), or say --max-threads 8."
        )


def tell_the_progress():
    """Tell how many cases are done instead of what every job does."""
    if not IS_MODULE:  # the jobs of others are not ours to be silent about
        logger.addFilter(is_worth_showing)
    directories = {sweep_dir(RESULTS, sweep) for sweep in PLANS}
    MONITOR.start({directory for directory in directories if is_locked_here(directory)})


def tell_the_end():
    """Print the summary of every sweep whose table was written in this run."""
    MONITOR.stop()
    for thread in threading.enumerate():
        # They have nothing left to wake, and Snakemake would wait a second for them.
        if isinstance(thread, threading.Timer):
            thread.cancel()
    if message := short_of_space(Path(RESULTS)):
        # What the jobs said of it may not have found room in their logs.
        print(message, file=sys.stderr)
    # Python would look through all of them once more before it ends, which takes a moment.
    gc.freeze()
    for sweep in PLANS:
        table = sweep_dir(RESULTS, sweep) / TABLE
        if table.exists() and table.stat().st_mtime >= STARTED:
            print(*summarise(table.parent).lines(), sep="\n", file=sys.stderr)


onstart:
    hold_what_is_run()
    tell_what_is_missing()
    tell_what_bounds_no_job()
    tell_the_progress()


onsuccess:
    tell_the_end()


onerror:
    tell_the_end()
