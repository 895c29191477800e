"""Write the record of a case: from then on it is done."""

from __future__ import annotations

import os
import platform
from dataclasses import replace
from datetime import UTC, datetime

from snakespice.base.layout import RECORD
from snakespice.engines.engine import EngineChoice
from snakespice.netlist.case import Case
from snakespice.processes.result import ProcessResult
from snakespice.record.record import Record
from snakespice.record.store import read_record, write_record
from snakespice.unit.case_result import CaseResult
from snakespice.unit.keep import drop_files, move_kept_files
from snakespice.unit.measuring import measure
from snakespice.unit.netlists import netlist_of
from snakespice.unit.unit import Unit
from snakespice.verdict.diagnosis import Verdict
from snakespice.verdict.version import VERDICT_VERSION


def finish(
    unit: Unit, case: Case, result: ProcessResult, verdict: Verdict, choice: EngineChoice
) -> CaseResult:
    """Measure a case that was simulated and judged, record it, and drop what is not kept of it.

    Raises OSError when a file cannot be written.
    """
    verdict, keys, wrong = measure(unit, case, verdict)
    record = _record(unit, case.number, verdict, case, result, choice, keys)
    home = unit.case_directory(case.number)
    drop_files(unit.keep, case, home, verdict.status)
    if case.in_scratch:
        move_kept_files(
            unit.keep, case, lambda: netlist_of(unit, case.number)[0], home, verdict.status
        )
    return write_case_record(unit, record)._replace(wrong=wrong)


def record_not_simulated(
    unit: Unit, number: int, failure: str, message: str, case: Case | None = None
) -> CaseResult:
    """Record a case that could not be simulated; `case` is None if it has no netlist."""
    measures: dict[str, float | None] = dict.fromkeys(unit.plan.measures)
    verdict = Verdict("failed", failure, message, (), measures)
    return write_case_record(unit, _record(unit, number, verdict, case))


def forget_measures(unit: Unit, number: int) -> None:
    """Have the measures by expression of a case taken again in the next run."""
    path = f"{unit.case_directory(number)}/{RECORD}"
    if record := read_record(path):
        write_record(path, replace(record, measure_keys={}), spared=len(unit.cases) == 1)


def write_case_record(unit: Unit, record: Record) -> CaseResult:
    """Write the record of a case of the unit."""
    path = f"{unit.case_directory(record.case_id)}/{RECORD}"
    # Of a unit of one case this is the output of a Snakemake job, which Snakemake may delete.
    write_record(path, record, spared=len(unit.cases) == 1)
    return CaseResult.of(record, kept=False)


def _record(
    unit: Unit,
    number: int,
    verdict: Verdict,
    case: Case | None = None,
    result: ProcessResult | None = None,
    choice: EngineChoice | None = None,
    measure_keys: dict[str, str] | None = None,
) -> Record:
    """Return the record of a case; `result` is None if it was not simulated."""
    plan, settings = unit.plan, unit.settings
    choice = choice or EngineChoice()
    result_file = None
    # Of a failed case no file is offered as its result, though it may hold half a waveform.
    if case and verdict.status == "completed" and unit.keep.waveform("completed"):
        # None, too, where the netlist destroys its plots before its end.
        result_file = case.result_file if os.path.exists(case.file(case.result_file)) else None
    started = result.started if result else datetime.now(UTC)
    own = plan.space.case(number)
    own_seed = case.closure.facts.own_seed if case and result else None
    return Record(
        case_id=number,
        status=verdict.status,
        failure=verdict.failure,
        error_message=verdict.error_message,
        timestamp_iso=started.isoformat(timespec="milliseconds"),
        simulation_duration=round(result.wall, 6) if result else None,
        cpu_seconds=round(result.cpu, 6) if result else None,
        max_rss_mb=round(result.max_rss_mb, 1) if result else None,
        exit_code=result.exit_code if result else None,
        signal=result.signal if result else None,
        attempt=unit.attempt,
        result_file=result_file,
        parameters=own,
        seed=int(own_seed) if own_seed and own_seed.isdigit() else own_seed,
        measures=verdict.measures,
        warnings=list(verdict.warnings),
        netlist_sha256=case.netlist_sha256 if case else None,
        simulator={"name": "ngspice", "version": settings.ngspice.version} if result else None,
        engine=choice.engine,
        engine_reason=choice.reason,
        threads=settings.threads,
        limits=unit.limits,
        host=platform.node(),
        case_key=plan.key_of(number, own),
        result_key=case.result_key if case else None,
        result_bytes=os.stat(case.file(result_file)).st_size if case and result_file else None,
        verdict_version=VERDICT_VERSION,
        inputs_key=case.inputs_key if case else None,
        measure_keys=measure_keys or {},
    )
