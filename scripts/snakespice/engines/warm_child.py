"""What a child of the warm engine does: make the parent's circuit that of one case, and run it.

It writes the log and the raw file that the cold engine would, and ends as the cold engine's
ngspice would: by the same exit code, or by the same signal.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from snakespice.engines import driver
from snakespice.engines.grouping import TITLE, Case, Change
from snakespice.engines.libngspice import Library
from snakespice.layout import LOG
from snakespice.netlist import with_commands_before_quit

# In a script that is sourced ngspice defers the command `option`; in a netlist it does not.
OPTION_ALIAS = "snakespice_option"
CIRCUIT = b"Circuit: "

_OPTION = re.compile(r"^\s*option\b", re.IGNORECASE | re.MULTILINE)
_CONTROL = re.compile(
    r"^[ \t]*\.control\b[^\n]*\n(.*?)(?:^[ \t]*\.endc\b|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


class Child:
    """One case in a process of its own, which has just been forked from the parent.

    `preface` is what the parent said before it set its circuit up. `give_up` is called, and must
    not return, when the parent's circuit cannot be made that of the case.
    """

    def __init__(
        self,
        library: Library,
        case: Case,
        change: Change,
        preface: Iterable[bytes],
        give_up: Callable[[str], NoReturn],
    ) -> None:
        self._library = library
        self._case = case
        self._change = change
        self._preface = preface
        self._give_up = give_up
        self._title = (change.title or "").encode()

    def run(self) -> NoReturn:
        """Simulate the case and end the process."""
        case, facts = self._case, self._case.closure.facts
        os.chdir(case.directory)
        for stale in (LOG, case.result_file):
            Path(stale).unlink(missing_ok=True)
        self._log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self._set_up()
        last_words = driver.last_words(facts, case.result_file)
        if facts.has_control:
            self._run_control(last_words)
        commands = driver.card_commands(facts, self._listing)
        for line in [*driver.save(facts, commands), *driver.run(commands), *last_words]:
            self._library.command(line)
        self.leave(0)

    def leave(self, status: int) -> NoReturn:
        """End the process as ngspice would."""
        if self._title:
            path = Path(self._case.result_file)
            marked = f"Title: * {TITLE}\n".encode()
            with contextlib.suppress(OSError):
                path.write_bytes(path.read_bytes().replace(marked, b"Title: %b\n" % self._title))
        os._exit(status & 0xFF)

    def _set_up(self) -> None:
        """Give the circuit the case's parameters."""
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
            self._give_up("the command reset did not load the circuit again")

    def _run_control(self, last_words: list[str]) -> None:
        text = self._case.text
        if self._case.closure.facts.quits:
            lines = "".join(f"{line}\n" for line in last_words)
            text = with_commands_before_quit(text, lines, self._case.directory)
        commands = _OPTION.sub(OPTION_ALIAS, "".join(_CONTROL.findall(text)))
        with driver.scratch() as script:
            script.write(f"*ng_script\n.control\n{commands}\n.endc\n".encode())
            script.flush()
            self._library.command(f"source /dev/fd/{script.fileno()}")

    def _listing(self) -> str:
        lines: list[bytes] = []
        self._library.say = lines.append
        self._library.command("listing expand")
        self._library.say = self._say
        return b"\n".join(lines).decode("utf-8", "replace")

    def _complain(self, line: bytes) -> None:
        if line.strip():
            self._give_up(f"a parameter could not be set: {line.decode('utf-8', 'replace')}")

    def _wait_for_circuit(self, line: bytes) -> None:
        if line.startswith(CIRCUIT):
            self._library.say = self._say
            self._say(line)

    def _say(self, line: bytes) -> None:
        if self._title and line.startswith(CIRCUIT):
            line = line.replace(TITLE.encode(), self._title.lower())
        with contextlib.suppress(OSError):
            os.write(self._log, line + b"\n")
