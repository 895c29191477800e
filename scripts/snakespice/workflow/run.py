"""One run of Snakemake on the sweeps of a configuration: what it does before and after its jobs.

Before Snakemake looks at a sweep, the sweep is locked against other runs. When the jobs that are
needed are known, the sweeps that have none are let go. At the end a summary is printed.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakespice.base.files import explain, remove, short_of_space
from snakespice.base.layout import SPECS, TABLE, part_files, sweep_dir
from snakespice.config.hub import Hub
from snakespice.config.project import Project
from snakespice.engines.ngspice import Ngspice
from snakespice.engines.scratch_directory import leftover_scratch_directories
from snakespice.specs.tell import read_over_all, tell
from snakespice.sweep.amiss import empty_outputs
from snakespice.sweep.index import read_index
from snakespice.sweep.lock import SweepLocked, is_locked_here, keep_locked, unlock_sweep
from snakespice.sweep.plan import Plan
from snakespice.sweep.relocate import set_aside_since
from snakespice.sweep.repair import bring_back, discard_damaged
from snakespice.sweep.resolved import Resolved
from snakespice.tables.progress import Monitor, is_worth_showing
from snakespice.tables.provenance import of_run
from snakespice.tables.summary import summarise
from snakespice.workflow.jobs import Jobs
from snakespice.workflow.snakemake_internals import cancel_timers_of_the_scheduler

if TYPE_CHECKING:
    import logging


class CannotRun(Exception):
    """A sweep cannot be run now; the message says why and what to do."""


class Run:
    """A run of Snakemake's main process. `versions` are those of the programs that it knows."""

    def __init__(
        self,
        project: Project,
        hub: Hub,
        plans: Mapping[str, Plan],
        jobs: Jobs,
        ngspice: Ngspice | None,
        snakemake: str,
        logger: logging.Logger,
    ) -> None:
        self._project = project
        self._hub = hub
        self._plans = plans
        self._jobs = jobs
        self._ngspice = ngspice
        self._versions = {
            "snakemake": snakemake,
            "ngspice": ngspice.version if ngspice else None,
        }
        self._logger = logger
        self._started = time.time()
        self._monitor = Monitor({self._directory(name): plan for name, plan in plans.items()})

    def discard_damaged(self) -> None:
        """Remove damaged plans and indexes, so that they are made again, and say so."""
        for sweep in self._plans:
            for path in discard_damaged(self._directory(sweep)):
                self._logger.warning(f"{path} was damaged; it is made again.")
            for path in empty_outputs(self._directory(sweep), self._plans[sweep]):
                remove(path)
                self._logger.warning(f"{path} was empty; it is made again.")

    def lock(self, sweep: str) -> None:
        """Keep all other runs out of a sweep until this one ends, and tell its jobs what to do.

        Raises CannotRun when another run works on it, or nothing can be written there.
        """
        directory = self._directory(sweep)
        try:
            if not keep_locked(directory):
                return
            self._jobs.mend(sweep)
            gates = [*self._jobs.gate(f"{sweep}/"), *self._jobs.gate("")]
            bring_back([*self._jobs.targets(sweep), *gates], self._started)
            for place in leftover_scratch_directories(directory):
                remove(place)
            told = of_run(self._project, sweep, self._hub.files, self._versions)
            project = self._project
            bench = project.sweeps[sweep].testbench
            resolved = Resolved(
                self._plans[sweep],
                project.simulator,
                project.keep,
                bench.measures.units,
                self._jobs.sources(sweep),
                bench.specs,
                project.corners,
                told,
            )
            resolved.write(directory)
        except SweepLocked as fault:
            raise CannotRun(str(fault)) from None
        except OSError as fault:
            raise CannotRun(explain(fault, directory)) from None

    def begin(self, directories_of_logs: Collection[str], *, is_module: bool) -> None:
        """Lock the sweeps that have jobs, and no others; begin to tell the progress.

        Snakemake's own account of every job is left out, unless other jobs than ours run, too.
        """
        for sweep in self._plans:
            if str(self._directory(sweep) / "logs") in directories_of_logs:
                self.lock(sweep)
            else:
                unlock_sweep(self._directory(sweep))
        if not is_module:
            self._logger.addFilter(is_worth_showing)
        self._monitor.start({d for d in map(self._directory, self._plans) if is_locked_here(d)})

    def tell_what_is_missing(self) -> None:
        """Say what would make it faster: without libngspice all cases run cold."""
        simulator = self._project.simulator
        if simulator.engine == "cold" or simulator.sandbox != "none" or not self._ngspice:
            return
        from snakespice.engines.libngspice import LibraryMissing, find_library

        try:
            find_library(self._ngspice.path)
        except LibraryMissing as fault:
            self._logger.warning(f"{fault}; with it, models are read once and not for every case.")

    def tell_what_bounds_no_job(self, workflow: Any, home: Path) -> None:
        """Say that jobs which are sent elsewhere may be wider than any node, and wait for ever."""
        settings = workflow.resource_settings
        if not (workflow.local_exec or settings.cores or settings.max_threads):
            self._logger.warning(
                "Nothing says how many cores a job may have elsewhere: it asks for one for each of"
                " its cases, and waits for ever where no node has so many. Use one of the profiles"
                f" (see {home}/config/cluster.md), or say --max-threads 8."
            )

    def end(self) -> None:
        """Print the summary of every sweep whose table was written in this run."""
        self._monitor.stop()
        cancel_timers_of_the_scheduler()
        if message := short_of_space(Path(self._project.results)):
            # What the jobs said of it may not have found room in their logs.
            print(message, file=sys.stderr)
        # Python would look through all objects once more before it ends, which takes a moment.
        gc.freeze()
        for sweep in self._plans:
            table = self._directory(sweep) / TABLE
            if table.exists() and table.stat().st_mtime >= self._started:
                print(*summarise(table.parent).lines(), sep="\n", file=sys.stderr)
                if judged := self._monitor.judged_anew(table.parent):
                    print(f"  {judged}", file=sys.stderr)
                self._tell_what_is_not_watched(sweep)
            for place in set_aside_since(self._directory(sweep), self._started):
                print(f"  set aside, as snakespice did not make it: {place}", file=sys.stderr)
            specs = self._directory(sweep) / SPECS
            if specs.exists() and specs.stat().st_mtime >= self._started:
                for line in tell(read_over_all(specs.parent)):
                    print(f"  {line}", file=sys.stderr)

    def _tell_what_is_not_watched(self, sweep: str) -> None:
        """Say, when netlists were rendered, which files they read that cannot be told from them."""
        for path in part_files(self._directory(sweep)):
            if path.stat().st_mtime >= self._started:
                for name, case in read_index(path).get("unwatched", {}).items():
                    print(f"  {case} reads {name}, which is not watched", file=sys.stderr)

    def _directory(self, sweep: str) -> Path:
        return sweep_dir(self._project.results, sweep)
