rule gate:
    """Fail the run where the configuration asks for more than came out; run after all tables."""
    input:
        tables=JOBS.gated_tables,
        specs=JOBS.gated_specs,
    output:
        passed=f"{RESULTS}/{{scope}}gate_passed",
    log:
        f"{RESULTS}/{{scope}}gate.log",
    wildcard_constraints:
        scope=f"(?:(?:{'|'.join(PLANS)})/)?",
    localrule: True
    conda:
        "../../envs/snakespice.yaml"
    params:
        script=script("gate.py"),
        allowed=PROJECT.max_failed_fraction,
    shell:
        "exec python {params.script:q} {params.allowed} {input.tables:q}"
        " --specs {input.specs:q} --output {output.passed:q} > {log:q} 2>&1"
