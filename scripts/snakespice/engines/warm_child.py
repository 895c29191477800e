"""What a child of the warm engine does: make the parent's circuit that of one case, and run it.

It writes the log and the raw file that the cold engine would, and ends as the cold engine's
ngspice would: by the same exit code, or by the same signal.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from snakespice.case import Case
from snakespice.engines import driver
from snakespice.engines.grouping import TITLE, Change
from snakespice.engines.libngspice import Library
from snakespice.layout import LOG

CIRCUIT = b"Circuit: "
# Said of a circuit that is set up again: ngspice no longer knows on which line the model stands.
_MODEL_ISSUE = b"Warning: Model issue on line "


class Child:
    """One case in a process of its own, which has just been forked from the parent.

    `heard` is what the parent said while it read the netlist. `give_up` is called, and must not
    return, when the parent's circuit cannot be made that of the case.
    """

    def __init__(
        self,
        library: Library,
        case: Case,
        change: Change,
        heard: Sequence[bytes],
        give_up: Callable[[str], NoReturn],
    ) -> None:
        self._library = library
        self._case = case
        self._change = change
        self._give_up = give_up
        self._title = (change.title or "").encode()
        circuit = next(number for number, line in enumerate(heard) if line.startswith(CIRCUIT))
        self._preface = heard[:circuit]
        self._model_issues = iter([line for line in heard if line.startswith(_MODEL_ISSUE)])

    def run(self) -> NoReturn:
        """Simulate the case and end the process."""
        case, facts = self._case, self._case.closure.facts
        os.chdir(case.directory)
        self._log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_APPEND, 0o666)
        self._set_up()
        # In a script that it reads, as the cold engine's, ngspice does away with capitals itself.
        cards = driver.card_commands(facts, self._listing)
        commands = tuple(card.lower() for card in cards)
        lines = [*driver.save(facts, commands), *driver.run(commands)]
        for line in [*lines, *driver.last_words(facts, case.result_file)]:
            self._library.command(line)
        self.leave(0)

    def leave(self, status: int) -> NoReturn:
        """End the process as ngspice would."""
        if self._title:
            path = Path(self._case.result_file)
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
        for line in self._preface:
            self._say(line)
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
