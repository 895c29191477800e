"""Simulate the cases of a unit on several cores, each by the engine that suits it.

Which engine that is, is decided for a group of cases at a time, and for `auto` by measuring: the
warm engine has to save more time than it takes to load the group's netlist and to earn trust. What
is simulated for that (the probes) is recorded like any other case, whichever engine wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from snakespice.engines.cold import ColdEngine
from snakespice.engines.engine import EngineChoice
from snakespice.engines.scratch_directory import scratch_directories
from snakespice.netlist.case import Case
from snakespice.processes.guardian import Guardian
from snakespice.processes.workers import BATCH_SIZE, WorkerPool, chunks, map_in_order
from snakespice.unit.case_result import CaseResult
from snakespice.unit.pending import find_pending
from snakespice.unit.recording import finish
from snakespice.unit.unit import Unit
from snakespice.unit.worker import CaseWork, Task

if TYPE_CHECKING:
    from snakespice.engines.grouping import Group
    from snakespice.unit.trial import TrialResult

_CHUNK_SIZE = 100  # cases that a process looks at before it reports them
# What the warm engine saves a case beside the reading of its netlist: the start of ngspice, which
# takes 6 to 7 ms (benchmarks/results.md, "Where the time of a case goes").
_START_SECONDS = 0.007
_TOO_LONG = "a simulation takes long against reading the netlist"


def simulate_unit(unit: Unit, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    """Yield every case of the unit when its record is written; `cores` run at a time.

    The guardian has 2 * `cores` slots. Raises what `find_pending`, `judge_with_retry` and `finish`
    do.
    """
    count = cores * BATCH_SIZE if unit.uses_scratch else 0
    with scratch_directories(unit.directory, unit.cases, count):
        if unit.engine == "cold":
            yield from _cold(unit, dict.fromkeys(unit.cases), cores, guardian, {})
        else:
            yield from _grouped(unit, cores, guardian)


def _grouped(unit: Unit, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    """Simulate groups of cases by the warm engine, and then all others by the cold one."""
    # A unit that runs cold does without these.
    from snakespice.engines.grouping import group_cases
    from snakespice.engines.libngspice import LibraryMissing
    from snakespice.engines.warm import CannotRunWarm

    pending: dict[int, Case] = {}
    done: list[CaseResult] = []

    def find_all() -> Iterator[tuple[Case, str]]:
        for found in _find_all_pending(unit, cores):
            if isinstance(found, CaseResult):
                done.append(found)
            else:
                pending[found[0].number] = found[0]
                yield found

    smallest = 2 if unit.engine == "warm" else None  # one to load, another to see that it follows
    # Cases are grouped as they are found: all their netlists together would take much memory.
    groups, alone = group_cases(
        find_all(), mode=unit.settings.compatibility_mode, smallest=smallest
    )
    unit.inputs.begin(pending.values())
    yield from done
    for group in groups:
        left = {case.number for case in group.cases}
        try:
            for each in _warm(unit, group, cores, guardian):
                left.discard(each.case_id)
                yield each
        except (CannotRunWarm, LibraryMissing) as fault:
            alone |= dict.fromkeys(sorted(left), str(fault))
    yield from _cold(unit, alone, cores, guardian, pending)


def _find_all_pending(unit: Unit, cores: int) -> Iterator[CaseResult | tuple[Case, str]]:
    """Yield what `find_pending` gives for each case, in order; a core takes many at a time."""
    shares = chunks(unit.cases, _CHUNK_SIZE)

    def work(share: Sequence[int]) -> list[CaseResult | tuple[Case, str]]:
        return [find_pending(unit, number) for number in share]

    for found in map_in_order(work, shares, min(cores, len(shares))):
        yield from found


def _cold(
    unit: Unit,
    reasons: Mapping[int, str | None],
    cores: int,
    guardian: Guardian,
    pending: Mapping[int, Case],
) -> Iterator[CaseResult]:
    """Simulate the cases that `reasons` names by the cold engine; it tells why."""
    if not reasons:
        return
    engine = ColdEngine(unit.settings)
    work = CaseWork(unit, engine, engine, reasons, pending)
    with WorkerPool(work, min(cores, len(reasons)), guardian, first_slot=0) as workers:
        workers.submit(reasons)
        yield from workers.results()


def _warm(unit: Unit, group: Group, cores: int, guardian: Guardian) -> Iterator[CaseResult]:
    """Simulate a group by the warm engine; with `auto`, by the cold one where that is no slower.

    The probes are simulated first, by the cold engine on all cores but one, while that one loads
    the netlist into the fork server. Then the warm engine simulates the probes, and if it gives the
    same, all the others.

    The cold engine's probes tell how long a simulation takes. If that is long, the second runs of
    the probes cost more than the warm engine saves, and the group runs cold: nothing is lost, as
    the probes are done then.

    Raises CannotRunWarm and LibraryMissing when the warm engine cannot or must not serve it; the
    cases that were not yielded are not done then.
    """
    from snakespice.engines.fork_server_client import ForkServer
    from snakespice.unit.trial import compare

    cases = {case.number: case for case in group.cases}
    # More than are needed, so that no core is idle; those that are needed come first.
    probes = [case.number for case in group.probes(at_least=cores)]
    needed = len(group.probes(at_least=1))
    # What the warm engine gives is compared with what ngspice gives when it starts as usual, with
    # all its code models.
    reference = ColdEngine(replace(unit.settings, lean_start=None))
    reasons = dict.fromkeys(cases, _TOO_LONG)
    cold = CaseWork(unit, ColdEngine(unit.settings), reference, reasons, cases)
    with ForkServer(group, unit.settings, unit.directory, guardian, cores, cores) as server:
        with WorkerPool(cold, cores, guardian, first_slot=0) as workers:
            first = min(needed, cores - 1)  # one core loads the netlist meanwhile
            workers.submit(_trials(probes[:first]))
            reading = server.wait()
            if reading > _START_SECONDS:
                # By the cold engine, each would have to read the netlist for as long.
                del probes[needed:]
            rest = [number for number in cases if number not in probes]
            # The warm engine saves each case its start and the reading, and simulates each probe a
            # second time. So it pays while a probe takes no longer than its share of all savings.
            saved = len(cases) * (_START_SECONDS + reading) / len(probes)
            longest = saved if unit.engine == "auto" else math.inf
            workers.submit(_trials(probes[first:cores]))
            try:
                # Probes that were submitted before `wait` have a head start, so if none has ended
                # by then, each takes longer than this.
                expected = [workers.first_result(within=longest)]
            except TimeoutError:
                # The probes under way go on, and are recorded as cases that ran cold.
                workers.submit([*probes[cores:], *rest])
                for done in workers.results():
                    if not isinstance(done, CaseResult):
                        unit.inputs.check([cases[done.number].inputs_key])
                    yield _finished(unit, cases, done, EngineChoice("cold", _TOO_LONG))
                return
            workers.submit(_trials(probes[cores:]))
            expected += workers.results()
        # Its workers have the slots whose marks the launchers were given.
        warm = CaseWork(unit, server.engine, server.engine, {}, cases)
        with WorkerPool(warm, cores, guardian, first_slot=cores) as workers:
            workers.submit(_trials(probes))
            found = list(workers.results())
            compare(expected, found)
            unit.inputs.check(case.inputs_key for case in group.cases)
            for trial in found:
                yield _finished(unit, cases, trial, EngineChoice("warm"))
            workers.submit(rest)
            yield from workers.results()


def _trials(numbers: Iterable[int]) -> Iterator[int]:
    return (Task(number, is_trial=True).encode() for number in numbers)


def _finished(
    unit: Unit, cases: Mapping[int, Case], done: CaseResult | TrialResult, choice: EngineChoice
) -> CaseResult:
    """Return what a worker has done; record a trial, which is as good as any other run."""
    if isinstance(done, CaseResult):
        return done
    return finish(unit, cases[done.number], done.result, done.verdict, choice)
