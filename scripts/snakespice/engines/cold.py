"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards where the netlist does not run them itself, lets ngspice
take the measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from snakespice.engines import driver
from snakespice.layout import LOG, NETLIST
from snakespice.log import read_log
from snakespice.netlist import Facts, with_commands_before_quit
from snakespice.process import Ended, Limits, Runner
from snakespice.record import remove
from snakespice.sandbox import Sandbox, outcome

SPICEINIT = ".spiceinit"
_TEMPORARY = ".netlist.run.spice"


class SimulatorMissing(Exception):
    """ngspice cannot be found or does not start."""


@dataclass(frozen=True)
class Ngspice:
    """An installed ngspice: its path and what it says its version is (`ngspice-39`)."""

    path: str
    version: str


def find_ngspice() -> Ngspice:
    """Return the ngspice on the PATH; raise SimulatorMissing when there is none that starts."""
    path = shutil.which("ngspice")
    if path is None:
        raise SimulatorMissing(
            "ngspice is not on the PATH; install it with"
            " apt install ngspice, dnf install ngspice, brew install ngspice or conda"
        )
    try:
        # HOME must be set: ngspice crashes without it.
        answer = subprocess.run(
            [path, "--version"],
            env={"HOME": "/", **os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise SimulatorMissing(f"{path} does not start: {fault}") from fault
    for word in answer.stdout.split():
        if word.startswith("ngspice-"):
            return Ngspice(path, word)
    raise SimulatorMissing(f"{path} --version does not answer as ngspice does")


@dataclass(frozen=True)
class Settings:
    """How every case of a unit is run. `spiceinit` holds commands, or nothing."""

    ngspice: Ngspice
    limits: Limits
    threads: int
    spiceinit: str
    sandbox: Sandbox | None = None


def simulate(
    runner: Runner,
    case_dir: Path,
    facts: Facts,
    result_file: str,
    settings: Settings,
    files: Iterable[str] = (),
) -> Ended:
    """Simulate `netlist.spice` of `case_dir`; leave `ngspice.log` and `result_file` there.

    `files` are those that the netlist includes: in a sandbox it can read no others.
    """
    # What an earlier run left may be a link to anywhere: it is never written through.
    for stale in (LOG, result_file, _TEMPORARY, SPICEINIT):
        remove(case_dir / stale)
    if settings.spiceinit:
        # For whoever runs the netlist by hand; here `-n` passes it over and the driver holds it.
        (case_dir / SPICEINIT).write_text(settings.spiceinit)
    ngspice = _Driven(runner, case_dir, settings, tuple(files))
    last_words = driver.last_words(facts, result_file)
    netlist = NETLIST
    if facts.quits:
        text = (case_dir / NETLIST).read_text()
        commands_before = "\n".join([*last_words, ""])
        text = with_commands_before_quit(text, commands_before, case_dir)
        (case_dir / _TEMPORARY).write_text(text)
        netlist = _TEMPORARY
    try:
        commands = driver.card_commands(facts, ngspice.listing)
        lines = [f"source {netlist}", *driver.save(facts, commands), *driver.run(commands)]
        return ngspice.run([*lines, *last_words])
    finally:
        (case_dir / _TEMPORARY).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Driven:
    """ngspice in the directory of a case."""

    runner: Runner
    case_dir: Path
    settings: Settings
    files: tuple[str, ...]

    def run(self, lines: list[str]) -> Ended:
        """Run it with these lines as its driver."""
        settings = self.settings
        command: Sequence[str] = (settings.ngspice.path, "-n", "-b", "-o", LOG, "/dev/stdin")
        environment: Mapping[str, str] = os.environ
        if sandbox := settings.sandbox:
            command = sandbox.command(command, self.case_dir, self.files, settings.limits)
            environment = sandbox.environment()
        start = [*settings.spiceinit.splitlines(), f"set num_threads={settings.threads}"]
        # Beside the log, and not in memory: what is printed without end meets the same limit.
        with tempfile.TemporaryFile(dir=self.case_dir) as output:
            ended = self.runner.run(
                command,
                cwd=self.case_dir,
                env=driver.environment(settings.threads, environment),
                limits=settings.limits,
                stdin="\n".join(["*ng_script", ".control", *start, *lines, "quit 0", ".endc", ""]),
                output=output,
            )
            driver.keep_stray_output(output, self.case_dir / LOG)
        return outcome(ended) if sandbox else ended

    def listing(self) -> str:
        """Return its listing of the netlist with every expression worked out."""
        self.run([f"source {NETLIST}", "listing expand"])
        return read_log(self.case_dir / LOG)
