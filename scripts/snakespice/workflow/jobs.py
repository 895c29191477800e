"""What Snakemake asks about jobs: their files, threads and resources, and when to run them again.

A method that takes wildcards is an input function, a resource or a parameter of the rule that has
the same name as the stage (workflow/rules). Snakemake calls them while it builds the DAG, and again
in each job that it sends to another machine.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from snakespice.base.files import UnusableFile
from snakespice.base.layout import (
    CORRELATIONS,
    MEASURES,
    MEASURES_PARQUET,
    METADATA,
    OVERVIEW,
    PLAN,
    PROVENANCE,
    RECORD,
    SPECS,
    TABLE,
    TABLE_PARQUET,
    VERDICTS,
    part_cases,
    part_file,
    part_of,
    parts,
    postponed_file,
    sweep_dir,
    unit_cases,
    units,
)
from snakespice.config.project import Project
from snakespice.measures.sources import Sources, find_sources
from snakespice.netlist.reads import named_in
from snakespice.sweep.amiss import mend, units_amiss
from snakespice.sweep.index import file_digest, read_index
from snakespice.sweep.plan import Plan
from snakespice.sweep.selection import Selection
from snakespice.templates.includes import variables_in_includes
from snakespice.templates.template import template_sources

CASES_PER_PROCESS = 1000  # that renders them, or reads their records


class Wildcards(Protocol):
    """The wildcards of the rules; each rule has some of them."""

    sweep: str
    unit: str
    part: str
    scope: str


class Resources(Protocol):
    """The resources that Snakemake has given to a job of rule simulate."""

    mem_mb: int
    licenses: int


class Jobs:
    """The jobs of a project's sweeps.

    `cores` is what --cores allows to this machine, None where jobs are sent elsewhere and nothing
    was said. `is_main` is false in a job that runs on another machine; `will_run` is false in a dry
    run and the like.

    Raises CannotImport for measure files that Python cannot import.
    """

    def __init__(
        self,
        project: Project,
        plans: Mapping[str, Plan],
        *,
        cores: int | None,
        is_main: bool,
        will_run: bool,
    ) -> None:
        self._project = project
        self._plans = plans
        self._results = project.results
        self._cores = cores or 1
        self._is_main = is_main
        self._will_run = will_run or not is_main
        self._amiss: dict[str, dict[str, str]] = {}
        of_files = {plan.measure_files for plan in plans.values() if plan.measure_files}
        self._sources = {files: find_sources(files) for files in of_files}

    # Files

    def targets(self, sweep: str) -> list[str]:
        """Return what makes a sweep complete; all is named lest something lost go unnoticed."""
        directory = f"{self._results}/{sweep}"
        return [
            f"{directory}/{METADATA}",
            f"{directory}/{PLAN}",
            *(f"{directory}/{part_file(part + 1)}" for part in range(parts(*self._size(sweep)))),
            *self.records(sweep),
            f"{directory}/{TABLE}",
            f"{directory}/{MEASURES}",
            f"{directory}/{TABLE_PARQUET}",
            f"{directory}/{MEASURES_PARQUET}",
            f"{directory}/{PROVENANCE}",
            f"{directory}/{OVERVIEW}",
            *self._judged(sweep),
        ]

    def _judged(self, sweep: str) -> list[str]:
        """Return what rule judge makes of a sweep, if its testbench has specifications."""
        directory = f"{self._results}/{sweep}"
        is_asked = bool(self._project.sweeps[sweep].testbench.specs)
        return [f"{directory}/{name}" for name in (SPECS, VERDICTS, CORRELATIONS) if is_asked]

    def records(self, sweep: str) -> list[str]:
        """Return the records of all units of a sweep that have cases which the run is asked for."""
        size, selection = self._size(sweep), self._selection(sweep)
        return [
            f"{self._results}/{sweep}/{unit}/{RECORD}"
            for unit in units(*size)
            if selection.is_all or selection.of(unit_cases(unit, *size))
        ]

    def unit_index(self, wildcards: Wildcards) -> str:
        """Return the index of the netlists that a unit simulates."""
        part = part_of(wildcards.unit, *self._size(wildcards.sweep))
        return f"{self._results}/{wildcards.sweep}/{part_file(part)}"

    def gate(self, scope: str) -> list[str]:
        """Return the proof that all is as the configuration asks, where it asks for something.

        `scope` is that of rule gate: nothing for all sweeps, `rc/` for one.
        """
        gated = self._project.max_failed_fraction < 1 or self._project.specs_must_pass
        return [f"{self._results}/{scope}gate_passed"] if gated else []

    def gated_tables(self, wildcards: Wildcards) -> list[str]:
        """Return the tables that a gate looks at: those of one sweep or of all."""
        return [f"{self._results}/{sweep}/{TABLE}" for sweep in self._gated(wildcards)]

    def gated_specs(self, wildcards: Wildcards) -> list[str]:
        """Return the specifications that a gate looks at, where they must pass."""
        if not self._project.specs_must_pass:
            return []
        return [path for sweep in self._gated(wildcards) for path in self._judged(sweep)[:1]]

    def _gated(self, wildcards: Wildcards) -> list[str]:
        """Return the sweeps of a gate: one, or all."""
        scope = wildcards.scope.rstrip("/")
        return [scope] if scope else list(self._plans)

    # Threads and resources

    def local_threads(self, sweep: str, cases_per_core: int) -> int:
        """Return for how many of this machine's cores a job here has cases of a sweep."""
        return min(math.ceil(len(self._plans[sweep]) / cases_per_core), self._cores)

    def plan_threads(self, wildcards: Wildcards) -> int:
        """Return for how many cores rule plan has cases; it takes a tenth of the others' time."""
        return self.local_threads(wildcards.sweep, 10 * CASES_PER_PROCESS)

    def aggregate_threads(self, wildcards: Wildcards) -> int:
        """Return for how many cores rule aggregate has records."""
        return self.local_threads(wildcards.sweep, CASES_PER_PROCESS)

    def part_threads(self, wildcards: Wildcards) -> int:
        """Return for how many cores a part has netlists: each takes time to start, too."""
        cases = part_cases(int(wildcards.part), *self._size(wildcards.sweep))
        return min(math.ceil(len(cases) / CASES_PER_PROCESS), self._allotted())

    def unit_threads(self, wildcards: Wildcards) -> int:
        """Return for how many cores a unit has work; Snakemake gives it no more than there are."""
        cases = unit_cases(wildcards.unit, *self._size(wildcards.sweep))
        return min(len(cases) * self._project.simulator.threads, self._allotted())

    def unit_memory(self, _wildcards: Wildcards, threads: int) -> int:
        """Return the memory of a unit, in MB: that of the cases which run side by side."""
        return self._project.simulator.mem_mb * self._side_by_side(threads)

    def unit_licenses(self, _wildcards: Wildcards, threads: int) -> int:
        """Return how many cases of a unit run side by side, for who limits `licenses`."""
        return self._side_by_side(threads)

    def unit_runtime(self, wildcards: Wildcards, threads: int) -> int:
        """Return the longest time that a unit may take, in minutes."""
        cases = unit_cases(wildcards.unit, *self._size(wildcards.sweep))
        rounds = math.ceil(len(cases) / self._side_by_side(threads))
        return math.ceil(rounds * self._project.simulator.longest / 60) + 1

    def at_once(self, _wildcards: Wildcards, threads: int, resources: Resources) -> int:
        """Return how many cases a unit simulates at a time with what Snakemake has given it."""
        memory = resources.mem_mb // self._project.simulator.mem_mb
        return max(1, min(self._side_by_side(threads), memory, resources.licenses))

    # Parameters: where one has changed, Snakemake runs the job again

    def plan_digest(self, wildcards: Wildcards) -> str:
        """Return a hash of all that makes the plan of a sweep."""
        return self._plans[wildcards.sweep].digest()

    def corners(self, _wildcards: Wildcards) -> tuple[str, ...] | None:
        """Return the corners that the run is asked for, None for all."""
        return self._project.corners

    def specs_digest(self, wildcards: Wildcards) -> str:
        """Return a hash of the specifications of a sweep, and of whose waivers have ended."""
        specs = self._project.sweeps[wildcards.sweep].testbench.specs
        today = datetime.now(UTC).date().isoformat()
        ended = [spec.name for spec in specs if spec.waive and spec.waive.until < today]
        told = json.dumps([[spec.to_json() for spec in specs], ended], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def template_digest(self, wildcards: Wildcards) -> str:
        """Return a hash of the templates of a sweep and of the environment that they name."""
        plan = self._plans[wildcards.sweep]
        return _template_digest(plan.template, plan.project_root)

    def includes_digest(self, wildcards: Wildcards) -> str:
        """Return a hash of the files that the unit's netlists read, as they are now.

        Snakemake asks again when the netlists are rendered, and records what it is told then.
        """
        index = Path(self.unit_index(wildcards))
        return _includes_digest(index, index.stat().st_mtime_ns) if index.exists() else "no index"

    def postponed(self, wildcards: Wildcards) -> str:
        """Return what has changed if the machine had no room for a case of the unit."""
        mark = sweep_dir(self._results, wildcards.sweep) / postponed_file(wildcards.unit)
        return mark.read_text() if mark.exists() else ""

    def mend(self, sweep: str) -> None:
        """Have Snakemake run the units that are done no longer though nothing else here says so."""
        directory = sweep_dir(self._results, sweep)
        mend(directory, self._plans[sweep], self._selection(sweep), _file_digest)

    def why_again(self, wildcards: Wildcards) -> str:
        """Return why a unit is done no longer, for a dry run; a run has removed its record."""
        if self._will_run:
            return ""
        if wildcards.sweep not in self._amiss:
            directory = sweep_dir(self._results, wildcards.sweep)
            plan = self._plans[wildcards.sweep]
            self._amiss[wildcards.sweep] = units_amiss(
                directory, plan, self._selection(wildcards.sweep), _file_digest
            )
        return self._amiss[wildcards.sweep].get(wildcards.unit, "")

    def measures(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return the measures of a sweep, and hashes of the files that they are made of."""
        plan = self._plans[wildcards.sweep]
        sources = self.sources(wildcards.sweep)
        return {
            "names": list(plan.measures),
            "expressions": {name: one.to_json() for name, one in plan.expressions.items()},
            "files": {
                path: _file_digest(path)
                for one in plan.expressions.values()
                for path in one.files.values()
            },
            "sources": sources.digest if sources else None,
        }

    def sources(self, sweep: str) -> Sources | None:
        """Return what the measure files of a sweep consist of, None where there are none."""
        return self._sources.get(self._plans[sweep].measure_files)

    def _size(self, sweep: str) -> tuple[tuple[int, ...], int | None]:
        """Return what the units of a sweep follow from."""
        return self._plans[sweep].segments, self._project.cases_per_job

    def _selection(self, sweep: str) -> Selection:
        """Return which cases of a sweep the run is asked for."""
        return Selection(self._plans[sweep], self._project.corners)

    def _side_by_side(self, threads: int) -> int:
        """Return how many cases so many threads can simulate at a time."""
        return max(1, threads // self._project.simulator.threads)

    def _allotted(self) -> int:
        """Return how many cores a job of Slurm has.

        Snakemake does not know: in a job whose cores nothing binds it counts those of the node.
        """
        return (
            sys.maxsize
            if self._is_main
            else int(os.environ.get("SLURM_CPUS_PER_TASK", sys.maxsize))
        )


# Snakemake asks for each unit, and all of a sweep, or of a part, have the same answer.


@cache
def _template_digest(template: Path, project_root: Path) -> str:
    digest = hashlib.sha256()
    for path in template_sources(template, project_root):
        text = path.read_text(encoding="utf-8", errors="surrogateescape")  # no byte is lost
        values = {name: os.environ.get(name) for name in variables_in_includes(text)}
        digest.update(json.dumps([text, values], sort_keys=True).encode())
    return digest.hexdigest()


@cache
def _includes_digest(index: Path, _mtime_ns: int) -> str:
    try:
        known = read_index(index)["includes"]
    except UnusableFile:
        return "damaged"
    digests: dict[str, str] = {}
    waiting = [*known]
    while waiting:
        path = waiting.pop()
        if path not in digests:
            digests[path] = _file_digest(path)
            if digests[path] != known.get(path):
                waiting += named_in(path)  # an edited file may bring in others
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


_file_digest = cache(file_digest)
