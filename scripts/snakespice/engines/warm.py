"""The warm engine: the models are read once, and each case is a forked child.

What costs most about a small simulation is starting ngspice and reading the models, and both are
the same for every case. The fork server loads libngspice and sources the netlist; the children that
are forked from it have all this at once. A child changes the parameters of its case and runs. If it
crashes it takes nothing with it, and nothing that it sets can reach another case: libngspice used
for one case after the other keeps variables and functions, and after some faults it is of no use
any more. `grouping` tells which netlists can be served so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from snakespice.base.layout import LOG
from snakespice.engines import driver
from snakespice.engines.case_directory import create_empty, prepare
from snakespice.engines.channel import Channel, ForkedProcess, LauncherLost
from snakespice.engines.grouping import Change
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.analyses import kind_of, run
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import Facts
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult

if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import RunRequest


class CannotRunWarm(Exception):
    """The warm engine cannot serve these cases; the message says why. They can run cold."""


class WarmEngine:
    """Runs the cases of a group as children of its fork server."""

    name = "warm"

    def __init__(
        self,
        channels: Sequence[Channel],
        settings: EngineSettings,
        changes: Mapping[int, Change],
    ) -> None:
        self._channels = channels
        self.settings = settings
        self._changes = changes

    def simulate(self, runner: Runner, case: Case) -> ProcessResult:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        Raises CannotRunWarm when the loaded circuit cannot be made that of the case, or is lost.
        """
        prepare(case, self.settings)
        if case.in_scratch:
            create_empty(case.file(LOG))
        result = self.run_child(runner, case, run_request(case, self._changes[case.number]))
        channel = self._channels[runner.index]
        driver.append_stray_output(channel.output, case.file(LOG))
        if reason := channel.reason:
            raise CannotRunWarm(f"case {case.number}: {reason}")
        return result

    def run_child(self, runner: Runner, case: Case, request: RunRequest) -> ProcessResult:
        """Have a child do what is requested."""
        channel = self._channels[runner.index]
        channel.reset()
        try:
            return runner.watch(
                lambda: ForkedProcess(channel, request),
                cwd=case.directory,
                limits=self.settings.limits,
                output=channel.output,
            )
        except LauncherLost:
            raise CannotRunWarm("the fork server died") from None


def run_request(case: Case, change: Change) -> RunRequest:
    """Return what a child is to do for a case."""
    facts = case.closure.facts
    seed = [f"setseed {change.seed}"] if change.seed else []
    save, commands, kinds = _of_its_cards(facts)
    values = [f"alterparam {name}={value.lower()}" for name, value in change.parameters.items()]
    return {
        "directory": str(case.directory),
        "in_scratch": case.in_scratch,
        "result_file": case.result_file,
        "title": change.title or "",
        "change": seed + values,
        "save": save,
        "run": commands,
        "kinds": kinds,
        "write": driver.closing_lines(case),
    }


class _NoListing(Exception):
    """ngspice would have to list the circuit, and there is none yet."""


@lru_cache(maxsize=256)
def _of_its_cards(facts: Facts) -> tuple[list[str], list[str], list[str]]:
    """Return `save`, `run` and `kinds` of the request for a case with these facts."""

    def no_listing() -> str:
        raise _NoListing

    try:
        commands = driver.card_commands(facts, no_listing)
    except _NoListing:
        # The child asks for it, when it has set up the circuit.
        kinds = [] if facts.has_branches else [kind_of(card) for card in facts.analyses]
        return driver.save_commands(facts, facts.analyses), [], kinds
    # In a script, as the cold engine has one, ngspice turns capitals into small letters itself.
    cards = [card.lower() for card in commands]
    return [], [*driver.save_commands(facts, cards), *run(cards)], []
