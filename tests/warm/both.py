"""Cases made from a template, and what each engine gives for them, down to the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sameness import without_dates, without_places
from single import case_of

from snakespice.base.layout import NETLIST, case_name, result_name
from snakespice.engines.code_models import lean_start
from snakespice.engines.cold import ColdEngine
from snakespice.engines.fork_server_client import ForkServer
from snakespice.engines.grouping import Group, group_cases
from snakespice.engines.ngspice import find_ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.netlist.rewrite import finalise
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.workers import WorkerPool
from snakespice.unit.trial import TrialResult, compare, run_trial
from snakespice.verdict.diagnosis import Verdict

SLOTS = 9
LIMITS = Limits(timeout=20, mem_mb=1000)


@dataclass(frozen=True)
class Outcome:
    """What a run of a case left: how it ended, the verdict, the raw file without dates."""

    ended: ProcessResult
    verdict: Verdict
    raw: bytes | None = field(repr=False)

    @property
    def end(self) -> tuple[object, ...]:
        ended = self.ended
        return ended.exit_code, ended.signal, ended.timed_out, ended.too_large


class Desk:
    """A directory for cases, and the two engines."""

    def __init__(self, directory: Path, guardian: Guardian) -> None:
        self.directory = directory.resolve()
        self._guardian = guardian
        self._runner = Runner(guardian, SLOTS - 1)
        ngspice = find_ngspice()
        start = lean_start(ngspice.path)
        self.settings = EngineSettings(ngspice, LIMITS, 1, spiceinit="", lean_start=start)

    def limit(self, limits: Limits) -> None:
        self.settings = replace(self.settings, limits=limits)

    def cases(self, template: str, values: Sequence[Mapping[str, str]]) -> list[Case]:
        """Return a case for each set of values; `<name>` in the template stands for its value."""
        made = []
        for number, own in enumerate(values, 1):
            text = template
            for name, value in own.items():
                text = text.replace(f"<{name}>", value)
            directory = self.directory / case_name(number)
            directory.mkdir()
            text, _ = finalise(
                text,
                directory=self.directory,
                case_dir=directory,
                near=self.directory,
                seed=1000 + number,
            )
            result_file = result_name(number, "results.raw")
            made.append(case_of(directory, text, number=number, result_file=result_file))
        return made

    def cold(self, cases: Sequence[Case]) -> list[Outcome]:
        return [_outcome(case, trial) for case, trial in zip(cases, self.tried(cases), strict=True)]

    def tried(self, cases: Sequence[Case]) -> list[TrialResult]:
        """Return what the cold engine gives."""
        engine = ColdEngine(replace(self.settings, lean_start=None))
        return [run_trial(self._runner, case, engine, measures=()) for case in cases]

    def server(self, group: Group, cores: int = 1) -> ForkServer:
        """Return the process that holds the models of a group."""
        return ForkServer(group, self.settings, self.directory, self._guardian, 0, cores)

    def warm(self, group: Group, cores: int = 1) -> list[Outcome]:
        """Run the whole group; return the outcomes in the order of its cases."""
        cases = {case.number: case for case in group.cases}
        with self.server(group, cores) as server:
            server.wait()
            done = {
                trial.number: _outcome(cases[trial.number], trial)
                for trial in self.run(server, cases, cores)
            }
        return [done[number] for number in cases]

    def run(
        self, server: ForkServer, cases: Mapping[int, Case], cores: int = 1
    ) -> Iterator[TrialResult]:
        """Yield what the warm engine gives, in the order in which the cases end."""

        def work(runner: Runner, numbers: Iterable[int]) -> Iterator[TrialResult]:
            for number in numbers:
                yield run_trial(runner, cases[number], server.engine, measures=())

        with WorkerPool(work, cores, self._guardian, first_slot=0) as workers:
            workers.submit(cases)
            yield from workers.results()

    def compare(self, group: Group) -> list[TrialResult]:
        """Run the probes of a group by both engines; raise CannotRunWarm when they differ."""
        expected = self.tried(group.probes(at_least=1))
        with self.server(group) as server:
            server.wait()
            found = list(self.run(server, {case.number: case for case in group.probes(at_least=1)}))
        compare(expected, found)
        return found


def _outcome(case: Case, trial: TrialResult) -> Outcome:
    raw = case.directory / case.result_file
    data = without_dates(raw.read_bytes()) if raw.exists() else None
    return Outcome(trial.result, trial.verdict, data)


def with_netlists(cases: Iterable[Case]) -> Iterator[tuple[Case, str]]:
    """Yield each case with its netlist."""
    for case in cases:
        yield case, (case.directory / NETLIST).read_text()


def one_group(cases: Sequence[Case]) -> Group:
    """Return the one group that all the cases form."""
    found, alone = group_cases(with_netlists(cases), smallest=3)
    assert alone == {}
    (group,) = found
    return group


def assert_same(warm: Sequence[Outcome], cold: Sequence[Outcome]) -> None:
    """Every status, failure, measure and byte is the same."""
    for one, other in zip(warm, cold, strict=True):
        assert _said(one.verdict) == _said(other.verdict)
        assert one.end == other.end
        if other.verdict.status == "completed":
            assert one.raw == other.raw


def _said(verdict: Verdict) -> Verdict:
    message = verdict.error_message
    return replace(
        verdict,
        error_message=without_places(message) if message else message,
        warnings=tuple(map(without_places, verdict.warnings)),
    )
