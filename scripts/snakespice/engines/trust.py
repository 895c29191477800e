"""Trust in the warm engine is earned: in each group some cases are run by both engines.

Whatever ngspice does not follow when parameters are set afterwards shows as a difference then, and
the group runs cold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snakespice.engines.cold import SPICEINIT
from snakespice.engines.grouping import Case
from snakespice.engines.warm import Unfit, WarmParent
from snakespice.layout import LOG, NETLIST, RECORD
from snakespice.process import Ended

if TYPE_CHECKING:
    from snakespice.diagnosis import Verdict

_NOT_COMPARED = frozenset([LOG, NETLIST, RECORD, SPICEINIT])
_DATE = re.compile(rb"^Date: .*$", re.MULTILINE)
# The library swallows blank lines and parts of messages that ngspice prints in several steps.
_PLACE = re.compile(r" \(ngspice\.log, line \d+\)")
_REASON = re.compile(r"^(measure \S+ could not be taken): .*")


def earn_trust(
    parent: WarmParent,
    run_cold: Callable[[Case], Ended],
    judge: Callable[[Case, Ended], Verdict],
    cores: int = 1,
) -> list[tuple[Case, Ended]]:
    """Run the group's probes by both engines; return what the warm one gave, as it can be kept.

    With several cores the cold engine runs while the parent still reads. Raises Unfit, with what
    differs, when the engines do not agree.
    """
    probes = parent.group.probes()
    if cores == 1:
        parent.wait()
    expected = {case.number: _Outcome.of(case, judge(case, run_cold(case))) for case in probes}
    if all(outcome.verdict.status == "failed" for outcome in expected.values()):
        raise Unfit("the cases that both engines ran, to compare them, failed")
    done = []
    for case, ended in parent.simulate(probes, cores):
        outcome = _Outcome.of(case, judge(case, ended))
        if difference := expected[case.number].difference(outcome):
            raise Unfit(
                f"the warm engine differs from the cold one in case {case.number}:{difference}"
            )
        done.append((case, ended))
    return done


@dataclass(frozen=True)
class _Outcome:
    """What a run gave: its verdict, and the SHA-256 of the files that it left."""

    verdict: Verdict
    files: dict[str, str]

    @classmethod
    def of(cls, case: Case, verdict: Verdict) -> _Outcome:
        files = {
            path.name: _digest(path)
            for path in sorted(case.directory.iterdir())
            if path.is_file() and path.name not in _NOT_COMPARED
        }
        return cls(verdict, files)

    def difference(self, other: _Outcome) -> str:
        """Return in what `other`, the warm engine's, differs from this; nothing if it does not."""
        return ",".join(self._differences(other))

    def _differences(self, other: _Outcome) -> Iterator[str]:
        mine, its = self.verdict, other.verdict
        for name in ("status", "failure", "error_message", "warnings"):
            one, two = getattr(mine, name), getattr(its, name)
            if _without_places(one) != _without_places(two):
                yield f" {name} is {two!r}, not {one!r}"
        for name, value in mine.measures.items():
            if its.measures.get(name) != value:
                yield f" measure {name} is {its.measures.get(name)}, not {value}"
        for name in self.files.keys() | other.files.keys() if mine.status == "completed" else ():
            if self.files.get(name) != other.files.get(name):
                yield f" {name} has other data"


def _without_places(said: str | tuple[str, ...] | None) -> object:
    if isinstance(said, tuple):
        return [_without_places(line) for line in said]
    return _REASON.sub(r"\1", _PLACE.sub("", said)) if said else said


def _digest(path: Path) -> str:
    return hashlib.sha256(_DATE.sub(b"", path.read_bytes())).hexdigest()
