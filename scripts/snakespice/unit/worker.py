"""What a worker of a unit does with the cases that it takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from snakespice.base.files import write_text
from snakespice.base.layout import NETLIST
from snakespice.engines.case_directory import overwrite
from snakespice.engines.cold import ColdEngine
from snakespice.engines.engine import Engine, EngineChoice
from snakespice.engines.scratch_directory import scratch_directory
from snakespice.netlist.case import Case
from snakespice.processes.admission import wait_for_resources
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.workers import BATCH_SIZE
from snakespice.unit.case_result import CaseResult
from snakespice.unit.judging import judge, judge_with_retry
from snakespice.unit.netlists import netlist_of
from snakespice.unit.pending import find_pending
from snakespice.unit.recording import finish, record_not_simulated
from snakespice.unit.unit import Unit

if TYPE_CHECKING:
    from snakespice.unit.trial import TrialResult
    from snakespice.verdict.diagnosis import Verdict


class Task(NamedTuple):
    """A case to be simulated and recorded, or, as a trial, simulated and reported only."""

    number: int
    is_trial: bool = False

    def encode(self) -> int:
        """Return it as an integer, as pools have them; case numbers begin at 1."""
        return -self.number if self.is_trial else self.number

    @classmethod
    def decode(cls, code: int) -> Task:
        """Return the task that `encode` made this of."""
        return cls(abs(code), code < 0)


class _Simulated(NamedTuple):
    """A case that is yet to be judged."""

    case: Case
    result: ProcessResult


@dataclass(frozen=True)
class CaseWork:
    """The work of a pool's workers: `engine` simulates the cases, `trial_engine` runs the trials.

    `cases` holds those that are known to be pending; the others are looked up here. `reasons` tells
    why a case runs cold.
    """

    unit: Unit
    engine: Engine
    trial_engine: Engine
    reasons: Mapping[int, str | None]
    cases: Mapping[int, Case]

    def __call__(self, runner: Runner, codes: Iterable[int]) -> Iterator[CaseResult | TrialResult]:
        """Simulate all the cases, then judge them all; yield what became of each."""
        begun: list[CaseResult | TrialResult | _Simulated | Exception] = []
        # A batch is judged at its end. If a case takes long, the others do not wait for it, so that
        # they are not lost with the job either.
        runner.on_idle = lambda: self._record_completed(begun)
        for place, code in enumerate(codes):
            try:
                begun.append(self._start(runner, Task.decode(code), place))
            except Exception as fault:
                begun.append(fault)
                break
        runner.on_idle = None
        self._check_inputs(begun)
        faults: list[Exception] = []
        for each in begun:
            # What is done is recorded, whatever befalls the others.
            try:
                if isinstance(each, Exception):
                    raise each
                yield self._end(runner, each) if isinstance(each, _Simulated) else each
            except Exception as fault:
                faults.append(fault)
        if faults:
            raise faults[0]

    def _check_inputs(self, begun: Iterable[object]) -> None:
        """Raise InputChanged if a case did not read what it is to be recorded with."""
        self.unit.inputs.check(e.case.inputs_key for e in begun if isinstance(e, _Simulated))

    def _record_completed(
        self, begun: list[CaseResult | TrialResult | _Simulated | Exception]
    ) -> None:
        """Record what has completed; a failure may have to be simulated again, so not now.

        It is called from a signal handler while a process runs, so what goes wrong is raised later.
        """
        for place, each in enumerate(begun):
            if isinstance(each, _Simulated):
                try:
                    self._check_inputs([each])
                    verdict = judge(*each, self.engine.settings, self.unit.plan.ngspice_measures)
                    if not verdict.failure:
                        begun[place] = self._finish(*each, verdict)
                except Exception as fault:
                    begun[place] = fault
                    return

    def _start(
        self, runner: Runner, task: Task, place: int
    ) -> CaseResult | TrialResult | _Simulated:
        """Simulate a case, in the scratch directory for this place in the batch if it may be."""
        unit, text = self.unit, None
        case = self.cases.get(task.number)
        if case is None:
            found = find_pending(unit, task.number)
            if isinstance(found, CaseResult):
                return found
            case, text = found
        if unit.belongs_in_scratch(case) and not task.is_trial:
            number = runner.index * BATCH_SIZE + place
            case = case.moved_to(scratch_directory(unit.directory, unit.cases, number))
        self._write_netlist(case, text)
        if task.is_trial:
            from snakespice.unit.trial import run_trial  # a unit that runs cold needs none

            return run_trial(runner, case, self.trial_engine, unit.plan.ngspice_measures)
        if lacking := wait_for_resources(unit.require, runner.pause):
            return record_not_simulated(unit, case.number, "insufficient_resources", lacking, case)
        return _Simulated(case, self.engine.simulate(runner, case))

    def _end(self, runner: Runner, simulated: _Simulated) -> CaseResult:
        case, result = simulated
        result, verdict = judge_with_retry(
            runner, case, self.engine, result, self.unit.plan.ngspice_measures
        )
        return self._finish(case, result, verdict)

    def _finish(self, case: Case, result: ProcessResult, verdict: Verdict) -> CaseResult:
        choice = EngineChoice(self.engine.name, self.reasons.get(case.number))
        return finish(self.unit, case, result, verdict, choice)

    def _write_netlist(self, case: Case, text: str | None) -> None:
        """Put the netlist where the case is simulated, unless nobody reads it there."""
        path = case.file(NETLIST)
        if not case.in_scratch and not os.path.exists(path):
            write_text(path, text or netlist_of(self.unit, case.number)[0])
        elif case.in_scratch and isinstance(self.engine, ColdEngine):
            overwrite(path, text or netlist_of(self.unit, case.number)[0])
