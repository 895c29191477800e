"""From what a run left behind to a verdict: did the simulation complete, and if not, why.

ngspice's exit code says little (0 for many failures, 1 for some good runs), and so does the word
"error". What counts is how the process ended, what ngspice says it did, and what is there and
whole. Facts go in and a verdict comes out; no process is touched here.
"""

from __future__ import annotations

import os
import re
import signal as signals
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from snakespice.base.layout import LOG
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import Facts
from snakespice.processes.limits import Limits
from snakespice.processes.result import ProcessResult
from snakespice.verdict.log import Said, last_line, read_log, understand
from snakespice.verdict.measures import read_measures
from snakespice.verdict.phrases import FINISHED
from snakespice.verdict.raw import Plot, RawError, check_raw

WARNINGS_LIMIT = 20
# Signals that no program is ended by through a fault of its own.
_FROM_OUTSIDE = frozenset({signals.SIGHUP, signals.SIGINT, signals.SIGKILL, signals.SIGTERM})
_BLOCKS = frozenset({"if", "while", "dowhile", "foreach", "repeat"})


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
    said = understand(log, facts.control if facts.has_control else None)
    plots: list[Plot] = []
    raw_fault = ""
    try:
        whole = check_raw(case.file(case.result_file))
        plots = [plot for plot in whole if plot.name != "constants"]
    except RawError as fault:
        raw_fault = str(fault)
    measures, not_taken = read_measures(log, declared, facts.measures)
    failed = (
        _by_its_end(ended, limits, said, log)
        or (said.failure and (said.failure, said.message))
        or _by_its_script(facts)
        or _by_what_is_there(case.directory, log, plots, raw_fault)
    )
    if failed:
        failure, message = failed
        warnings = said.warnings[:WARNINGS_LIMIT]
        return Verdict("failed", failure, message, warnings, dict.fromkeys(measures))
    warnings = (
        *_exit_code(ended),
        *not_taken,
        *_ambiguous(facts),
        *said.warnings,
        *_silent_losses(facts, plots),
    )
    return Verdict("completed", None, None, warnings[:WARNINGS_LIMIT], measures)


def _by_its_end(
    ended: ProcessResult, limits: Limits, said: Said, log: str
) -> tuple[str, str] | None:
    if ended.timed_out:
        return "timeout", f"stopped after {limits.timeout:g} s, the limit (simulator.timeout)"
    if ended.too_large or ended.signal == signals.SIGXFSZ:
        limit = f"{limits.max_output_mb:g} MB, the limit (simulator.max_output_mb)"
        return "output_error", f"stopped: the files of the case reached {limit}"
    if said.failure == "out_of_memory":
        return said.failure, f"{said.message}; the limit is {limits.mem_mb} MB (simulator.mem_mb)"
    if ended.signal is None:
        return None
    name = signals.strsignal(ended.signal) or "unknown"
    end = f"ngspice was ended by signal {ended.signal} ({name})"
    if ended.signal in _FROM_OUTSIDE:
        remedy = "from outside: perhaps its job was stopped, or memory ran out; run again"
        return "insufficient_resources", f"{end} {remedy}"
    return "crashed", f"{end}; {last_line(log)}"


def _by_its_script(facts: Facts) -> tuple[str, str] | None:
    """Find a block that is never closed: ngspice skips all behind it without a word."""
    words = [command.split()[0].lower() for command in facts.control]
    opened = sum(word in _BLOCKS for word in words)
    if opened > sum(word == "end" for word in words):
        return "script_error", "an if, while, foreach, repeat or dowhile has no end"
    return None


def _by_what_is_there(
    case_dir: Path, log: str, plots: list[Plot], raw_fault: str
) -> tuple[str, str] | None:
    if (FINISHED not in log or raw_fault) and _disk_is_full(case_dir):
        return "output_error", f"disk full at {case_dir}"
    if not plots and not re.search(r"^No\. of Data Rows", log, re.MULTILINE):
        if FINISHED not in log:
            return "crashed", f"ngspice stopped before the end of the run; {last_line(log)}"
        return "no_analysis", "the netlist asks for no analysis, or its own commands run none"
    if raw_fault:
        return "output_error", f"the raw file is not whole: {raw_fault}; {last_line(log)}"
    for plot in plots:
        if plot.nonfinite:
            return "output_error", f'{plot.nonfinite} holds NaN or inf in plot "{plot.name}"'
    if FINISHED not in log:
        return "crashed", f"ngspice stopped before the end of the run; {last_line(log)}"
    return None


def _disk_is_full(directory: Path) -> bool:
    try:
        return os.statvfs(directory).f_bavail == 0
    except OSError:
        return False


def _exit_code(ended: ProcessResult) -> list[str]:
    if not ended.exit_code:
        return []
    return [
        f"the netlist ended ngspice with code {ended.exit_code}, though all it asks for is there"
    ]


def _ambiguous(facts: Facts) -> list[str]:
    """Warn where ngspice measures one of several analyses of a kind and does not say which."""
    kinds = Counter(card.split()[0].lower() for card in set(facts.analyses))
    return [
        f"there are {count} different {kind} analyses, of which ngspice measures one only"
        for kind, count in kinds.items()
        if count > 1 and any(measure.analysis == kind for measure in facts.measures)
    ]


def _silent_losses(facts: Facts, plots: list[Plot]) -> list[str]:
    """Return warnings about what ngspice leaves out without a word."""
    there = {variable.lower() for plot in plots for variable in plot.variables}
    lost = [name for name in facts.saved if re.match(r"[vi]\(.*\)$", name) and name not in there]
    warnings = [f"not saved: {name} (no such node or branch)" for name in lost]
    if any(plot.is_silent for plot in plots):
        warnings.append("the AC analysis is zero throughout: does a source have an AC value?")
    return warnings
