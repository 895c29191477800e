"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards where the netlist does not run them itself, lets ngspice
take the measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO

from snakespice.base.files import remove, remove_all
from snakespice.base.layout import LOG, NETLIST, SPICEINIT
from snakespice.engines import driver
from snakespice.engines.scratch_directory import reuse_raw_file
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

_TEMPORARY = ".netlist.run.spice"


def prepare_directory(case: Case, settings: EngineSettings) -> None:
    """Make the directory of a case ready for a run: nothing of an earlier one is left.

    In a scratch directory the log remains, which is the engine's to deal with.

    What that left may be a link to anywhere: it is never written through.
    """
    if case.in_scratch:
        reuse_raw_file(case)
    else:
        remove_all(case.directory, (LOG, case.result_file, _TEMPORARY, SPICEINIT))
    if settings.spiceinit:
        # For whoever runs the netlist by hand; here `-n` passes it over and the driver holds it.
        (case.directory / SPICEINIT).write_text(settings.spiceinit)


class ColdEngine:
    """Runs cases by the program `ngspice`; see the module."""

    name = "cold"

    def __init__(self, settings: EngineSettings) -> None:
        self._settings = settings
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
            netlist = _TEMPORARY
            (case.directory / netlist).write_text(text)
        try:
            commands = driver.card_commands(facts, lambda: self._listing(runner, case))
            lines = [f"source {netlist}", *driver.save_commands(facts, commands), *run(commands)]
            lines += closing_lines
            lean = self._settings.can_be_lean(facts)
            ended = self.run_ngspice(runner, case, lines, lean=lean)
            if lean and ended.exit_code and CODE_MODEL_MISSING in read_log(case.file(LOG)):
                self._clear(case)
                ended = self.run_ngspice(runner, case, lines, lean=False)
            return ended
        finally:
            if facts.quits:
                (case.directory / netlist).unlink(missing_ok=True)

    def _clear(self, case: Case) -> None:
        prepare_directory(case, self._settings)
        if case.in_scratch:
            remove(case.file(LOG))  # ngspice would empty it: see scratch_directory.overwrite

    def run_ngspice(
        self, runner: Runner, case: Case, lines: list[str], *, lean: bool
    ) -> ProcessResult:
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
        driver.append_stray_output(output, case.file(LOG))
        if case.closure.facts.has_control:  # a daemon that it started may print to it later
            output.close()
            self._output = None
        return outcome(ended) if sandbox else ended

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
