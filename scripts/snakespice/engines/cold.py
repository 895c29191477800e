"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards if the netlist does not run them itself, has ngspice take the
measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import IO

from snakespice.base.files import remove
from snakespice.base.layout import LOG, NETLIST
from snakespice.engines import driver
from snakespice.engines.case_directory import TEMPORARY_NETLIST, prepare
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.netlist.control import directories_written_to
from snakespice.netlist.instrument import instrumented
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.sandbox import drop_set_id_bits, unwrapped
from snakespice.processes.unnamed_file import reset_file, unnamed_file
from snakespice.verdict.log import read_log
from snakespice.verdict.phrases import CODE_MODEL_MISSING


class ColdEngine:
    """Runs each case by a process of the program `ngspice`; see the module."""

    name = "cold"

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self._environments = {lean: settings.environment(lean=lean) for lean in (False, True)}
        self._output: IO[bytes] | None = None

    def simulate(self, runner: Runner, case: Case) -> ProcessResult:
        """Simulate a case; leave its `ngspice.log` and raw file in its directory.

        In a sandbox it can read no files but those that its netlist includes.
        """
        self._clear(case)
        facts = case.closure.facts
        closing_lines = driver.closing_lines(case)
        netlist = self._netlist_to_run(case, closing_lines)
        try:
            commands = driver.card_commands(facts, lambda: self._listing(runner, case))
            lines = [
                *driver.opening_lines(facts, case.result_file),
                f"source {netlist}",
                *driver.running_lines(facts, commands),
                *closing_lines,
            ]
            lean = self.settings.can_be_lean(facts)
            result = self.run_ngspice(runner, case, lines, lean=lean)
            if lean and result.exit_code and CODE_MODEL_MISSING in read_log(case.file(LOG)):
                self._clear(case)
                result = self.run_ngspice(runner, case, lines, lean=False)
            return result
        finally:
            if netlist != NETLIST:
                (case.directory / netlist).unlink(missing_ok=True)

    def _netlist_to_run(self, case: Case, closing_lines: Sequence[str]) -> str:
        """Return the name of the file with the netlist in the form in which it is run.

        Directories that its commands write to are made: where it comes from there may be some.
        """
        facts = case.closure.facts
        if not facts.has_control:
            return NETLIST
        for directory in directories_written_to(facts.control):
            with contextlib.suppress(OSError):
                (case.directory / directory).mkdir(parents=True, exist_ok=True)
        text = instrumented(
            (case.directory / NETLIST).read_text(),
            case.directory,
            facts,
            case.result_file,
            closing_lines,
        )
        if text is None:
            return NETLIST
        (case.directory / TEMPORARY_NETLIST).write_text(text)
        return TEMPORARY_NETLIST

    def _clear(self, case: Case) -> None:
        prepare(case, self.settings)
        if case.in_scratch:
            remove(case.file(LOG))  # ngspice would empty it: see case_directory.overwrite

    def run_ngspice(
        self, runner: Runner, case: Case, lines: list[str], *, lean: bool
    ) -> ProcessResult:
        """Run ngspice in the directory of the case, with these lines as its driver."""
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
        if case.closure.facts.has_control:  # a daemon that it started may still print to it
            output.close()
            self._output = None
        if not sandbox:
            return result
        drop_set_id_bits(case.directory)
        return unwrapped(result)

    def _emptied_output(self, case: Case) -> IO[bytes]:
        """Return an empty file for what ngspice prints, on the disk of the case, as it is limited.

        One serves many cases, because some file systems take long to make files and remove them.
        """
        if self._output is None:
            self._output = unnamed_file(case.directory.parent)
        reset_file(self._output.fileno())
        return self._output

    def _listing(self, runner: Runner, case: Case) -> str:
        """Return ngspice's listing of the netlist, in which every expression is evaluated."""
        self.run_ngspice(runner, case, [f"source {NETLIST}", "listing expand"], lean=False)
        return read_log(case.file(LOG))
