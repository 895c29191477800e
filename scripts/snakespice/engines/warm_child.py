"""What a child of the warm engine does: make the parent's circuit that of one case, and run it.

It writes the log and the raw file that the cold engine would, and ends as the cold engine's
ngspice would: by the same exit code, or by the same signal.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from snakespice.case import Case
from snakespice.engines import driver
from snakespice.engines.grouping import TITLE, Change
from snakespice.engines.libngspice import Library
from snakespice.layout import LOG
from snakespice.netlist import Facts

CIRCUIT = b"Circuit: "
# Said of a circuit that is set up again: ngspice no longer knows on which line the model stands.
_MODEL_ISSUE = b"Warning: Model issue on line "


@dataclass(frozen=True)
class Heard:
    """What the parent said while it read the netlist: before it had the circuit, and of models."""

    preface: tuple[bytes, ...]
    model_issues: tuple[bytes, ...]

    @classmethod
    def of(cls, lines: Sequence[bytes]) -> Heard:
        """Take the lines apart; there is one that announces the circuit."""
        circuit = next(number for number, line in enumerate(lines) if line.startswith(CIRCUIT))
        issues = (line for line in lines if line.startswith(_MODEL_ISSUE))
        return cls(tuple(lines[:circuit]), tuple(issues))


class _NotYet(Exception):
    """Only ngspice can tell, and there is no circuit yet."""


def _commands(facts: Facts, listing: Callable[[], str]) -> list[str]:
    """Return the commands that simulate a circuit which is set up."""
    # In a script that it reads, as the cold engine's, ngspice does away with capitals itself.
    cards = tuple(card.lower() for card in driver.card_commands(facts, listing))
    return [*driver.save(facts, cards), *driver.run(cards)]


@lru_cache(maxsize=256)
def _commands_in_advance(facts: Facts) -> list[str] | None:
    """Return these commands before there is a circuit; None where only ngspice can tell."""

    def not_yet() -> str:
        raise _NotYet

    try:
        return _commands(facts, not_yet)
    except _NotYet:
        return None


class Child:
    """One case, made ready before there is a process for it.

    The process is forked, and every page that it writes to has to be copied, which takes longer
    than what is done with it.
    """

    def __init__(self, library: Library, case: Case, change: Change, heard: Heard) -> None:
        self._library = library
        self._directory = case.directory
        self._result_file = case.result_file
        self._facts = case.closure.facts
        self._title = (change.title or "").encode()
        self._heard = heard
        self._change = change
        self._commands = _commands_in_advance(case.closure.facts)

    def run(self, workplace: Path | None, give_up: Callable[[str], NoReturn]) -> NoReturn:
        """Simulate the case in this process, which has just been forked, and end it.

        A guest is simulated in `workplace`. `give_up` is called, and must not return, when the
        parent's circuit cannot be made that of the case.
        """
        self._give_up = give_up
        self._library.leave = self.leave
        os.chdir(workplace or self._directory)
        # In a workplace there is an empty one.
        only_new = os.O_NOFOLLOW if workplace else os.O_EXCL
        self._log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | only_new, 0o666)
        self._set_up()
        for line in self._commands or _commands(self._facts, self._listing):
            self._library.command(line)
        for line in driver.last_words(self._facts, self._result_file):
            self._library.command(line)
        self.leave(0)

    def leave(self, status: int) -> NoReturn:
        """End the process as ngspice would."""
        if self._title:
            path = Path(self._result_file)
            with contextlib.suppress(OSError):
                path.write_bytes(self._with_title(path.read_bytes()))
        os._exit(status & 0xFF)

    def _set_up(self) -> None:
        """Give the circuit the case's seed and parameters."""
        self._library.say = self._complain
        if self._change.seed:
            self._library.command(f"setseed {self._change.seed}")
        for name, value in self._change.parameters.items():
            self._library.command(f"alterparam {name}={value.lower()}")
        self._model_issues = iter(self._heard.model_issues)
        for said in self._heard.preface:
            self._say(said)
        # What ngspice says before it sets the circuit up again the preface holds already.
        self._library.say = self._wait_for_circuit
        self._library.command("reset")
        if self._library.say == self._wait_for_circuit:
            self._give_up("ngspice did not load the circuit again")

    def _listing(self) -> str:
        lines: list[bytes] = []
        self._library.say = lines.append
        self._library.command("listing expand")
        self._library.say = self._say
        return b"\n".join(lines).decode("utf-8", "replace")

    def _complain(self, line: bytes) -> None:
        self._give_up(f"a parameter could not be set: {line.decode('utf-8', 'replace')}")

    def _wait_for_circuit(self, line: bytes) -> None:
        if line.startswith(CIRCUIT):
            self._library.say = self._say
            self._say(line)

    def _say(self, line: bytes) -> None:
        if line.startswith(CIRCUIT):
            line = self._with_title(line)
        elif line.startswith(_MODEL_ISSUE):
            line = next(self._model_issues, line)
        with contextlib.suppress(OSError):
            os.write(self._log, line + b"\n")

    def _with_title(self, text: bytes) -> bytes:
        if not self._title:
            return text
        marker, title = TITLE.encode(), self._title
        # Whether ngspice writes a title in lower case depends on its version.
        return text.replace(marker, title).replace(marker.lower(), title.lower())
