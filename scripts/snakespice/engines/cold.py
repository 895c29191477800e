"""The cold engine: one ngspice process a case.

ngspice reads a small driver script from its standard input. The driver sources the netlist
as it stands, runs its analysis cards where the netlist does not run them itself, lets ngspice
take the measures, and writes every plot into one raw file. (`ngspice -b -r` takes no measures and
`ngspice -b` writes no raw file, so neither gives both from one run.)
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snakespice.layout import LOG, NETLIST
from snakespice.log import read_log
from snakespice.netlist import ANALYSES, Facts, with_commands_before_quit
from snakespice.process import Ended, Limits, Runner
from snakespice.record import remove
from snakespice.regular import open_regular
from snakespice.sandbox import Sandbox, outcome

# Printed by the driver, so that the log tells how far it came.
FINISHED = "snakespice: finished"
CARDS = "snakespice: card"
_LISTED_CARD = re.compile(rf"^ *\d+ : \.((?:{'|'.join(ANALYSES)})\b.*)$", re.MULTILINE)
SPICEINIT = ".spiceinit"
_TEMPORARY = ".netlist.run.spice"
_BANNER_END = "Comments and warnings go to log-file"


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
    writes = "" if facts.writes(result_file) else _write_plots(result_file)
    last_words = f"{writes}echo {FINISHED}\n"
    netlist = NETLIST
    if facts.quits:
        text = with_commands_before_quit((case_dir / NETLIST).read_text(), last_words, case_dir)
        (case_dir / _TEMPORARY).write_text(text)
        netlist = _TEMPORARY
    try:
        commands = _card_commands(ngspice, facts)
        lines = [f"source {netlist}", *_save(facts, commands), *_run(commands)]
        return ngspice.run([*lines, *last_words.splitlines()])
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
                env=_environment(settings.threads, environment),
                limits=settings.limits,
                stdin="\n".join(["*ng_script", ".control", *start, *lines, "quit 0", ".endc", ""]),
                output=output,
            )
            _keep_stray_output(output, self.case_dir / LOG)
        return outcome(ended) if sandbox else ended

    def listing(self) -> str:
        """Return its listing of the netlist with every expression worked out."""
        self.run([f"source {NETLIST}", "listing expand"])
        return read_log(self.case_dir / LOG)


def _card_commands(ngspice: _Driven, facts: Facts) -> tuple[str, ...]:
    """Return the commands that run the analysis cards, if the netlist does not run them itself.

    `run` runs them all, but ngspice then takes the measures of the last one only. So where there
    are several and some are measured, each runs by its own command. Expressions in the cards only
    ngspice can work out: it is asked to list them first.
    """
    if not facts.analyses or facts.runs_cards:
        return ()
    kinds = [_kind(card) for card in facts.analyses]
    if len(kinds) == 1 or len(set(kinds)) < len(kinds) or not facts.measures:
        return ("run",)
    cards = facts.analyses
    if any(mark in card for card in cards for mark in "{}'"):
        cards = tuple(_LISTED_CARD.findall(ngspice.listing()))
        if sorted(map(_kind, cards)) != sorted(kinds):
            return ("run",)
    return tuple(sorted(cards, key=_kind))


def _kind(card: str) -> str:
    return card.split()[0].lower()


def _save(facts: Facts, commands: tuple[str, ...]) -> list[str]:
    """Return the command that saves what is measured, as ngspice itself does only in batch mode."""
    if not commands or not facts.saved or not facts.measures:
        return []
    vectors = set().union(*(measure.vectors for measure in facts.measures))
    # ngspice makes a node of its own, pa_00, pa_01 ..., for each par('...') in a measure.
    expressions = sum(measure.text.count("par(") for measure in facts.measures)
    vectors |= {f"v(pa_{number:02})" for number in range(expressions)}
    return [f"save {' '.join(sorted(vectors))}"] if vectors else []


def _run(commands: tuple[str, ...]) -> list[str]:
    """Return the driver's lines that run `commands` one by one and stop at the first that fails."""
    lines = []
    for command in commands:
        # A netlist that did not load leaves 99 behind, as nothing runs.
        lines += ["set sim_status=99", f"echo {CARDS} {command}", command]
        lines += ["if $sim_status", "quit 3", "end"]
    return lines


def _write_plots(result_file: str) -> str:
    return f"""set filetype=binary
set appendwrite
foreach snakespice_plot $plots
strcmp snakespice_differs $snakespice_plot const
if $snakespice_differs ne 0
setplot $snakespice_plot
write {result_file}
end
end
"""


def _environment(threads: int, base: Mapping[str, str]) -> dict[str, str]:
    return {
        "HOME": "/",  # ngspice crashes without one
        **base,
        # ngspice takes two threads whatever OMP_NUM_THREADS says; this limit it cannot pass.
        "OMP_THREAD_LIMIT": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "NGSPICE_MEAS_PRECISION": "15",
        "LC_ALL": "C",
    }


def _keep_stray_output(output: IO[bytes], log: Path) -> None:
    """Add to the log what ngspice and its shell commands printed past it, without the banner."""
    output.seek(0)
    text = output.read(1 << 20).decode("utf-8", "replace")
    text = text.partition(_BANNER_END)[2].partition("\n")[2] if _BANNER_END in text else text
    if text.strip():
        with contextlib.suppress(OSError), open_regular(log, "ab") as file:
            file.write(f"\nsnakespice: printed past the log:\n{text.strip()}\n".encode())
