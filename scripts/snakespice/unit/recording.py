"""Write the record of a case: the one thing by which its result counts."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

from snakespice.base.files import size_of
from snakespice.base.layout import RECORD
from snakespice.netlist.case import Case
from snakespice.processes.result import ProcessResult
from snakespice.record.record import Record
from snakespice.record.store import write_record
from snakespice.sweep.plan import key_of
from snakespice.unit.keep import drop_files, move_kept_files
from snakespice.unit.unit import NOT_SIMULATED, CaseResult, EngineChoice, Unit
from snakespice.verdict.diagnosis import Verdict
from snakespice.verdict.version import VERDICT_VERSION


def finish(
    unit: Unit, case: Case, ended: ProcessResult, verdict: Verdict, how: EngineChoice
) -> CaseResult:
    """Write the record of a case that was simulated and judged.

    Raises OSError when a file cannot be written.
    """
    record = _record(unit, case.number, verdict, case, ended, how)
    home = unit.home(case.number)
    drop_files(unit.keep, case, home, verdict.status)
    if case.in_scratch:
        move_kept_files(unit.keep, case, lambda: unit.netlist(case.number)[0], home, verdict.status)
    return record_case(unit, record)


def record_not_simulated(
    unit: Unit, number: int, failure: str, message: str, case: Case | None = None
) -> CaseResult:
    """Write the record of a case that was not simulated; a `case` only where it has a netlist."""
    measures: dict[str, float | None] = dict.fromkeys(unit.plan.measures)
    verdict = Verdict("failed", failure, message, (), measures)
    return record_case(unit, _record(unit, number, verdict, case))


def record_case(unit: Unit, record: Record) -> CaseResult:
    """Write the record of a case of the unit."""
    path = f"{unit.home(record.case_id)}/{RECORD}"
    write_record(path, record, spared=len(unit.cases) == 1)
    return CaseResult.of(record, kept=False)


def _record(
    unit: Unit,
    number: int,
    verdict: Verdict,
    case: Case | None = None,
    ended: ProcessResult | None = None,
    how: EngineChoice = NOT_SIMULATED,
) -> Record:
    """Return the record of a case; one that was not simulated has not `ended`."""
    plan, settings = unit.plan, unit.settings
    result_file = None
    # Of a failed case no file is offered as its result, though it may hold half a waveform.
    if case and verdict.status == "completed" and unit.keep.waveform("completed"):
        result_file = case.result_file
    started = ended.started if ended else datetime.now(UTC)
    own = plan.space.case(number)
    own_seed = case.closure.facts.own_seed if case and ended else None
    return Record(
        case_id=number,
        status=verdict.status,
        failure=verdict.failure,
        error_message=verdict.error_message,
        timestamp_iso=started.isoformat(timespec="milliseconds"),
        simulation_duration=round(ended.wall, 6) if ended else None,
        cpu_seconds=round(ended.cpu, 6) if ended else None,
        max_rss_mb=round(ended.max_rss_mb, 1) if ended else None,
        exit_code=ended.exit_code if ended else None,
        signal=ended.signal if ended else None,
        attempt=unit.attempt,
        result_file=result_file,
        parameters=own,
        seed=int(own_seed) if own_seed and own_seed.isdigit() else own_seed,
        measures=verdict.measures,
        warnings=list(verdict.warnings),
        netlist_sha256=case.netlist_sha256 if case else None,
        simulator={"name": "ngspice", "version": settings.ngspice.version} if ended else None,
        engine=how.engine,
        engine_reason=how.reason,
        threads=settings.threads,
        limits=unit.limits,
        host=platform.node(),
        case_key=key_of(plan.defaults | own),
        result_key=case.result_key if case else None,
        result_bytes=size_of(case.file(result_file)) if case and result_file else None,
        verdict_version=VERDICT_VERSION,
    )
