"""What goes through the pipes between a unit, its workers and the fork server: plain data."""

from __future__ import annotations

import marshal

from snakespice.processes import framing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class ChannelEnds(TypedDict):
        """A launcher's ends of the pipes to its worker, and the files that both have open.

        `output` is where children print to, `reason` where they say why they gave up, `mark` the
        variable that they have in their environment, and its value.
        """

        requests: int
        replies: int
        output: int
        reason: int
        mark: tuple[str, str]

    class LoadRequest(TypedDict):
        """What the fork server has to know.

        `netlist` is sourced in `directory`, from a file that is called `file` for that time, after
        the script `start`. `limits` are those of a program that simulates a case, by the number of
        the resource. `signals` are those that Python and libngspice ignore or handle, and a
        simulation must not. `log` is the name of a case's log.
        """

        library: str
        version: str
        start: str
        directory: str
        file: str
        netlist: str
        limits: dict[int, int]
        signals: list[int]
        log: str
        channels: list[ChannelEnds]

    class RunRequest(TypedDict):
        """One case: the commands that make the circuit its own, that run it, and that write it.

        If only ngspice can tell how its cards read, `run` is empty, and they are of these `kinds`.
        `title` takes the place of TITLE; it is empty if all cases have the same.
        """

        directory: str
        in_scratch: bool
        result_file: str
        title: str
        change: list[str]
        save: list[str]
        run: list[str]
        kinds: list[str]
        write: list[str]


# The title of the group's netlist, if those of its cases differ: one that nobody else has.
TITLE = "* The title of a case, 6c1f0b5e"


def files_of(ends: ChannelEnds) -> tuple[int, int, int, int]:
    """Return the open files among a launcher's ends."""
    return ends["requests"], ends["replies"], ends["output"], ends["reason"]


def send(pipe: int, data: Any) -> None:
    """Send plain data."""
    framing.send(pipe, marshal.dumps(data))


def receive(pipe: int) -> Any:
    """Wait for data; raise EOFError when no more can come."""
    return marshal.loads(framing.receive(pipe))
