rule aggregate:
    """The tables of a sweep: every record, and every measure; and where they come from."""
    input:
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
        records=unit_records,
    output:
        overview=report(
            f"{RESULTS}/{{sweep}}/{OVERVIEW}",
            caption="../report/overview.rst",
            category=CATEGORY,
            labels={"": "overview"},
        ),
        table=report(
            f"{RESULTS}/{{sweep}}/{TABLE}",
            caption="../report/run_status.rst",
            category=CATEGORY,
            labels={"": "table: run_status.csv"},
        ),
        measures=report(
            f"{RESULTS}/{{sweep}}/{MEASURES}",
            caption="../report/measures.rst",
            category=CATEGORY,
            labels={"": "table: measures.csv"},
        ),
        table_parquet=f"{RESULTS}/{{sweep}}/{TABLE_PARQUET}",
        measures_parquet=f"{RESULTS}/{{sweep}}/{MEASURES_PARQUET}",
        provenance=report(
            f"{RESULTS}/{{sweep}}/{PROVENANCE}",
            caption="../report/provenance.rst",
            category=CATEGORY,
            labels={"": "where it comes from: provenance.json"},
        ),
    log:
        f"{RESULTS}/{{sweep}}/logs/aggregate.log",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    threads: JOBS.aggregate_threads
    params:
        script=script("aggregate.py"),
        directory=lambda wildcards, input: directory_of(input.plan),
        corners=JOBS.corners,
    shell:
        "exec python {params.script:q} {params.directory:q} --at-once {threads} --run"
        " > {log:q} 2>&1"
