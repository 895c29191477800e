"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards where the netlist does not run them itself, lets ngspice
take the measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from snakespice.base.files import remove
from snakespice.base.layout import LOG, NETLIST
from snakespice.engines import driver
from snakespice.engines.case_directory import TEMPORARY_NETLIST, prepare
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.analyses import run
from snakespice.netlist.case import Case
from snakespice.netlist.rewrite import with_commands_before_quit
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.sandbox import outcome
from snakespice.processes.unnamed_file import reset_file, unnamed_file
from snakespice.verdict.log import read_log
from snakespice.verdict.phrases import CODE_MODEL_MISSING


class ColdEngine:
    """Runs cases by the program `ngspice`; see the module."""

    name = "cold"

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._environments = {lean: settings.environment(lean=lean) for lean in (False, True)}
        self._output: IO[bytes] | None = None

    def simulate(self, runner: Runner, case: Case) -> ProcessResult:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        In a sandbox it can read no other files than those that its netlist includes.
        """
        self._clear(case)
        facts = case.closure.facts
        closing_lines = driver.closing_lines(facts, case.result_file)
        netlist = NETLIST
        if facts.quits:
            text = (case.directory / NETLIST).read_text()
            commands_before = "\n".join([*closing_lines, ""])
            text = with_commands_before_quit(text, commands_before, case.directory)
            netlist = TEMPORARY_NETLIST
            (case.directory / netlist).write_text(text)
        try:
            commands = driver.card_commands(facts, lambda: self._listing(runner, case))
            lines = [f"source {netlist}", *driver.save_commands(facts, commands), *run(commands)]
            lines += closing_lines
            lean = self.settings.can_be_lean(facts)
            result = self.run_ngspice(runner, case, lines, lean=lean)
            if lean and result.exit_code and CODE_MODEL_MISSING in read_log(case.file(LOG)):
                self._clear(case)
                result = self.run_ngspice(runner, case, lines, lean=False)
            return result
        finally:
            if facts.quits:
                (case.directory / netlist).unlink(missing_ok=True)

    def _clear(self, case: Case) -> None:
        prepare(case, self.settings)
        if case.in_scratch:
            remove(case.file(LOG))  # ngspice would empty it: see case_directory.overwrite

    def run_ngspice(
        self, runner: Runner, case: Case, lines: list[str], *, lean: bool
    ) -> ProcessResult:
        """Run ngspice in the directory of the case with these lines as its driver."""
        settings = self.settings
        command: Sequence[str] = (settings.ngspice.path, "-n", "-b", "-o", LOG, "/dev/stdin")
        if sandbox := settings.sandbox:
            command = sandbox.command(command, case.directory, case.closure.files, settings.limits)
        output = self._emptied_output(case)
        result = runner.run(
            command,
            cwd=case.directory,
            env=self._environments[lean],
            limits=settings.limits,
            stdin=driver.script([*settings.start_commands, *lines, "quit 0"]),
            output=output,
        )
        driver.append_stray_output(output, case.file(LOG))
        if case.closure.facts.has_control:  # a daemon that it started may print to it later
            output.close()
            self._output = None
        return outcome(result) if sandbox else result

    def _emptied_output(self, case: Case) -> IO[bytes]:
        """Return a file for what ngspice prints, beside the case: it meets the disk's limit, too.

        One serves many cases, because some file systems take long to make files and remove them.
        """
        if self._output is None:
            self._output = unnamed_file(case.directory.parent)
        reset_file(self._output.fileno())
        return self._output

    def _listing(self, runner: Runner, case: Case) -> str:
        """Return its listing of the netlist with every expression worked out."""
        self.run_ngspice(runner, case, [f"source {NETLIST}", "listing expand"], lean=False)
        return read_log(case.file(LOG))
