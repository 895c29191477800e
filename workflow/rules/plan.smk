rule plan:
    """The cases of a sweep, before anything runs. Earlier results move to their cases' numbers."""
    input:
        kept_to_this_run,
    output:
        metadata=f"{RESULTS}/{{sweep}}/{METADATA}",
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
    log:
        f"{RESULTS}/{{sweep}}/logs/plan.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    threads: lambda wildcards: local_threads(wildcards.sweep, 10 * CASES_PER_PROCESS)
    params:
        script=script("plan.py"),
        directory=lambda wildcards, output: directory_of(output.plan),
        plan=lambda wildcards: PLANS[wildcards.sweep].digest(),
    shell:
        "exec python {params.script:q} --at-once {threads} {params.directory:q} > {log:q} 2>&1"
