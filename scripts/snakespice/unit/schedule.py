"""Simulate the cases of a unit on several cores, each by the engine that suits it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from snakespice.base.files import write_text
from snakespice.base.layout import NETLIST
from snakespice.engines.cold import Cold
from snakespice.engines.scratch_directory import workplace, workplaces, write_over
from snakespice.netlist.case import Case
from snakespice.processes.guardian import Guardian
from snakespice.processes.process import Ended, Runner
from snakespice.processes.workers import AT_ONCE, Workers, in_order, shares_of
from snakespice.unit.pending import look
from snakespice.unit.settle import begin, conclude, confirmed, judged
from snakespice.unit.unit import Done, Engine, How, Unit

if TYPE_CHECKING:
    from snakespice.engines.grouping import Group
    from snakespice.unit.trust import Trial
    from snakespice.verdict.diagnosis import Verdict

_SHARE = 100  # cases that a process looks at before it tells of them
_START = 0.007  # s that the warm engine saves a case beside the reading of its netlist
_TOO_LONG = "a simulation takes long against reading the netlist"


def simulate_unit(unit: Unit, cores: int, guardian: Guardian) -> Iterator[Done]:
    """Yield every case of the unit when its record is written; `cores` run at a time.

    The guardian has 2 * `cores` slots. Raises what `look`, `begin`, `confirmed` and `conclude` do.
    """
    guests = cores * AT_ONCE if unit.has_guests else 0
    with workplaces(unit.directory, unit.cases, guests):
        yield from _simulate(unit, cores, guardian)


def _simulate(unit: Unit, cores: int, guardian: Guardian) -> Iterator[Done]:
    if unit.engine == "cold":
        yield from _cold(unit, dict.fromkeys(unit.cases), cores, guardian, {})
        return
    # The others of a run do without these.
    from snakespice.engines.grouping import groups
    from snakespice.engines.libngspice import LibraryMissing
    from snakespice.engines.warm import Unfit

    cases: dict[int, Case] = {}
    done: list[Done] = []

    def to_be_simulated() -> Iterator[tuple[Case, str]]:
        for found in _looked_at(unit, cores):
            if isinstance(found, Done):
                done.append(found)
            else:
                cases[found[0].number] = found[0]
                yield found

    smallest = 2 if unit.engine == "warm" else None
    found_groups, alone = groups(to_be_simulated(), mode=unit.settings.mode, smallest=smallest)
    unit.inputs.begin(cases.values())
    yield from done
    for group in found_groups:
        left = {case.number for case in group.cases}
        try:
            for each in _warm(unit, group, cores, guardian):
                left.discard(each.case_id)
                yield each
        except (Unfit, LibraryMissing) as fault:
            alone |= dict.fromkeys(sorted(left), str(fault))
    yield from _cold(unit, alone, cores, guardian, cases)


def _looked_at(unit: Unit, cores: int) -> Iterator[Done | tuple[Case, str]]:
    """Yield what `look` finds of each case, in their order; the cores look at many at a time."""
    shares = shares_of(unit.cases, _SHARE)

    def work(share: Sequence[int]) -> list[Done | tuple[Case, str]]:
        return [look(unit, number) for number in share]

    for found in in_order(work, shares, min(cores, len(shares))):
        yield from found


class _Simulated(NamedTuple):
    """A case that is yet to be judged."""

    case: Case
    ended: Ended


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

    def __call__(self, runner: Runner, tasks: Iterable[int]) -> Iterator[Done | Trial]:
        """Yield what becomes of each case; all are simulated, and then judged."""
        begun: list[Done | Trial | _Simulated | Exception] = []
        # What is done is not to be lost with a case that takes long, or the job with it.
        runner.meanwhile = lambda: self._record_completed(begun)
        for place, task in enumerate(tasks):
            try:
                found = self._look(abs(task))
                begun.append(
                    found if isinstance(found, Done) else self._begin(runner, task, place, *found)
                )
            except Exception as fault:
                begun.append(fault)
                break
        runner.meanwhile = None
        self._check_inputs(begun)
        for result in begun:
            if isinstance(result, Exception):
                raise result
            yield self._end(runner, result) if isinstance(result, _Simulated) else result

    def _record_completed(self, begun: list[Done | Trial | _Simulated | Exception]) -> None:
        """Record what has completed; to confirm a failure it may have to be simulated again.

        A process is running, so what goes wrong is told when that has ended.
        """
        for place, result in enumerate(begun):
            if isinstance(result, _Simulated):
                try:
                    self._check_inputs([result])
                    verdict = judged(self.unit, *result)
                    if not verdict.failure:
                        begun[place] = self._conclude(*result, verdict)
                except Exception as fault:
                    begun[place] = fault
                    return

    def _check_inputs(self, begun: Iterable[object]) -> None:
        """Raise Changed where a case did not read what it is to be recorded with."""
        self.unit.inputs.check(r.case.inputs_key for r in begun if isinstance(r, _Simulated))

    def _look(self, number: int) -> Done | tuple[Case, str | None]:
        case = self.cases.get(number)
        return (case, None) if case else look(self.unit, number)

    def _begin(
        self, runner: Runner, task: int, place: int, case: Case, text: str | None
    ) -> Done | Trial | _Simulated:
        """Try a case, or simulate it; a guest in one of the worker's workplaces."""
        if task > 0 and self.unit.is_guest(case):
            number = runner.index * AT_ONCE + place
            case = case.moved(workplace(self.unit.directory, self.unit.cases, number))
        self._bring_netlist(case, text)
        if task < 0:
            from snakespice.unit.trust import Trial

            return Trial.of(self.unit, runner, case, self.tried)
        ended = begin(self.unit, runner, case, self.engine)
        return ended if isinstance(ended, Done) else _Simulated(case, ended)

    def _end(self, runner: Runner, simulated: _Simulated) -> Done:
        case, ended = simulated
        ended, verdict = confirmed(self.unit, runner, case, self.engine, ended)
        return self._conclude(case, ended, verdict)

    def _conclude(self, case: Case, ended: Ended, verdict: Verdict) -> Done:
        how = How(self.engine.name, self.reasons.get(case.number))
        return conclude(self.unit, case, ended, verdict, how)

    def _bring_netlist(self, case: Case, text: str | None) -> None:
        """Have the netlist where the case is simulated, unless nobody reads it there."""
        path = case.file(NETLIST)
        if not case.is_guest and not os.path.exists(path):
            write_text(path, text or self.unit.netlist(case.number)[0])
        elif case.is_guest and isinstance(self.engine, Cold):
            write_over(path, text or self.unit.netlist(case.number)[0])


