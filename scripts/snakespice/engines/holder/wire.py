"""What goes through the pipes between a unit, its workers and the process that holds the models."""

from __future__ import annotations

import marshal
import os
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict

    class Line(TypedDict):
        """The holder's ends of a worker's pipes, and the files that both have.

        `output` is where children print to, `reason` where they say why they gave up, `mark` the
        variable of the environment that they bear, and its value.
        """

        orders: int
        replies: int
        output: int
        reason: int
        mark: tuple[str, str]

    class Job(TypedDict):
        """What the holder needs to know.

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
        lines: list[Line]

    class Order(TypedDict):
        """One case: the commands that make the circuit its own, that run it, and that write it.

        Where only ngspice can tell how its cards read, `run` is empty, and they are of these
        `kinds`. A `title` is told only where those of the cases differ: it takes the place of
        `marker`.
        """

        directory: str
        is_guest: bool
        result_file: str
        marker: str
        title: str
        change: list[str]
        save: list[str]
        run: list[str]
        kinds: list[str]
        write: list[str]


_LENGTH = struct.Struct("I")


def send(pipe: int, data: Any) -> None:
    """Send plain data."""
    content = marshal.dumps(data)
    rest = _LENGTH.pack(len(content)) + content
    while rest:
        rest = rest[os.write(pipe, rest) :]


def receive(pipe: int) -> Any:
    """Wait for data; raise EOFError where none will come any more."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return marshal.loads(_read(pipe, length))


def _read(pipe: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(pipe, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
