"""What all rules share: the configuration, its jobs, and this run. The rest is Python in scripts/."""

import os
import sys
from dataclasses import asdict
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
        f"{snakespice.__file__} is in use already, and is not that of {HOME}: use the modules of"
        " one workflow from one copy of snakespice"
    )

from snakespice.base.layout import (
    CORRELATIONS,
    MEASURES,
    MEASURES_PARQUET,
    METADATA,
    OVERVIEW,
    PLAN,
    PROVENANCE,
    RECORD,
)
from snakespice.base.layout import SPECS, TABLE, TABLE_PARQUET, VERDICTS, part_file
from snakespice.base.problems import ConfigError
from snakespice.config.hub import check_before_snakemake, module_hub, own_hub
from snakespice.config.project import load_project
from snakespice.engines.ngspice import SimulatorMissing, find_ngspice
from snakespice.measures.sources import CannotImport
from snakespice.sweep.index import file_digest
from snakespice.sweep.lock import is_orphan
from snakespice.sweep.plan import Plan
from snakespice.verdict.version import VERDICT_VERSION
from snakespice.workflow import snakemake_internals
from snakespice.workflow.jobs import Jobs
from snakespice.workflow.project_file import NothingToSimulate, project_file
from snakespice.workflow.run import CannotRun, Run

try:
    snakemake_internals.check_version(SNAKEMAKE_VERSION)
except snakemake_internals.WrongSnakemake as fault:
    raise WorkflowError(str(fault)) from None

# As a module of another workflow this is not its main Snakefile.
IS_MODULE = Path(workflow.basedir).resolve() not in (HOME.resolve(), HOME.resolve() / "workflow")

if not IS_MODULE and "sweeps" not in config:
    try:
        DEFAULT_CONFIG = str(project_file(HOME, workflow.configfiles))
        check_before_snakemake(Path(DEFAULT_CONFIG))
    except (NothingToSimulate, ConfigError) as fault:
        raise WorkflowError(str(fault)) from None

    configfile: DEFAULT_CONFIG


CONFIG_FILES = [Path(path).resolve() for path in workflow.configfiles]

try:
    HUB = (module_hub if IS_MODULE else own_hub)(config, CONFIG_FILES)
    PROJECT = load_project(HUB)
except ConfigError as fault:
    raise WorkflowError(str(fault)) from None

if not workflow.is_main_process and is_orphan():
    # Said before Snakemake removes what the job is to write: another run may have written it since.
    raise WorkflowError("the run that sent this job is over, so nothing is done")

if workflow.is_main_process:
    for _note in PROJECT.notes:
        logger.warning(_note)

snakemake_internals.answer_sigterm_in_a_thread(JobScheduler)
if not IS_MODULE:
    snakemake_internals.spare_the_import_of_pandas(PersistenceBase)

try:
    NGSPICE = find_ngspice()
except SimulatorMissing:
    # It may be there where the jobs run; each of them looks again.
    NGSPICE = None

RESULTS = PROJECT.results
SPICEINIT = PROJECT.simulator.spiceinit
PLANS = {name: Plan.of(PROJECT, name) for name in PROJECT.sweeps}
try:
    JOBS = Jobs(
        PROJECT,
        PLANS,
        cores=workflow.resource_settings.cores,
        is_main=workflow.is_main_process,
        will_run=snakemake_internals.will_run(workflow),
    )
except CannotImport as fault:
    raise WorkflowError(str(fault)) from None
RUN = Run(PROJECT, HUB, PLANS, JOBS, NGSPICE, SNAKEMAKE_VERSION, logger)
if workflow.is_main_process:
    RUN.discard_damaged()

# Several instances of a module can have sweeps of the same name.
CATEGORY = f"{RESULTS}/{{sweep}}" if IS_MODULE else "{sweep}"


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


def locked(wildcards):
    """Keep all other runs out of a sweep before Snakemake looks at it; return no file.

    Here, and not when the run starts, as nothing of a module is called then.
    """
    if snakemake_internals.will_run(workflow):
        try:
            RUN.lock(wildcards.sweep)
        except CannotRun as fault:
            raise WorkflowError(str(fault)) from None
    return []


def unit_records(wildcards):
    """Return the records of all units of a sweep, which are looked at from now on."""
    locked(wildcards)
    return JOBS.records(wildcards.sweep)
