"""Judge a case that is done by today's rules, from the files that it has left."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

from snakespice.base.files import size_of
from snakespice.base.layout import LOG
from snakespice.netlist.case import Case
from snakespice.netlist.marks import SECTION
from snakespice.processes.limits import Limits
from snakespice.processes.result import ProcessResult
from snakespice.record.record import Record
from snakespice.unit.unit import Unit
from snakespice.verdict.diagnosis import TOO_LARGE, judge
from snakespice.verdict.log import read_log
from snakespice.verdict.version import VERDICT_VERSION


def judge_anew(unit: Unit, case: Case, earlier: Record) -> Record:
    """Return the record with the verdict of today's rules.

    It stays what it is, with its older version, where the files that decide were not kept. Measures
    by expression are left out.
    """
    if earlier.verdict_version == VERDICT_VERSION:
        return earlier
    if earlier.simulator is None:  # the template was at fault, and nothing was simulated
        return replace(earlier, verdict_version=VERDICT_VERSION)
    if not _files_are_there(unit, case, earlier):
        return earlier
    raw = earlier.result_file or case.result_file
    verdict = judge(
        case._replace(result_file=raw),
        _ended(earlier),
        declared=unit.plan.ngspice_measures,
        limits=_limits(earlier),
    )
    is_offered = verdict.status == "completed" and unit.keep.waveform("completed")
    return replace(
        earlier,
        status=verdict.status,
        failure=verdict.failure,
        error_message=verdict.error_message,
        warnings=list(verdict.warnings),
        measures=verdict.measures,
        result_file=raw if is_offered else None,
        result_bytes=size_of(case.file(raw)) if is_offered else None,
        verdict_version=VERDICT_VERSION,
        measure_keys={},  # so those of waveforms are taken again
    )


def _files_are_there(unit: Unit, case: Case, earlier: Record) -> bool:
    """Whether log and raw file are as the simulation has left them."""
    if not os.path.isfile(case.file(LOG)):
        return False
    if case.closure.facts.has_control and SECTION not in read_log(case.file(LOG)):
        return False  # it is of before a log told who speaks in it
    if earlier.status == "completed":
        return earlier.result_file is not None
    return unit.keep.waveform("failed")


def _ended(record: Record) -> ProcessResult:
    return ProcessResult(
        exit_code=record.exit_code,
        signal=record.signal,
        timed_out=record.failure == "timeout",
        started=datetime.fromisoformat(record.timestamp_iso),
        wall=record.simulation_duration or 0.0,
        cpu=record.cpu_seconds or 0.0,
        max_rss_mb=record.max_rss_mb or 0.0,
        too_large=(record.error_message or "").startswith(TOO_LARGE),
    )


def _limits(record: Record) -> Limits:
    limits = record.limits
    return Limits(limits["timeout"], int(limits["mem_mb"]), limits["max_output_mb"])
