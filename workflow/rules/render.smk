rule render:
    """The netlists of a part of a sweep, as far as they stay (`keep.netlists`), and their index."""
    input:
        plan=f"{RESULTS}/{{sweep}}/{PLAN}",
    output:
        index=f"{RESULTS}/{{sweep}}/{part_file('{part}')}",
    log:
        f"{RESULTS}/{{sweep}}/logs/render_{{part}}.log",
    conda:
        "../../envs/snakespice.yaml"
    # As for a unit, so that no render takes the core that a unit waits for.
    threads: JOBS.part_threads
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        script=script("render.py"),
        directory=lambda wildcards, input: directory_of(input.plan),
        keep=PROJECT.keep.netlists,
        template=JOBS.template_digest,
    shell:
        "exec python {params.script:q} {params.directory:q} {wildcards.part}"
        " --at-once {threads} > {log:q} 2>&1"
