"""Runs of snakemake, each of whose processes can be found by a mark in its environment (Linux)."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from waiting import wait_until

MARK = "SNAKESPICE_FAULTS"


class Broken(Exception):
    """Something does not hold; the message says what."""


def processes(run: str) -> Iterator[tuple[int, str]]:
    """Yield number and command line of the processes that a run has started, itself included."""
    wanted = f"{MARK}={run}\0".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (path / "environ").read_bytes() + b"\0":
                command = _command_line(path)
                if command:  # a zombie has none
                    yield int(path.name), command


def descendants(number: int) -> Iterator[tuple[int, str]]:
    """Yield a process and all below it, with their command lines: cheaper than `processes`."""
    with suppress(OSError):
        place = Path(f"/proc/{number}")
        yield number, _command_line(place)
        for path in place.glob("task/*/children"):
            for child in path.read_text().split():
                yield from descendants(int(child))


def _command_line(place: Path) -> str:
    return (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()


class Run:
    """One `snakemake`, with all that it starts marked as its own."""

    number: ClassVar[int] = 0

    def __init__(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], outputs: Path
    ) -> None:
        Run.number += 1
        self.name = f"{os.getpid()}-{Run.number}"
        self._output = (outputs / f"output-{Run.number}").open("w+")
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**environment, MARK: self.name},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait(self, timeout: float) -> int:
        """Wait for the end; return the exit code."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise Broken(f"it hangs: {self.said()[-2000:]}") from None

    def said(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def find(self, *words: str) -> list[int]:
        """Return the processes below this run that have one of the words in their command lines."""
        return [
            number
            for number, command in descendants(self.process.pid)
            if number != self.process.pid and any(word in command for word in words)
        ]

    def left(self, within: float) -> list[str]:
        """Return the command lines of what it has started and that still runs after so long."""
        wait_until(lambda: not any(processes(self.name)), within)
        return [command for _, command in processes(self.name)]

    def kill_all(self) -> None:
        for number, _ in processes(self.name):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
