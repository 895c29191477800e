"""snakespice: ngspice parameter sweeps. `snakemake --cores N [SWEEP]`; see README.md."""

from snakemake.utils import min_version

min_version("9.19")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/handlers.smk"
include: "workflow/rules/plan.smk"
include: "workflow/rules/render.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/aggregate.smk"
include: "workflow/rules/judge.smk"
include: "workflow/rules/gate.smk"


if rules.plan.output.plan != f"{RESULTS}/{{sweep}}/{PLAN}":
    raise WorkflowError(
        "a module's prefix: and replace_prefix: move its results without its knowing; say where"
        " they go with `results` of its configuration"
    )


rule all:
    """Every sweep of the configuration. (First here, and so the target when none is named.)"""
    input:
        [JOBS.targets(sweep) for sweep in PLANS],
        JOBS.gate(""),


for _sweep in PLANS:

    rule:
        name:
            _sweep
        input:
            JOBS.targets(_sweep),
            JOBS.gate(f"{_sweep}/"),
