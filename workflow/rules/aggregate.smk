rule aggregate:
    """The tables of a sweep: every record, and every measure."""
    input:
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
        records=unit_records,
    output:
        table=report(
            f"{RESULTS}/{{sweep}}/{TABLE}",
            caption="../report/run_status.rst",
            category="{sweep}",
        ),
        measures=report(
            f"{RESULTS}/{{sweep}}/{MEASURES}",
            caption="../report/measures.rst",
            category="{sweep}",
        ),
    log:
        f"{RESULTS}/{{sweep}}/logs/aggregate.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    params:
        script=script("aggregate.py"),
        directory=lambda wildcards, input: directory_of(input.plan),
    shell:
        "exec python {params.script:q} {params.directory:q} > {log:q} 2>&1"
