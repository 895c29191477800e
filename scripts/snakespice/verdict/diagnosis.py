"""From what a run left behind to a verdict: did the simulation complete, and if not, why.

ngspice's exit code says little (0 for many failures, 1 for some good runs), and so does the word
"error". What counts is how the process ended, what ngspice says it did, and what is there and
whole. Facts go in and a verdict comes out; no process is touched here.
"""

from __future__ import annotations

import os
import re
import signal as signals
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snakespice.base.layout import LOG
from snakespice.base.plainfile import read_regular
from snakespice.netlist.case import Case
from snakespice.netlist.control import has_open_block, word_of
from snakespice.netlist.netlist import Facts
from snakespice.processes.limits import Limits
from snakespice.processes.result import ProcessResult
from snakespice.verdict.log import LogFindings, last_line, read_log, scan_log
from snakespice.verdict.measures import read_measures
from snakespice.verdict.raw import Plot, RawError, check_raw
from snakespice.verdict.shell_limits import by_shell_limit
from snakespice.verdict.warnings import is_excused, what_is_odd

WARNINGS_LIMIT = 20
TOO_LARGE = "stopped: the files of the case reached"
# Signals that no program is ended by through a fault of its own.
_FROM_OUTSIDE = frozenset({signals.SIGHUP, signals.SIGINT, signals.SIGKILL, signals.SIGTERM})
_DATA_LINE = re.compile(rb"^\s*[-+]?\.?\d", re.MULTILINE)
_OF_A_MODEL = re.compile(r"Instance: |D_\w+: ")
_MOST_DATA = 1 << 20
_DESTROYING = frozenset({"destroy", "remcirc", "removecirc"})

Failure = tuple[str, str]


@dataclass(frozen=True)
class Verdict:
    """`status` is `completed` or `failed`; a failure has its word and one line that says why."""

    status: str
    failure: str | None
    error_message: str | None
    warnings: tuple[str, ...]
    measures: dict[str, float | None]


def judge(case: Case, ended: ProcessResult, *, declared: Iterable[str], limits: Limits) -> Verdict:
    """Judge a case that was run from its log, its raw file and how it ended."""
    facts = case.closure.facts
    log = read_log(case.file(LOG))
    taken = read_measures(log, declared, facts.measures, facts.control)
    commands = facts.control if facts.has_control else None
    found = scan_log(log, commands, taken.unknown, facts.analyses)
    plots: list[Plot] = []
    raw_fault = ""
    try:
        whole = check_raw(case.file(case.result_file))
        plots = [plot for plot in whole if plot.name != "constants"]
    except RawError as fault:
        raw_fault = str(fault)
    failed = (
        _by_its_end(ended, limits, found, log)
        or _by_data_files(case, found)
        or (found.failure and (found.failure, found.message))
        or _by_its_script(facts, ended, found)
        or _by_what_is_there(case, found, log, plots, raw_fault)
    )
    if failed:
        failure, message = failed
        warnings = found.warnings[:WARNINGS_LIMIT]
        return Verdict("failed", failure, message, warnings, dict.fromkeys(taken.values))
    warnings = (*taken.warnings, *what_is_odd(facts, ended, found, plots, bool(raw_fault)))
    return Verdict("completed", None, None, warnings[:WARNINGS_LIMIT], taken.values)


def _by_its_end(
    ended: ProcessResult, limits: Limits, found: LogFindings, log: str
) -> Failure | None:
    if ended.timed_out:
        before = f"; before that: {found.message}" if found.failure == "script_error" else ""
        return (
            "timeout",
            f"stopped after {limits.timeout:g} s, the limit (simulator.timeout){before}",
        )
    if beyond := by_shell_limit(ended, limits, found.failure):
        return beyond
    if ended.too_large or ended.signal == signals.SIGXFSZ:
        limit = f"{limits.max_output_mb:g} MB, the limit (simulator.max_output_mb)"
        return "output_error", f"{TOO_LARGE} {limit}"
    if found.failure == "out_of_memory":
        return found.failure, f"{found.message}; the limit is {limits.mem_mb} MB (simulator.mem_mb)"
    if ended.signal is None:
        return None
    name = signals.strsignal(ended.signal) or "unknown"
    end = f"ngspice was ended by signal {ended.signal} ({name})"
    if ended.signal in _FROM_OUTSIDE:
        remedy = "from outside: perhaps its job was stopped, or memory ran out; run again"
        return "insufficient_resources", f"{end} {remedy}"
    # Where all is done and said, it crashed while it gave back its memory.
    return None if found.finished else ("crashed", f"{end}; {last_line(log)}")


def _by_its_script(facts: Facts, ended: ProcessResult, found: LogFindings) -> Failure | None:
    if has_open_block(facts.control):
        return "script_error", "an if, while, foreach, repeat or dowhile has no end"
    if ended.exit_code and facts.quits and found.finished:
        return (
            "script_error",
            f"the netlist ended ngspice with code {ended.exit_code} (its own `quit`)",
        )
    return None


def _by_data_files(case: Case, found: LogFindings) -> Failure | None:
    """Find a file of a code model that is missing or without data.

    Of one without data it reads nothing, silently, and does without; of a missing one ngspice
    does not always say the name.
    """
    for name in case.closure.facts.data_files:
        what = f'the file "{name}", which a code model reads,'
        try:
            # An absolute name stays what it is.
            data = read_regular(case.directory / name, ends=_MOST_DATA)
        except (OSError, ValueError):  # ngspice looks for it elsewhere, too
            if found.message and _OF_A_MODEL.match(found.message):
                return "netlist_error", f"{what} is not there: {found.message}"
            continue
        if not _DATA_LINE.search(data):
            return "netlist_error", f"{what} has no data: no line begins with a number"
    return None


def _by_what_is_there(
    case: Case, found: LogFindings, log: str, plots: list[Plot], raw_fault: str
) -> Failure | None:
    facts = case.closure.facts
    if (not found.finished or raw_fault) and _disk_is_full(case.directory):
        return "output_error", f"disk full at {case.directory}"
    if not plots and not found.ran:
        if not found.finished:
            return "crashed", f"ngspice stopped before the end of the run; {last_line(log)}"
        return "no_analysis", "the netlist asks for no analysis, or its own commands run none"
    if raw_fault and not _leaves_nothing(case, facts, found):
        return "output_error", f"the raw file is not whole: {raw_fault}; {last_line(log)}"
    for plot in plots:
        if names := [name for name in plot.nonfinite if not is_excused(plot, name)]:
            return "output_error", f'{names[0]} holds NaN or inf in plot "{plot.name}"'
    if not found.finished:
        return "crashed", f"ngspice stopped before the end of the run; {last_line(log)}"
    return None


def _leaves_nothing(case: Case, facts: Facts, found: LogFindings) -> bool:
    """Whether there is no raw file because the netlist has destroyed what it simulated."""
    destroys = any(
        word_of(command) in ("destroy", "remcirc", "removecirc") for command in facts.control
    )
    return destroys and found.finished and not os.path.lexists(case.file(case.result_file))


def _disk_is_full(directory: Path) -> bool:
    try:
        return os.statvfs(directory).f_bavail == 0
    except OSError:
        return False
