"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards where the netlist does not run them itself, lets ngspice
take the measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snakespice.base.files import remove, remove_all
from snakespice.base.layout import LOG, NETLIST, SPICEINIT
from snakespice.engines import code_models, driver
from snakespice.engines.ngspice import Ngspice
from snakespice.engines.scratch_directory import take_over
from snakespice.netlist.analyses import run
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import Facts
from snakespice.netlist.rewrite import with_commands_before_quit
from snakespice.processes.limits import Limits
from snakespice.processes.process import Ended, Runner, scratch, start_over
from snakespice.processes.sandbox import Sandbox, outcome
from snakespice.verdict.log import read_log
from snakespice.verdict.phrases import CODE_MODEL_MISSING

_MODE = re.compile(r"\bngbehavior\b\s*=?\s*(\w*)", re.IGNORECASE)
_TEMPORARY = ".netlist.run.spice"


@dataclass(frozen=True)
class Settings:
    """How every case of a unit is run. `spiceinit` holds commands, or nothing.

    `lean_start` is that of `code_models`, for the netlists that can do with it.
    """

    ngspice: Ngspice
    limits: Limits
    threads: int
    spiceinit: str
    sandbox: Sandbox | None = None
    lean_start: Path | None = None

    @property
    def start(self) -> list[str]:
        """The commands that ngspice is given before a netlist."""
        return [*self.spiceinit.splitlines(), f"set num_threads={self.threads}"]

    @property
    def mode(self) -> str:
        """The simulators like which ngspice is to behave, `hsa` for example, or nothing."""
        return "".join(_MODE.findall(self.spiceinit)).lower()

    def can_be_lean(self, facts: Facts) -> bool:
        """Whether ngspice can do without code models for netlists with these facts."""
        commands = facts.has_control or bool(self.spiceinit)  # which could do anything
        return self.lean_start is not None and not commands and not facts.has_code_models

    def environment(self, *, lean: bool) -> dict[str, str]:
        """Return the environment for ngspice, with code models or without."""
        base = self.sandbox.environment() if self.sandbox else os.environ
        start = {code_models.VARIABLE: str(self.lean_start)} if lean else {}
        return {**driver.environment(self.threads, base), **start}


def clear(case: Case, settings: Settings) -> None:
    """Make the directory of a case ready for a run: nothing of an earlier one is left.

    Of a guest the log remains, which is the engine's to deal with.

    What that left may be a link to anywhere: it is never written through.
    """
    if case.is_guest:
        take_over(case)
    else:
        remove_all(case.directory, (LOG, case.result_file, _TEMPORARY, SPICEINIT))
    if settings.spiceinit:
        # For whoever runs the netlist by hand; here `-n` passes it over and the driver holds it.
        (case.directory / SPICEINIT).write_text(settings.spiceinit)


class Cold:
    """Runs cases by the program `ngspice`; see the module."""

    name = "cold"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._environments = {lean: settings.environment(lean=lean) for lean in (False, True)}
        self._output: IO[bytes] | None = None

    def simulate(self, runner: Runner, case: Case) -> Ended:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        In a sandbox it can read no other files than those that its netlist includes.
        """
        self._clear(case)
        facts = case.closure.facts
        last_words = driver.last_words(facts, case.result_file)
        netlist = NETLIST
        if facts.quits:
            text = (case.directory / NETLIST).read_text()
            commands_before = "\n".join([*last_words, ""])
            text = with_commands_before_quit(text, commands_before, case.directory)
            netlist = _TEMPORARY
            (case.directory / netlist).write_text(text)
        try:
            commands = driver.card_commands(facts, lambda: self._listing(runner, case))
            lines = [f"source {netlist}", *driver.save(facts, commands), *run(commands)]
            lines += last_words
            lean = self._settings.can_be_lean(facts)
            ended = self.drive(runner, case, lines, lean=lean)
            if lean and ended.exit_code and CODE_MODEL_MISSING in read_log(case.file(LOG)):
                self._clear(case)
                ended = self.drive(runner, case, lines, lean=False)
            return ended
        finally:
            if facts.quits:
                (case.directory / netlist).unlink(missing_ok=True)

    def _clear(self, case: Case) -> None:
        clear(case, self._settings)
        if case.is_guest:
            remove(case.file(LOG))  # ngspice would empty it: see workplace.write_over

    def drive(self, runner: Runner, case: Case, lines: list[str], *, lean: bool) -> Ended:
        """Run ngspice in the directory of the case with these lines as its driver."""
        settings = self._settings
        command: Sequence[str] = (settings.ngspice.path, "-n", "-b", "-o", LOG, "/dev/stdin")
        if sandbox := settings.sandbox:
            command = sandbox.command(command, case.directory, case.closure.files, settings.limits)
        output = self._emptied_output(case)
        ended = runner.run(
            command,
            cwd=case.directory,
            env=self._environments[lean],
            limits=settings.limits,
            stdin=driver.script([*settings.start, *lines, "quit 0"]),
            output=output,
        )
        driver.keep_stray_output(output, case.file(LOG))
        if case.closure.facts.has_control:  # a daemon that it started may print to it later
            output.close()
            self._output = None
        return outcome(ended) if sandbox else ended

    def _emptied_output(self, case: Case) -> IO[bytes]:
        """Return a file for what ngspice prints, beside the case: it meets the disk's limit, too.

        One serves many cases, because some file systems take long to make files and remove them.
        """
        if self._output is None:
            self._output = scratch(case.directory.parent)
        start_over(self._output.fileno())
        return self._output

    def _listing(self, runner: Runner, case: Case) -> str:
        """Return its listing of the netlist with every expression worked out."""
        self.drive(runner, case, [f"source {NETLIST}", "listing expand"], lean=False)
        return read_log(case.file(LOG))
