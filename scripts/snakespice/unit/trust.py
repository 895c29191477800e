"""Trust in the warm engine is earned: in each group some cases are run by both engines.

Whatever ngspice does not follow when parameters are set afterwards shows as a difference then, and
the group runs cold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from snakespice.base.layout import LOG, NETLIST, RECORD, SPICEINIT
from snakespice.engines.warm import CannotRunWarm
from snakespice.netlist.case import Case
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.unit.judging import simulate
from snakespice.unit.unit import Engine, Unit
from snakespice.verdict.diagnosis import Verdict

_NOT_COMPARED = frozenset([LOG, NETLIST, RECORD, SPICEINIT])
_DATE = re.compile(rb"^Date: .*$", re.MULTILINE)
# The library swallows blank lines and parts of messages that ngspice prints in several steps.
# Of a circuit that is set up again ngspice does not know on which line a card stands.
_PLACE = re.compile(r" \(ngspice\.log, line \d+\)|(?<=Error on line) \d+ or its substitute")
_REASON = re.compile(r"^(measure \S+ could not be taken): .*")


@dataclass(frozen=True)
class Trial:
    """What a run of a case gave: its end, the verdict, and the SHA-256 of the files that it left.

    Nothing is recorded of it yet.
    """

    number: int
    ended: ProcessResult
    verdict: Verdict
    files: dict[str, str]

    @classmethod
    def of(cls, unit: Unit, runner: Runner, case: Case, engine: Engine) -> Trial:
        """Run a case by this engine."""
        ended, verdict = simulate(unit, runner, case, engine)
        files = {
            path.name: hashlib.sha256(_DATE.sub(b"", path.read_bytes())).hexdigest()
            for path in sorted(case.directory.iterdir())
            if path.is_file() and path.name not in _NOT_COMPARED
        }
        return cls(case.number, ended, verdict, files)

    def differences(self, other: Trial) -> Iterator[str]:
        """Yield in what `other`, the warm engine's, differs from this, the cold one's."""
        mine, its = self.verdict, other.verdict
        for name in ("status", "failure", "error_message", "warnings"):
            one, two = getattr(mine, name), getattr(its, name)
            if _without_places(one) != _without_places(two):
                yield f"{name} is {two!r}, not {one!r}"
        for name, value in mine.measures.items():
            if its.measures.get(name) != value:
                yield f"measure {name} is {its.measures.get(name)}, not {value}"
        for name in self.files.keys() | other.files.keys() if mine.status == "completed" else ():
            if self.files.get(name) != other.files.get(name):
                yield f"{name} has other data"


def compare(cold: Iterable[Trial], warm: Iterable[Trial]) -> None:
    """Raise CannotRunWarm, with what differs, unless both engines gave the same."""
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
