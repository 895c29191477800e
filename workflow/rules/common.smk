"""What all rules share: the configuration, the plans of its sweeps, and functions of wildcards."""

import hashlib
import json
import math
import os
import sys
import time
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from snakemake import __version__ as SNAKEMAKE_VERSION
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler


include: "home.smk"


SCRIPTS = HOME / "scripts"
sys.path.append(str(SCRIPTS))
# Jobs find the Python that runs Snakemake as `python`, unless their environment brings its own.
BIN, PATH = str(Path(sys.executable).parent), os.environ.get("PATH", "")
if not f"{PATH}{os.pathsep}".startswith(f"{BIN}{os.pathsep}"):
    os.environ.update(PATH=f"{BIN}{os.pathsep}{PATH}")

import snakespice

if Path(snakespice.__file__).resolve().parent != (SCRIPTS / "snakespice").resolve():
    raise WorkflowError(
        f"{snakespice.__file__} is in use already, and is not that of {HOME}: take the modules of"
        " one workflow from one copy of snakespice"
    )

from snakespice.config.project import load_project
from snakespice.sweep.lock import Held, is_orphan, keep_held
from snakespice.config.hub import check_before_snakemake, module_hub, own_hub
from snakespice.base.layout import MEASURES, METADATA, OVERVIEW, PLAN, PROVENANCE, RECORD, TABLE
from snakespice.base.layout import part_cases, part_file, part_of, parts, postponed_file
from snakespice.base.layout import sweep_dir, unit_cases, units
from snakespice.engines.ngspice import SimulatorMissing, find_ngspice
from snakespice.sweep.plan import Plan
from snakespice.base.problems import ConfigError
from snakespice.tables.provenance import of_run
from snakespice.base.files import UnusableFile, explain, remove
from snakespice.sweep.repair import bring_back, discard_damaged
from snakespice.sweep.resolved import Resolved
from snakespice.sweep.index import file_digest, read_index
from snakespice.templates.includes import expand, variables_in_includes
from snakespice.workflow.sigterm import answer_in_a_thread
from snakespice.templates.template import template_sources
from snakespice.engines.scratch_directory import left_workplaces

# As a module of another workflow this is not its main Snakefile.
IS_MODULE = Path(workflow.basedir).resolve() not in (HOME.resolve(), HOME.resolve() / "workflow")

# The project in the working directory, or else the one that comes with the workflow.
OWN_CONFIG = Path("config/config.yaml")
DEFAULT_CONFIG = str(OWN_CONFIG if OWN_CONFIG.exists() else HOME / OWN_CONFIG)

if "sweeps" not in config:
    try:
        check_before_snakemake(Path(DEFAULT_CONFIG))
    except ConfigError as fault:
        raise WorkflowError(str(fault)) from None

    configfile: DEFAULT_CONFIG


CONFIG_FILES = [Path(path).resolve() for path in workflow.configfiles]

try:
    HUB = (module_hub if IS_MODULE else own_hub)(config, CONFIG_FILES)
    PROJECT = load_project(HUB)
except ConfigError as fault:
    raise WorkflowError(str(fault)) from None

answer_in_a_thread(JobScheduler)
if not IS_MODULE and hasattr(PersistenceBase, "_serialize_param_builtin"):
    # It would import pandas, for a second, to see whether a parameter is a table; none of ours is.
    PersistenceBase._serialize_param = PersistenceBase._serialize_param_builtin

RESULTS = PROJECT.results
CASES_PER_PROCESS = 1000  # that renders them, or reads their records
PLANS = {name: Plan.of(PROJECT, name) for name in PROJECT.sweeps}
GATED = PROJECT.max_failed_fraction < 1
STARTED = time.time()

if not workflow.is_main_process and is_orphan():
    # Said before Snakemake removes what the job is to write: another run may have written it since.
    raise WorkflowError("the run that sent this job is over, so nothing is done")
if workflow.is_main_process:
    for _sweep in PLANS:
        for _path in discard_damaged(sweep_dir(RESULTS, _sweep)):
            logger.warning(f"{_path} was damaged; it is made again.")

# Several instances of a module can have sweeps of the same name.
CATEGORY = f"{RESULTS}/{{sweep}}" if IS_MODULE else "{sweep}"

SPICEINIT = PROJECT.simulator.spiceinit

try:
    NGSPICE = find_ngspice()
except SimulatorMissing:
    # It may be there where the jobs run; each of them looks again.
    NGSPICE = None


wildcard_constraints:
    sweep="|".join(PLANS),
    unit=r"(?:case|block)_[1-9]\d*",
    part=r"[1-9]\d*",


def script(name):
    """Return the path of one of the scripts."""
    return str(SCRIPTS / name)


def directory_of(path):
    """Return the directory in which a file of a sweep stands."""
    return os.path.dirname(path)


def size(sweep):
    """Return what the units of a sweep follow from."""
    return len(PLANS[sweep]), PROJECT.cases_per_job


def kept_to_this_run(wildcards):
    """Keep all other runs out of a sweep before Snakemake looks at it; return no file.

    Here, and not when the run starts, as nothing of a module is called then.
    """
    if workflow.is_main_process and workflow.executor_plugin is not None and not workflow.dryrun:
        hold_the_sweep(wildcards.sweep)
    return []


def unit_records(wildcards):
    """Return the records of all units of a sweep, which are looked at from now on."""
    kept_to_this_run(wildcards)
    names = units(*size(wildcards.sweep))
    return [f"{RESULTS}/{wildcards.sweep}/{unit}/{RECORD}" for unit in names]


