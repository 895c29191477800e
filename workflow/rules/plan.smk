rule plan:
    """The cases of a sweep, before anything runs. Earlier results move to their cases' numbers."""
    output:
        metadata=f"{RESULTS}/{{sweep}}/{METADATA}",
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
    log:
        f"{RESULTS}/{{sweep}}/logs/plan.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    params:
        directory=f"{RESULTS}/{{sweep}}",
        plan=lambda wildcards: PLANS[wildcards.sweep].digest(),
    shell:
        "exec python {SCRIPTS:q}/plan.py --config {CONFIG:q} --files {CONFIG_FILES:q}"
        " --base {BASE:q} --sweep {wildcards.sweep} {params.directory:q} > {log:q} 2>&1"
