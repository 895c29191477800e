rule plan:
    """The cases of a sweep, before anything runs. Earlier results move to their cases' numbers."""
    input:
        locked,
    output:
        metadata=f"{RESULTS}/{{sweep}}/{METADATA}",
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
    log:
        f"{RESULTS}/{{sweep}}/logs/plan.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    threads: JOBS.plan_threads
    params:
        script=script("plan.py"),
        directory=lambda wildcards, output: directory_of(output.plan),
        plan=JOBS.plan_digest,
    shell:
        "exec python {params.script:q} --at-once {threads} {params.directory:q} > {log:q} 2>&1"
