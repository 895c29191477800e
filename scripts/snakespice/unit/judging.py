"""Simulate one case and judge what became of it; nothing is recorded here."""

from __future__ import annotations

from pathlib import Path

from snakespice.base.files import short_of_space
from snakespice.base.layout import LOG
from snakespice.engines.ngspice import fingerprint
from snakespice.netlist.case import Case
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.unit.unit import Engine, InputChanged, MachineFault, Unit
from snakespice.verdict import diagnosis
from snakespice.verdict.diagnosis import Verdict
from snakespice.verdict.log import read_log
from snakespice.verdict.phrases import FINISHED
from snakespice.verdict.raw import RawError, check_raw

_COPIES = Path("/tmp")  # ngspice copies what it is to do there first, and does nothing if it cannot


def judge(unit: Unit, case: Case, ended: ProcessResult) -> Verdict:
    """Judge a case that was simulated; raise InputChanged when ngspice was replaced meanwhile."""
    verdict = diagnosis.judge(case, ended, declared=unit.plan.measures, limits=unit.settings.limits)
    if fingerprint(unit.settings.ngspice.path) != unit.program:
        raise InputChanged(f"{unit.settings.ngspice.path} was replaced; run again")
    return verdict


def judge_with_retry(
    unit: Unit, runner: Runner, case: Case, engine: Engine, ended: ProcessResult
) -> tuple[ProcessResult, Verdict]:
    """Judge a case that `engine` has simulated, and see that a failure is the case's own.

    It is simulated once more where a disk that was full for a moment may have cut it short.

    Raises InputChanged as `judge` does, and MachineFault when the disk is full.
    """
    verdict = judge(unit, case, ended)
    if verdict.failure:
        _look_for_space(case)
        # ngspice says nothing of a full disk; the netlist's own doing recurs.
        if not ended.signal and not ended.exit_code and _was_cut_short(case):
            ended = engine.simulate(runner, case)
            verdict = judge(unit, case, ended)
            if verdict.failure:
                _look_for_space(case)
    return ended, verdict


def _look_for_space(case: Case) -> None:
    if fault := short_of_space(case.directory) or short_of_space(_COPIES):
        raise MachineFault(fault)


def simulate(
    unit: Unit, runner: Runner, case: Case, engine: Engine
) -> tuple[ProcessResult, Verdict]:
    """Simulate a case by `engine` and judge it; raises what `judge_with_retry` raises."""
    return judge_with_retry(unit, runner, case, engine, engine.simulate(runner, case))


def _was_cut_short(case: Case) -> bool:
    if FINISHED not in read_log(case.file(LOG)):
        return True
    try:
        check_raw(case.file(case.result_file))
    except RawError:
        return True
    return False
