"""What a child does: make the circuit that the fork server loaded that of one case, and run it.

It writes the log and the raw file that the cold engine would, and ends as the cold engine's
ngspice would: with the same exit code, or by the same signal.
"""

from __future__ import annotations

import os

from snakespice.engines.fork_server.messages import TITLE
from snakespice.netlist.analyses import listed, run
from snakespice.verdict import phrases

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

    from snakespice.engines.fork_server.library import Library
    from snakespice.engines.fork_server.messages import RunRequest

CIRCUIT = phrases.CIRCUIT.encode()
# Said of a circuit that is set up again: ngspice no longer knows on which line the model stands.
_MODEL_ISSUE = phrases.MODEL_ISSUE.encode()


class LoadOutput:
    """What ngspice printed while it loaded the netlist: before it had the circuit, and of models.

    Each case's log begins with it, as if its own ngspice had loaded the netlist.
    """

    def __init__(self, lines: Sequence[bytes]) -> None:
        """Pick out the lines; one of them announces the circuit."""
        circuit = next(number for number, line in enumerate(lines) if line.startswith(CIRCUIT))
        self.preface = lines[:circuit]
        self.model_issues = [line for line in lines if line.startswith(_MODEL_ISSUE)]


class Child:
    """One case, in a process that has just been forked.

    `give_up` is called, and must not return, when the circuit cannot be made that of the case.
    """

    def __init__(
        self,
        library: Library,
        load_output: LoadOutput,
        request: RunRequest,
        give_up: Callable[[str], NoReturn],
    ) -> None:
        self._library = library
        self._load_output = load_output
        self._request = request
        self._give_up = give_up
        self._title = request["title"].encode()

    def run(self, log: str) -> NoReturn:
        """Simulate the case, and end this process; `log` is the name of its log file."""
        request = self._request
        self._library.on_exit = self.exit
        os.chdir(request["directory"])
        # In a scratch directory there is an empty log. Elsewhere there must be none, nor a link.
        only_new = os.O_NOFOLLOW if request["in_scratch"] else os.O_EXCL
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | only_new, 0o666)
        self._set_up()
        for line in request["run"] or self._cards():
            self._library.command(line)
        for line in request["write"]:
            self._library.command(line)
        self.exit(0)

    def exit(self, status: int) -> NoReturn:
        """End the process as ngspice would."""
        if self._title:
            self._replace_title_in(self._request["result_file"])
        os._exit(status & 0xFF)

    def _set_up(self) -> None:
        """Make the circuit that of the case."""
        # These commands print nothing, unless one fails.
        self._library.on_line = self._fail
        for line in self._request["change"]:
            self._library.command(line)
        self._model_issues = iter(self._load_output.model_issues)
        for line_before in self._load_output.preface:
            self._write(line_before)
        # What ngspice prints before it sets the circuit up again is in the preface already.
        self._library.on_line = self._wait_for_circuit
        self._library.command("reset")
        if self._library.on_line == self._wait_for_circuit:
            self._give_up("ngspice did not load the circuit again")

    def _cards(self) -> list[str]:
        """Return the commands that run the cards as ngspice lists them."""
        lines: list[bytes] = []
        self._library.on_line = lines.append
        self._library.command("listing expand")
        self._library.on_line = self._write
        listing = b"\n".join(lines).decode("utf-8", "replace")
        cards = [card.lower() for card in listed(listing, self._request["kinds"])]
        return [*self._request["save"], *run(cards)]

    def _fail(self, line: bytes) -> None:
        self._give_up(f"a parameter could not be set: {line.decode('utf-8', 'replace')}")

    def _wait_for_circuit(self, line: bytes) -> None:
        if line.startswith(CIRCUIT):
            self._library.on_line = self._write
            self._write(line)

    def _write(self, line: bytes) -> None:
        """Write a line into the log."""
        if line.startswith(CIRCUIT):
            line = self._with_title(line)
        elif line.startswith(_MODEL_ISSUE):
            line = next(self._model_issues, line)
        try:
            os.write(self._log, line + b"\n")
        except OSError:
            return  # on a full disk the log has no end, and the verdict goes by that

    def _replace_title_in(self, result_file: str) -> None:
        try:
            with open(result_file, "rb") as file:
                text = self._with_title(file.read())
            with open(result_file, "wb") as file:
                file.write(text)
        except OSError:
            return  # if the file is missing, or cut short now, the verdict goes by that

    def _with_title(self, text: bytes) -> bytes:
        if not self._title:
            return text
        marker, title = TITLE.encode(), self._title
        # Whether ngspice writes a title in lower case depends on its version.
        return text.replace(marker, title).replace(marker.lower(), title.lower())
