"""Simulate the cases of a unit on several cores, each by the engine that suits it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snakespice.case import Case
from snakespice.engines.cold import Cold
from snakespice.guardian import Guardian
from snakespice.process import Runner
from snakespice.settle import Done, How, Unit, conclude, look, settle
from snakespice.workers import Workers

if TYPE_CHECKING:
    from snakespice.engines.grouping import Group
    from snakespice.engines.trust import Trial

_START = 0.007  # s that the warm engine saves a case beside the reading of its netlist
_TOO_LONG = "a simulation takes long against reading the netlist"


def simulate_unit(unit: Unit, cores: int, guardian: Guardian) -> Iterator[Done]:
    """Yield every case of the unit when its record is written; `cores` run at a time.

    The guardian has 2 * `cores` slots. Raises what `look` and `settle` raise.
    """
    if unit.engine == "cold":
        yield from _cold(unit, dict.fromkeys(unit.cases), cores, guardian)
        return
    # The others of a run do without these.
    from snakespice.engines.grouping import groups
    from snakespice.engines.libngspice import LibraryMissing
    from snakespice.engines.warm import Unfit

    cases = {}
    for number in unit.cases:
        found = look(unit, number)
        if isinstance(found, Done):
            yield found
        else:
            cases[number] = found
    smallest = 2 if unit.engine == "warm" else None
    found_groups, alone = groups(cases.values(), smallest=smallest)
    for group in found_groups:
        left = {case.number for case in group.cases}
        try:
            for done in _warm(unit, group, cores, guardian):
                left.discard(done.record.case_id)
                yield done
        except (Unfit, LibraryMissing) as fault:
            alone |= dict.fromkeys(sorted(left), str(fault))
    yield from _cold(unit, alone, cores, guardian, cases)


@dataclass(frozen=True)
class _ColdWork:
    """What the workers of the cold engine do: with a case, or to try it, with its negative number.

    Cases that nobody has looked at yet they look at themselves.
    """

    unit: Unit
    engine: Cold
    reasons: Mapping[int, str | None]
    cases: Mapping[int, Case] = field(default_factory=dict)

    def __call__(self, runner: Runner, task: int) -> Done | Trial:
        number = abs(task)
        case = self.cases.get(number) or look(self.unit, number)
        if isinstance(case, Done):
            return case
        if task < 0:
            from snakespice.engines.trust import Trial

            return Trial.of(self.unit, runner, case, self.engine)
        return settle(self.unit, runner, case, self.engine, self.reasons[number])


def _cold_workers(work: _ColdWork, cores: int, guardian: Guardian) -> Workers:
    workers = Workers(cores, guardian, first_slot=0)
    workers.fork(work)
    workers.attend()
    return workers


def _cold(
    unit: Unit,
    reasons: Mapping[int, str | None],
    cores: int,
    guardian: Guardian,
    cases: Mapping[int, Case] = {},
) -> Iterator[Done]:
    """Simulate the cases that `reasons` names by the cold engine."""
    if not reasons:
        return
    work = _ColdWork(unit, Cold(unit.settings), reasons, cases)
    with _cold_workers(work, min(cores, len(reasons)), guardian) as workers:
        workers.order(reasons)
        yield from workers.results()


def _warm(unit: Unit, group: Group, cores: int, guardian: Guardian) -> Iterator[Done]:
    """Simulate a group by the warm engine, or by the cold one where that is no slower.

    Raises Unfit and LibraryMissing when the warm engine cannot or must not serve it; the cases that
    were not yielded are not done then.
    """
    from snakespice.engines.trust import compare
    from snakespice.engines.warm import Models

    cases = {case.number: case for case in group.cases}
    cold = _ColdWork(unit, Cold(unit.settings), dict.fromkeys(cases, _TOO_LONG), cases)
    probes = [case.number for case in group.probes()]
    rest = [number for number in cases if number not in probes]
    with (
        Models(unit, group, cores, guardian) as models,
        _cold_workers(cold, cores, guardian) as workers,
    ):
        if cores == 1:
            models.wait()
        workers.order([-probes[0]])
        saved = len(cases) * (_START + models.wait())
        try:
            expected = [workers.first_result(within=saved)]
        except TimeoutError:
            workers.order([*probes[1:], *rest])
            for done in workers.results():
                yield _concluded(unit, cases, done, "cold", _TOO_LONG)
            return
        workers.order(-number for number in probes[1:])
        expected += workers.results()
        found = list(models.run(-number for number in probes))
        compare(expected, found)
        for trial in found:
            yield _concluded(unit, cases, trial, "warm", None)
        yield from models.run(rest)


def _concluded(
    unit: Unit, cases: Mapping[int, Case], result: Done | Trial, engine: str, reason: str | None
) -> Done:
    """Return what a worker has done; write the record of what it only tried."""
    if isinstance(result, Done):
        return result
    case = cases[result.number]
    return conclude(unit, case, result.ended, result.verdict, How(engine, reason))
