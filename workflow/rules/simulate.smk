rule simulate:
    """The records of a unit: `case_7` is one case, `block_3` a range of them.

    A unit takes a core for each of its cases, as far as there are cores, memory and licences.
    A failed simulation is a result and no fault of the job. Cases whose netlist, with all that
    it includes, was simulated before are kept. (The record is not marked `update`: when the job
    fails, Snakemake would put the old one back, and take the job for done.)
    """
    input:
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
        index=JOBS.unit_index,
    output:
        record=f"{RESULTS}/{{sweep}}/{{unit}}/{RECORD}",
    log:
        f"{RESULTS}/{{sweep}}/logs/simulate_{{unit}}.log",
    priority: 1
    conda:
        "../../envs/snakespice.yaml"
    threads: JOBS.unit_threads
    resources:
        mem_mb=JOBS.unit_memory,
        licenses=JOBS.unit_licenses,
        runtime=JOBS.unit_runtime,
        attempt=lambda wildcards, attempt: attempt,
    params:
        script=script("simulate.py"),
        directory=lambda wildcards, input: directory_of(input.plan),
        at_once=JOBS.at_once,
        # The job reads these from a file; here they have Snakemake run it again when they change.
        simulator=PROJECT.simulator.to_json(),
        keep=asdict(PROJECT.keep),
        corners=JOBS.corners,
        postponed=JOBS.postponed,
        measures=JOBS.measures,
        includes=JOBS.includes_digest,
        again=JOBS.why_again,
        verdict=VERDICT_VERSION,
        ngspice=NGSPICE.version if NGSPICE else None,
        spiceinit_sha256=file_digest(SPICEINIT) if SPICEINIT else None,
    shell:
        "exec python {params.script:q} {params.directory:q} {wildcards.unit}"
        " --at-once {params.at_once} --attempt {resources.attempt} > {log:q} 2>&1"
