rule simulate:
    """The records of a unit: `case_7` is one case, `block_3` a range of them.

    A failed simulation is a result and no fault of the job. Cases whose netlist, with all that
    it includes, was simulated before are kept. (The record is not marked `update`: when the job
    fails, Snakemake would put the old one back, and take the job for done.)
    """
    input:
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
        index=unit_index,
    output:
        record=f"{RESULTS}/{{sweep}}/{{unit}}/{RECORD}",
    log:
        f"{RESULTS}/{{sweep}}/logs/simulate_{{unit}}.log",
    conda:
        "../../envs/snakespice.yaml"
    threads: PROJECT.simulator.threads
    resources:
        mem_mb=PROJECT.simulator.mem_mb,
        licenses=1,
        runtime=unit_runtime,
        attempt=lambda wildcards, attempt: attempt,
    params:
        script=script("simulate.py"),
        directory=lambda wildcards, input: directory_of(input.plan),
        timeout=PROJECT.simulator.timeout,
        mem_mb=PROJECT.simulator.mem_mb,
        max_output_mb=PROJECT.simulator.max_output_mb,
        sandbox=PROJECT.simulator.sandbox,
        require=PROJECT.simulator.require.options(),
        postponed=postponed,
        measures=lambda wildcards: PLANS[wildcards.sweep].measures,
        includes=includes_digest,
        ngspice=NGSPICE_VERSION,
        spiceinit=f"--spiceinit {shlex.quote(str(SPICEINIT))}" if SPICEINIT else "",
        spiceinit_sha256=file_digest(SPICEINIT) if SPICEINIT else None,
    shell:
        "exec python {params.script:q} {params.directory:q} {wildcards.unit}"
        " --timeout {params.timeout} --mem-mb {params.mem_mb} --threads {threads}"
        " --max-output-mb {params.max_output_mb} --sandbox {params.sandbox} {params.require}"
        " {params.spiceinit} --attempt {resources.attempt} > {log:q} 2>&1"
