"""What is done when a run starts, and when it has ended. (A module's host has to call it.)"""


onstart:
    try:
        RUN.begin(snakemake_internals.directories_of_logs(workflow), is_module=IS_MODULE)
    except CannotRun as fault:
        raise WorkflowError(str(fault)) from None
    RUN.tell_what_is_missing()
    RUN.tell_what_bounds_no_job(workflow, HOME)


onsuccess:
    RUN.end()


onerror:
    RUN.end()
