"""Simulate one case and judge what became of it. Nothing is recorded here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from snakespice.base.files import short_of_space
from snakespice.base.layout import LOG
from snakespice.engines.engine import Engine
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.netlist.marks import FINISHED
from snakespice.netlist.watched import InputChanged
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.unit.errors import MachineFault
from snakespice.verdict import diagnosis
from snakespice.verdict.diagnosis import Verdict
from snakespice.verdict.log import read_log
from snakespice.verdict.raw import RawError, check_raw

_TEMPORARY = Path("/tmp")  # ngspice copies its script there, and does nothing if it cannot


def simulate(
    runner: Runner, case: Case, engine: Engine, measures: Iterable[str]
) -> tuple[ProcessResult, Verdict]:
    """Simulate a case and judge it; raise what `judge_with_retry` raises."""
    result = engine.simulate(runner, case)
    return judge_with_retry(runner, case, engine, result, measures)


def judge_with_retry(
    runner: Runner, case: Case, engine: Engine, result: ProcessResult, measures: Iterable[str]
) -> tuple[ProcessResult, Verdict]:
    """Judge a case that `engine` has simulated, and make sure that a failure is the case's own.

    Where a disk that was full for a moment may have cut it short, it is simulated once more.

    Raises InputChanged as `judge` does, and MachineFault when the disk is full.
    """
    verdict = judge(case, result, engine.settings, measures)
    if verdict.failure:
        _check_space(case)
        # ngspice does not say that a disk was full; what the netlist itself did happens again.
        if not result.signal and not result.exit_code and _was_cut_short(case):
            result = engine.simulate(runner, case)
            verdict = judge(case, result, engine.settings, measures)
            if verdict.failure:
                _check_space(case)
    return result, verdict


def judge(
    case: Case, result: ProcessResult, settings: EngineSettings, measures: Iterable[str]
) -> Verdict:
    """Judge a case that was simulated; `measures` are those that it has to have.

    Raises InputChanged when ngspice was replaced meanwhile.
    """
    verdict = diagnosis.judge(case, result, declared=measures, limits=settings.limits)
    if settings.ngspice.was_replaced():
        raise InputChanged(f"{settings.ngspice.path} was replaced; run again")
    return verdict


def _check_space(case: Case) -> None:
    if fault := short_of_space(case.directory) or short_of_space(_TEMPORARY):
        raise MachineFault(fault)


def _was_cut_short(case: Case) -> bool:
    if FINISHED not in read_log(case.file(LOG)):
        return True
    try:
        check_raw(case.file(case.result_file))
    except RawError:
        return True
    return False
