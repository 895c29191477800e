"""One case of a unit: simulated, judged, and recorded."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

from snakespice.base.files import short_of_space, size_of
from snakespice.base.layout import LOG, RECORD
from snakespice.netlist.case import Case
from snakespice.processes.admission import lacking_after_waiting
from snakespice.processes.process import Ended, Runner
from snakespice.record.record import Record
from snakespice.record.store import write_record
from snakespice.sweep.plan import key_of
from snakespice.unit.keep import drop_files, send_home
from snakespice.unit.unit import (
    NOT_SIMULATED,
    Done,
    Engine,
    How,
    MachineFault,
    Stale,
    Unit,
    identity,
)
from snakespice.verdict.diagnosis import Verdict, judge
from snakespice.verdict.log import read_log
from snakespice.verdict.phrases import FINISHED
from snakespice.verdict.raw import RawError, check_raw

_COPIES = Path("/tmp")  # ngspice copies what it is to do there first, and does nothing if it cannot


def begin(unit: Unit, runner: Runner, case: Case, engine: Engine) -> Done | Ended:
    """Simulate a case by `engine`, if the machine has room for it.

    Raises process.Abandoned when nobody waits for the result any longer.
    """
    if lacking := lacking_after_waiting(unit.require, runner.pause):
        return not_simulated(unit, case.number, "insufficient_resources", lacking, case)
    return engine.simulate(runner, case)


def judged(unit: Unit, case: Case, ended: Ended) -> Verdict:
    """Judge a case that was simulated; raise Stale when ngspice was replaced meanwhile."""
    verdict = judge(case, ended, declared=unit.plan.measures, limits=unit.settings.limits)
    if identity(unit.settings.ngspice.path) != unit.program:
        raise Stale(f"{unit.settings.ngspice.path} was replaced; run again")
    return verdict


def confirmed(
    unit: Unit, runner: Runner, case: Case, engine: Engine, ended: Ended
) -> tuple[Ended, Verdict]:
    """Judge a case that `engine` has simulated, and see that a failure is the case's own.

    It is simulated once more where a disk that was full for a moment may have cut it short.

    Raises Stale as `judged` does, and MachineFault when the disk is full.
    """
    verdict = judged(unit, case, ended)
    if verdict.failure:
        _look_for_space(case)
        # ngspice says nothing of a full disk; the netlist's own doing recurs.
        if not ended.signal and not ended.exit_code and _was_cut_short(case):
            ended = engine.simulate(runner, case)
            verdict = judged(unit, case, ended)
            if verdict.failure:
                _look_for_space(case)
    return ended, verdict


def _look_for_space(case: Case) -> None:
    if fault := short_of_space(case.directory) or short_of_space(_COPIES):
        raise MachineFault(fault)


def simulate(unit: Unit, runner: Runner, case: Case, engine: Engine) -> tuple[Ended, Verdict]:
    """Simulate a case by `engine` and judge it; raises what `confirmed` raises."""
    return confirmed(unit, runner, case, engine, engine.simulate(runner, case))


def conclude(unit: Unit, case: Case, ended: Ended, verdict: Verdict, how: How) -> Done:
    """Write the record of a case that was simulated and judged.

    Raises OSError when a file cannot be written.
    """
    record = _record(unit, case.number, verdict, case, ended, how)
    home = unit.home(case.number)
    drop_files(unit.keep, case, home, verdict.status)
    if case.is_guest:
        send_home(unit.keep, case, lambda: unit.netlist(case.number)[0], home, verdict.status)
    return recorded(unit, record)


def not_simulated(
    unit: Unit, number: int, failure: str, message: str, case: Case | None = None
) -> Done:
    """Write the record of a case that was not simulated; a `case` only where it has a netlist."""
    measures: dict[str, float | None] = dict.fromkeys(unit.plan.measures)
    verdict = Verdict("failed", failure, message, (), measures)
    return recorded(unit, _record(unit, number, verdict, case))


def recorded(unit: Unit, record: Record) -> Done:
    """Write the record of a case of the unit."""
    path = f"{unit.home(record.case_id)}/{RECORD}"
    write_record(path, record, spared=len(unit.cases) == 1)
    return Done.of(record, kept=False)


def _was_cut_short(case: Case) -> bool:
    if FINISHED not in read_log(case.file(LOG)):
        return True
    try:
        check_raw(case.file(case.result_file))
    except RawError:
        return True
    return False


def _record(
    unit: Unit,
    number: int,
    verdict: Verdict,
    case: Case | None = None,
    ended: Ended | None = None,
    how: How = NOT_SIMULATED,
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
        inputs_key=case.inputs_key if case else None,
    )
