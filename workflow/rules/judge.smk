rule judge:
    """Whether the design is good: the cases by the specifications, in three tables.

    Limits are no part of the plan: whoever changes one has this run again, and no simulation.
    """
    input:
        table=f"{RESULTS}/{{sweep}}/{TABLE}",
        measures=f"{RESULTS}/{{sweep}}/{MEASURES}",
    output:
        specs=report(
            f"{RESULTS}/{{sweep}}/{SPECS}",
            caption="../report/specs.rst",
            category=CATEGORY,
            labels={"": "table: specs.csv"},
        ),
        verdicts=f"{RESULTS}/{{sweep}}/{VERDICTS}",
        correlations=f"{RESULTS}/{{sweep}}/{CORRELATIONS}",
    log:
        f"{RESULTS}/{{sweep}}/logs/judge.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    params:
        script=script("judge.py"),
        directory=lambda wildcards, input: directory_of(input.table),
        specs=JOBS.specs_digest,
    shell:
        "exec python {params.script:q} {params.directory:q} > {log:q} 2>&1"
