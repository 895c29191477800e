"""What goes through the pipes between a unit, its workers and the process that holds the models."""

from __future__ import annotations

import marshal

from snakespice.processes import framing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class ChannelEnds(TypedDict):
        """The launcher's ends of a worker's pipes, and the files that both have.

        `output` is where children print to, `reason` where they say why they gave up, `mark` the
        variable of the environment that they bear, and its value.
        """

        requests: int
        replies: int
        output: int
        reason: int
        mark: tuple[str, str]

    class LoadRequest(TypedDict):
        """What the server needs to know.

        `netlist` is sourced in `directory`, for the time being under the name `derived`, after the
        script `start`. `limits` are those of a program that simulates a case, by the number of the
        resource. `signals` are those that Python and libngspice ignore or handle, and a simulation
        does not; `log` is the name of a case's log.
        """

        library: str
        version: str
        start: str
        directory: str
        derived: str
        netlist: str
        limits: dict[int, int]
        signals: list[int]
        log: str
        channels: list[ChannelEnds]

    class RunRequest(TypedDict):
        """One case: the commands that make the circuit its own, that run it, and that write it.

        Where only ngspice can tell how its cards read, `run` is empty, and they are of these
        `kinds`. A `title` is told only where those of the cases differ: it takes the place of
        TITLE.
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


# What the group's netlist has for a title where those of its cases differ.
TITLE = "* The title of a case, 6c1f0b5e"


def files_of(ends: ChannelEnds) -> tuple[int, int, int, int]:
    """Return the open files among them."""
    return ends["requests"], ends["replies"], ends["output"], ends["reason"]


def send(pipe: int, data: Any) -> None:
    """Send plain data."""
    framing.send(pipe, marshal.dumps(data))


def receive(pipe: int) -> Any:
    """Wait for data; raise EOFError when no more can come."""
    return marshal.loads(framing.receive(pipe))
