"""Failures by limits that are not the configuration's: a shell's `ulimit`, a batch system's.

They say nothing about the circuit, and are gone where somebody else, or the same person in another
shell, runs the same command.
"""

from __future__ import annotations

import resource
import signal

from snakespice.processes.limits import Limits, shell_limit
from snakespice.processes.result import ProcessResult


def by_shell_limit(
    result: ProcessResult, limits: Limits, failure: str | None
) -> tuple[str, str] | None:
    """Return kind and message if a case has met a limit of the shell, where `failure` is its log's.

    None where it has not.
    """
    kinds: tuple[int, ...] = ()
    if result.signal == signal.SIGXFSZ:
        kinds = (resource.RLIMIT_FSIZE,)
    elif result.signal == signal.SIGXCPU:
        kinds = (resource.RLIMIT_CPU,)
    elif failure == "out_of_memory":
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    if limit := shell_limit(kinds, limits):
        return "insufficient_resources", f"stopped by {limit}: raise it and run again"
    return None
