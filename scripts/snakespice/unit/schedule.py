"""Simulate the cases of a unit on several cores, each by the engine that suits it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from snakespice.base.files import write_text
from snakespice.base.layout import NETLIST
from snakespice.engines.cold import ColdEngine
from snakespice.engines.scratch_directory import overwrite, scratch_directories, scratch_directory
from snakespice.netlist.case import Case
from snakespice.processes.admission import wait_for_resources
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.workers import BATCH_SIZE, WorkerPool, chunks, map_in_order
from snakespice.unit.judging import judge, judge_with_retry
from snakespice.unit.pending import find_pending
from snakespice.unit.recording import finish, record_not_simulated
from snakespice.unit.unit import CaseResult, Engine, EngineChoice, Unit

if TYPE_CHECKING:
    from snakespice.engines.grouping import Group
    from snakespice.unit.trust import Trial
    from snakespice.verdict.diagnosis import Verdict

_CHUNK = 100  # cases that a process looks at before it tells of them
_START = 0.007  # s that the warm engine saves a case beside the reading of its netlist
_TOO_LONG = "a simulation takes long against reading the netlist"


def simulate_unit(unit: Unit, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    """Yield every case of the unit when its record is written; `cores` run at a time.

    The guardian has 2 * `cores` slots. Raises what `find_pending`, `judge_with_retry` and `finish`
    do.
    """
    count = cores * BATCH_SIZE if unit.uses_scratch else 0
    with scratch_directories(unit.directory, unit.cases, count):
        yield from _simulate(unit, cores, guardian)


def _simulate(unit: Unit, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    if unit.engine == "cold":
        yield from _cold(unit, dict.fromkeys(unit.cases), cores, guardian, {})
        return
    # The others of a run do without these.
    from snakespice.engines.grouping import group_cases
    from snakespice.engines.libngspice import LibraryMissing
    from snakespice.engines.warm import CannotRunWarm

    cases: dict[int, Case] = {}
    done: list[CaseResult] = []

    def to_be_simulated() -> Iterator[tuple[Case, str]]:
        for found in _find_all_pending(unit, cores):
            if isinstance(found, CaseResult):
                done.append(found)
            else:
                cases[found[0].number] = found[0]
                yield found

    smallest = 2 if unit.engine == "warm" else None
    found_groups, alone = group_cases(to_be_simulated(), mode=unit.settings.mode, smallest=smallest)
    yield from done
    for group in found_groups:
        left = {case.number for case in group.cases}
        try:
            for each in _warm(unit, group, cores, guardian):
                left.discard(each.case_id)
                yield each
        except (CannotRunWarm, LibraryMissing) as fault:
            alone |= dict.fromkeys(sorted(left), str(fault))
    yield from _cold(unit, alone, cores, guardian, cases)


def _find_all_pending(unit: Unit, cores: int) -> Iterator[CaseResult | tuple[Case, str]]:
    """Yield what `find_pending` gives for each case, in order; a core takes many at a time."""
    shares = chunks(unit.cases, _CHUNK)

    def work(share: Sequence[int]) -> list[CaseResult | tuple[Case, str]]:
        return [find_pending(unit, number) for number in share]

    for found in map_in_order(work, shares, min(cores, len(shares))):
        yield from found


class _Simulated(NamedTuple):
    """A case that is yet to be judged."""

    case: Case
    ended: ProcessResult


@dataclass(frozen=True)
class _Work:
    """What a worker does: with a case by `engine`, or, with its negative number, try it by `tried`.

    Cases that nobody has looked at yet it looks at itself. `reasons` are why a case runs cold.
    """

    unit: Unit
    engine: Engine
    tried: Engine
    reasons: Mapping[int, str | None]
    cases: Mapping[int, Case]

    def __call__(self, runner: Runner, tasks: Iterable[int]) -> Iterator[CaseResult | Trial]:
        """Yield what becomes of each case; all are simulated, and then judged."""
        begun: list[CaseResult | Trial | _Simulated | Exception] = []
        # What is done is not to be lost with a case that takes long, or the job with it.
        runner.meanwhile = lambda: self._record_completed(begun)
        for place, task in enumerate(tasks):
            try:
                found = self._find(abs(task))
                begun.append(
                    found
                    if isinstance(found, CaseResult)
                    else self._start(runner, task, place, *found)
                )
            except Exception as fault:
                begun.append(fault)
                break
        runner.meanwhile = None
        for result in begun:
            if isinstance(result, Exception):
                raise result
            yield self._end(runner, result) if isinstance(result, _Simulated) else result

    def _record_completed(self, begun: list[CaseResult | Trial | _Simulated | Exception]) -> None:
        """Record what has completed; to confirm a failure it may have to be simulated again.

        A process is running, so what goes wrong is told when that has ended.
        """
        for place, result in enumerate(begun):
            if isinstance(result, _Simulated):
                try:
                    verdict = judge(self.unit, *result)
                    if not verdict.failure:
                        begun[place] = self._finish(*result, verdict)
                except Exception as fault:
                    begun[place] = fault
                    return

    def _find(self, number: int) -> CaseResult | tuple[Case, str | None]:
        case = self.cases.get(number)
        return (case, None) if case else find_pending(self.unit, number)

    def _start(
        self, runner: Runner, task: int, place: int, case: Case, text: str | None
    ) -> CaseResult | Trial | _Simulated:
        """Try a case, or simulate it; in one of the worker's scratch directories if it may be."""
        if task > 0 and self.unit.belongs_in_scratch(case):
            number = runner.index * BATCH_SIZE + place
            case = case.moved_to(scratch_directory(self.unit.directory, self.unit.cases, number))
        self._write_netlist(case, text)
        if task < 0:
            from snakespice.unit.trust import Trial

            return Trial.of(self.unit, runner, case, self.tried)
        if lacking := wait_for_resources(self.unit.require, runner.pause):
            return record_not_simulated(
                self.unit, case.number, "insufficient_resources", lacking, case
            )
        return _Simulated(case, self.engine.simulate(runner, case))

    def _end(self, runner: Runner, simulated: _Simulated) -> CaseResult:
        case, ended = simulated
        ended, verdict = judge_with_retry(self.unit, runner, case, self.engine, ended)
        return self._finish(case, ended, verdict)

    def _finish(self, case: Case, ended: ProcessResult, verdict: Verdict) -> CaseResult:
        how = EngineChoice(self.engine.name, self.reasons.get(case.number))
        return finish(self.unit, case, ended, verdict, how)

    def _write_netlist(self, case: Case, text: str | None) -> None:
        """Have the netlist where the case is simulated, unless nobody reads it there."""
        path = case.file(NETLIST)
        if not case.in_scratch and not os.path.exists(path):
            write_text(path, text or self.unit.netlist(case.number)[0])
        elif case.in_scratch and isinstance(self.engine, ColdEngine):
            overwrite(path, text or self.unit.netlist(case.number)[0])