def targets(sweep):
    """Return what makes a sweep complete; all is named lest something lost go unnoticed."""
    directory = f"{RESULTS}/{sweep}"
    return [
        f"{directory}/{METADATA}",
        f"{directory}/{PLAN}",
        *(f"{directory}/{part_file(part + 1)}" for part in range(parts(*size(sweep)))),
        *(f"{directory}/{unit}/{RECORD}" for unit in units(*size(sweep))),
        f"{directory}/{TABLE}",
        f"{directory}/{MEASURES}",
        f"{directory}/{PROVENANCE}",
        f"{directory}/{OVERVIEW}",
    ]


def unit_index(wildcards):
    """Return the index of the netlists that a unit simulates."""
    part = part_of(wildcards.unit, *size(wildcards.sweep))
    return f"{RESULTS}/{wildcards.sweep}/{part_file(part)}"


@lru_cache(maxsize=None)
def template_digest(sweep):
    """Return a hash of the templates of a sweep and of the environment that they name."""
    plan = PLANS[sweep]
    digest = hashlib.sha256()
    for path in template_sources(plan.template, plan.project_root):
        text = path.read_text(encoding="utf-8", errors="replace")
        values = {name: os.environ.get(name) for name in variables_in_includes(text)}
        digest.update(json.dumps([text, values], sort_keys=True).encode())
    return digest.hexdigest()


def includes_digest(wildcards):
    """Return a hash of the files that the unit's netlists include, as they are now.

    Snakemake asks again when the netlists are rendered, and records what it is told then.
    """
    index = Path(unit_index(wildcards))
    return _includes_digest(index, index.stat().st_mtime_ns) if index.exists() else "not rendered"


@lru_cache(maxsize=None)
def _includes_digest(index, _mtime_ns):
    try:
        files = read_index(index)["includes"]
    except UnusableFile:
        return "damaged"
    return hashlib.sha256(
        json.dumps({path: _digest(path) for path in sorted(files)}).encode()
    ).hexdigest()


@lru_cache(maxsize=None)
def _digest(path):
    return file_digest(path)


def unit_threads(wildcards):
    """Return for how many cores a unit has work; Snakemake gives it no more than there are."""
    work = len(unit_cases(wildcards.unit, *size(wildcards.sweep))) * PROJECT.simulator.threads
    return min(work, allotted())


def allotted():
    """Return how many cores a job of Slurm has; where none is bound, Snakemake counts the node's."""
    if workflow.is_main_process:
        return sys.maxsize
    return int(os.environ.get("SLURM_CPUS_PER_TASK", sys.maxsize))


def part_threads(wildcards):
    """Return for how many cores a part has netlists: each takes time to start, too."""
    cases = part_cases(int(wildcards.part), *size(wildcards.sweep))
    return min(math.ceil(len(cases) / CASES_PER_PROCESS), allotted())


def local_threads(sweep, cases_per_core):
    """Return for how many cores of this machine, as far as they are for jobs, a sweep has cases."""
    most = workflow.resource_settings.cores or 1  # where jobs are sent elsewhere nothing is said
    return min(math.ceil(len(PLANS[sweep]) / cases_per_core), most)


def side_by_side(threads):
    """Return how many cases so many threads can simulate at a time."""
    return max(1, threads // PROJECT.simulator.threads)


def at_once(wildcards, threads, resources):
    """Return how many cases a unit simulates at a time with what Snakemake has given it."""
    memory = resources.mem_mb // PROJECT.simulator.mem_mb
    return max(1, min(side_by_side(threads), memory, resources.licenses))


def unit_runtime(wildcards, threads):
    """Return the longest time that a unit may take, in minutes."""
    cases = len(unit_cases(wildcards.unit, *size(wildcards.sweep)))
    rounds = math.ceil(cases / side_by_side(threads))
    return math.ceil(rounds * PROJECT.simulator.longest / 60) + 1


def postponed(wildcards):
    """Return what has changed if the machine had no room for a case of the unit."""
    mark = sweep_dir(RESULTS, wildcards.sweep) / postponed_file(wildcards.unit)
    return mark.read_text() if mark.exists() else ""


def this_run(sweep):
    """Return what is known of this run on a sweep."""
    versions = {"snakemake": SNAKEMAKE_VERSION, "ngspice": NGSPICE.version if NGSPICE else None}
    return of_run(PROJECT, sweep, HUB.files, versions)


def gate(scope):
    """Return the proof that few enough cases failed, where the configuration asks for it."""
    return [f"{RESULTS}/{scope}gate_passed"] if GATED else []


def gated_tables(wildcards):
    """Return the tables that a gate looks at: those of one sweep or of all."""
    sweeps = [wildcards.scope.rstrip("/")] if wildcards.scope else list(PLANS)
    return [f"{RESULTS}/{sweep}/{TABLE}" for sweep in sweeps]


def hold_the_sweep(sweep):
    """Keep all other runs out of a sweep until this one ends."""
    directory = sweep_dir(RESULTS, sweep)
    try:
        if keep_held(directory):
            bring_back([*targets(sweep), *gate(f"{sweep}/"), *gate("")], STARTED)
            for place in left_workplaces(directory):
                remove(place)
            Resolved(PLANS[sweep], PROJECT.simulator, PROJECT.keep, this_run(sweep)).write(
                directory
            )
    except Held as fault:
        raise WorkflowError(str(fault)) from None
    except OSError as fault:
        raise WorkflowError(explain(fault, directory)) from None