def _cold(
    unit: Unit,
    reasons: Mapping[int, str | None],
    cores: int,
    guardian: Guardian,
    cases: Mapping[int, Case],
) -> Iterator[Done]:
    """Simulate the cases that `reasons` names by the cold engine."""
    if not reasons:
        return
    engine = Cold(unit.settings)
    work = _Work(unit, engine, engine, reasons, cases)
    with Workers(work, min(cores, len(reasons)), guardian, first_slot=0) as workers:
        workers.order(reasons)
        yield from workers.results()


def _warm(unit: Unit, group: Group, cores: int, guardian: Guardian) -> Iterator[Done]:
    """Simulate a group by the warm engine; with `auto`, by the cold one where that is no slower.

    Raises Unfit and LibraryMissing when the warm engine cannot or must not serve it; the cases that
    were not yielded are not done then.
    """
    from snakespice.engines.fork_server_client import Models
    from snakespice.unit.trust import compare

    cases = {case.number: case for case in group.cases}
    probes = [case.number for case in group.probes(at_least=cores)]
    needed = len(group.probes(at_least=1))
    # What the warm engine gives is compared with what ngspice gives that starts as it always does.
    reference = Cold(replace(unit.settings, lean_start=None))
    reasons = dict.fromkeys(cases, _TOO_LONG)
    cold = _Work(unit, Cold(unit.settings), reference, reasons, cases)
    with Models(group, unit.settings, unit.directory, guardian, cores, cores) as models:
        with Workers(cold, cores, guardian, first_slot=0) as workers:
            first = min(needed, cores - 1)  # one core reads the models meanwhile
            workers.order(-number for number in probes[:first])
            reading = models.wait()
            if reading > _START:
                del probes[needed:]  # each would have to wait for as long
            rest = [number for number in cases if number not in probes]
            # What is tried is simulated once more.
            saved = len(cases) * (_START + reading) / len(probes)
            longest = saved if unit.engine == "auto" else math.inf
            workers.order(-number for number in probes[first:cores])
            try:
                expected = [workers.first_result(within=longest)]
            except TimeoutError:
                workers.order([*probes[cores:], *rest])
                for done in workers.results():
                    if not isinstance(done, Done):
                        unit.inputs.check([cases[done.number].inputs_key])
                    yield _concluded(unit, cases, done, How("cold", _TOO_LONG))
                return
            workers.order(-number for number in probes[cores:])
            expected += workers.results()
        warm = _Work(unit, models.engine, models.engine, {}, cases)
        with Workers(warm, cores, guardian, first_slot=cores) as workers:
            workers.order(-number for number in probes)
            found = list(workers.results())
            compare(expected, found)
            unit.inputs.check(case.inputs_key for case in group.cases)
            for trial in found:
                yield _concluded(unit, cases, trial, How("warm", None))
            workers.order(rest)
            yield from workers.results()


def _concluded(unit: Unit, cases: Mapping[int, Case], result: Done | Trial, how: How) -> Done:
    """Return what a worker has done; write the record of what it only tried."""
    if isinstance(result, Done):
        return result
    return conclude(unit, cases[result.number], result.ended, result.verdict, how)