def _cold(
    unit: Unit,
    reasons: Mapping[int, str | None],
    cores: int,
    guardian: Guardian,
    cases: Mapping[int, Case],
) -> Iterator[CaseResult]:
    """Simulate the cases that `reasons` names by the cold engine."""
    if not reasons:
        return
    engine = ColdEngine(unit.settings)
    work = _Work(unit, engine, engine, reasons, cases)
    with WorkerPool(work, min(cores, len(reasons)), guardian, first_slot=0) as workers:
        workers.submit(reasons)
        yield from workers.results()


def _warm(unit: Unit, group: Group, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    """Simulate a group by the warm engine; with `auto`, by the cold one where that is no slower.

    Raises CannotRunWarm and LibraryMissing when the warm engine cannot or must not serve it; the
    cases that were not yielded are not done then.
    """
    from snakespice.engines.fork_server_client import ForkServer
    from snakespice.unit.trust import compare

    cases = {case.number: case for case in group.cases}
    probes = [case.number for case in group.probes(at_least=cores)]
    needed = len(group.probes(at_least=1))
    # What the warm engine gives is compared with what ngspice gives that starts as it always does.
    reference = ColdEngine(replace(unit.settings, lean_start=None))
    reasons = dict.fromkeys(cases, _TOO_LONG)
    cold = _Work(unit, ColdEngine(unit.settings), reference, reasons, cases)
    with ForkServer(group, unit.settings, unit.directory, guardian, cores, cores) as server:
        with WorkerPool(cold, cores, guardian, first_slot=0) as workers:
            first = min(needed, cores - 1)  # one core reads the models meanwhile
            workers.submit(-number for number in probes[:first])
            reading = server.wait()
            if reading > _START:
                del probes[needed:]  # each would have to wait for as long
            rest = [number for number in cases if number not in probes]
            # What is tried is simulated once more.
            saved = len(cases) * (_START + reading) / len(probes)
            longest = saved if unit.engine == "auto" else math.inf
            workers.submit(-number for number in probes[first:cores])
            try:
                expected = [workers.first_result(within=longest)]
            except TimeoutError:
                workers.submit([*probes[cores:], *rest])
                for done in workers.results():
                    yield _finished(unit, cases, done, EngineChoice("cold", _TOO_LONG))
                return
            workers.submit(-number for number in probes[cores:])
            expected += workers.results()
        warm = _Work(unit, server.engine, server.engine, {}, cases)
        with WorkerPool(warm, cores, guardian, first_slot=cores) as workers:
            workers.submit(-number for number in probes)
            found = list(workers.results())
            compare(expected, found)
            for trial in found:
                yield _finished(unit, cases, trial, EngineChoice("warm", None))
            workers.submit(rest)
            yield from workers.results()


def _finished(
    unit: Unit, cases: Mapping[int, Case], result: CaseResult | Trial, how: EngineChoice
) -> CaseResult:
    """Return what a worker has done; write the record of what it only tried."""
    if isinstance(result, CaseResult):
        return result
    return finish(unit, cases[result.number], result.ended, result.verdict, how)
