"""Cases made from a template, and what each engine gives for them, down to the bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from snakespice import netlist
from snakespice.diagnosis import Verdict, judge
from snakespice.engines import cold
from snakespice.engines.grouping import Case, Group, groups
from snakespice.engines.warm import WarmParent
from snakespice.layout import LOG, NETLIST, case_name, result_name
from snakespice.process import Ended, Limits, Runner

LIMITS = Limits(timeout=20, mem_mb=1000)
_DATE = re.compile(rb"^Date: .*$", re.MULTILINE)
_PLACE = re.compile(r" \(ngspice\.log, line \d+\)")


@dataclass(frozen=True)
class Outcome:
    """What a run of a case left: how it ended, the verdict, the raw file without dates."""

    ended: Ended
    verdict: Verdict
    raw: bytes | None = field(repr=False)

    @property
    def end(self) -> tuple[object, ...]:
        ended = self.ended
        return ended.exit_code, ended.signal, ended.timed_out, ended.too_large


class Desk:
    """A directory for cases, and the two engines."""

    def __init__(self, directory: Path, runner: Runner) -> None:
        self.directory = directory.resolve()
        self.runner = runner
        self.settings = cold.Settings(cold.find_ngspice(), LIMITS, threads=1, spiceinit="")

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
            text = netlist.finalise(
                text,
                directory=self.directory,
                case_dir=directory,
                near=self.directory,
                seed=1000 + number,
            )
            (directory / NETLIST).write_text(text)
            closure = netlist.Closure(text, directory)
            made.append(Case(number, directory, text, closure, result_name(number, "results.raw")))
        return made

    def run_cold(self, case: Case) -> Ended:
        facts = case.closure.facts
        return cold.simulate(self.runner, case.directory, facts, case.result_file, self.settings)

    def judge(self, case: Case, ended: Ended) -> Verdict:
        return judge(
            case.directory,
            ended,
            case.closure.facts,
            declared=(),
            result_file=case.result_file,
            limits=self.settings.limits,
        )

    def cold(self, cases: Sequence[Case]) -> list[Outcome]:
        return [self._outcome(case, self.run_cold(case)) for case in cases]

    def warm(self, group: Group, cores: int = 1) -> list[Outcome]:
        """Run the whole group; return the outcomes in the order of its cases."""
        with WarmParent(group, self.settings) as parent:
            done = {
                case.number: self._outcome(case, ended)
                for case, ended in parent.simulate(group.cases, cores)
            }
        return [done[case.number] for case in group.cases]

    def _outcome(self, case: Case, ended: Ended) -> Outcome:
        verdict = self.judge(case, ended)
        raw = case.directory / case.result_file
        data = _DATE.sub(b"", raw.read_bytes()) if raw.exists() else None
        return Outcome(ended, verdict, data)


def one_group(cases: Sequence[Case]) -> Group:
    """Return the one group that all the cases form."""
    found, alone = groups(cases, smallest=3)
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
        error_message=_PLACE.sub("", message) if message else message,
        warnings=tuple(_PLACE.sub("", warning) for warning in verdict.warnings),
    )


def last_log_lines(case: Case) -> str:
    """Return the end of a case's log, for messages."""
    return "\n".join((case.directory / LOG).read_text().splitlines()[-10:])
