"""Trials: in each group, some cases are run by both engines, and the results compared.

So trust in the warm engine is earned. If ngspice does not follow a parameter that is set
afterwards, that shows as a difference, and the whole group runs cold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snakespice.base.layout import LOG, NETLIST, RECORD, SPICEINIT
from snakespice.engines.engine import Engine
from snakespice.engines.warm import CannotRunWarm
from snakespice.netlist.case import Case
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.unit.judging import simulate
from snakespice.verdict.diagnosis import Verdict

_NOT_COMPARED = frozenset([LOG, NETLIST, RECORD, SPICEINIT])
_DATE = re.compile(rb"^Date: .*$", re.MULTILINE)
# The library swallows blank lines and parts of messages that ngspice prints in several steps.
# Of a circuit that is set up again ngspice does not know on which line a card stands.
_PLACE = re.compile(r" \(ngspice\.log, line \d+\)|(?<=Error on line) \d+ or its substitute")
_REASON = re.compile(r"^(measure \S+ could not be taken): .*")


@dataclass(frozen=True)
class TrialResult:
    """What one engine gave for a case: verdict and SHA-256 of each file. Nothing is recorded yet.

    Both engines' results can be recorded later: they are as good as any other.
    """

    number: int
    result: ProcessResult
    verdict: Verdict
    files: dict[str, str]

    def differences(self, warm: TrialResult) -> Iterator[str]:
        """Yield how the warm engine's result differs from this one, the cold engine's."""
        mine, its = self.verdict, warm.verdict
        for name in ("status", "failure", "error_message", "warnings"):
            one, two = getattr(mine, name), getattr(its, name)
            if _without_places(one) != _without_places(two):
                yield f"{name} is {two!r}, not {one!r}"
        for name, value in mine.measures.items():
            if its.measures.get(name) != value:
                yield f"measure {name} is {its.measures.get(name)}, not {value}"
        for name in self.files.keys() | warm.files.keys() if mine.status == "completed" else ():
            if self.files.get(name) != warm.files.get(name):
                yield f"{name} has other data"


def run_trial(runner: Runner, case: Case, engine: Engine, measures: Iterable[str]) -> TrialResult:
    """Simulate a case and judge it; raise what `judging.simulate` raises."""
    result, verdict = simulate(runner, case, engine, measures)
    files = {
        path.name: hashlib.sha256(_DATE.sub(b"", path.read_bytes())).hexdigest()
        for path in sorted(case.directory.iterdir())
        if path.is_file() and path.name not in _NOT_COMPARED
    }
    return TrialResult(case.number, result, verdict, files)


def compare(cold: Iterable[TrialResult], warm: Iterable[TrialResult]) -> None:
    """Raise CannotRunWarm, and say what differs, unless both engines gave the same."""
    expected = {trial.number: trial for trial in cold}
    if all(trial.verdict.status == "failed" for trial in expected.values()):
        raise CannotRunWarm("the cases that both engines ran, to compare them, failed")
    for trial in warm:
        if differences := list(expected[trial.number].differences(trial)):
            raise CannotRunWarm(
                f"the warm engine differs from the cold one in case {trial.number}:"
                f" {', '.join(differences)}"
            )


def _without_places(said: str | tuple[str, ...] | None) -> object:
    if isinstance(said, tuple):
        return [_without_places(line) for line in said]
    return _REASON.sub(r"\1", _PLACE.sub("", said)) if said else said
