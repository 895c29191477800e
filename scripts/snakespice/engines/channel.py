"""The worker's side of its launcher (see `fork_server.launcher`): requests, replies, files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakespice.engines.fork_server.messages import receive, send
from snakespice.processes.guardian import MARK_VARIABLE
from snakespice.processes.result import WaitResult
from snakespice.processes.unnamed_file import reset_file, unnamed_file

if TYPE_CHECKING:
    from snakespice.engines.fork_server.messages import ChannelEnds, RunRequest

_MAX_REASON_BYTES = 4096


class LauncherLost(Exception):
    """The launcher was killed."""


class Channel:
    """The pipes between a worker and its launcher, and the files that both have open.

    It is made in the unit, before there are workers or launchers, so that both inherit it. `output`
    is where children print to. `mark` is what they have in their environment.
    """

    def __init__(self, directory: Path, mark: str) -> None:
        self.output = unnamed_file(directory)
        self._mark = mark
        self._reason = unnamed_file()
        self._requests, self._replies = os.pipe(), os.pipe()

    def launcher_ends(self) -> ChannelEnds:
        """Return the launcher's ends."""
        return {
            "requests": self._requests[0],
            "replies": self._replies[1],
            "output": self.output.fileno(),
            "reason": self._reason.fileno(),
            "mark": (MARK_VARIABLE, self._mark),
        }

    def close_launcher_ends(self) -> None:
        """Close the launcher's ends here, so that the pipes break when the launcher dies."""
        os.close(self._requests[0])
        os.close(self._replies[1])

    def close(self) -> None:
        """Close the worker's ends."""
        os.close(self._requests[1])
        os.close(self._replies[0])
        self.output.close()
        self._reason.close()

    def reset(self) -> None:
        """Forget what the last child printed, and why it gave up."""
        for file in (self.output, self._reason):
            reset_file(file.fileno())

    @property
    def reason(self) -> str:
        """Why the last child gave up, if it did."""
        return os.pread(self._reason.fileno(), _MAX_REASON_BYTES, 0).decode("utf-8", "replace")

    def send(self, request: RunRequest | None) -> None:
        """Ask for a child, or to reap the last one; raise LauncherLost when nobody is there."""
        try:
            send(self._requests[1], request)
        except BrokenPipeError:
            raise LauncherLost from None

    def receive(self) -> Any:
        """Wait for a reply; raise LauncherLost when none can come."""
        try:
            return receive(self._replies[0])
        except EOFError:
            raise LauncherLost from None


class ForkedProcess:
    """A child, seen from the worker: a `processes.process.Process`.

    It is the launcher's child and not the worker's, so the launcher waits for it and reaps it.
    """

    def __init__(self, channel: Channel, request: RunRequest) -> None:
        self._channel = channel
        channel.send(request)
        self.pid: int = channel.receive()

    def wait(self) -> None:
        """Wait until it has ended, and do not reap it."""
        self._channel.receive()

    def reap(self) -> WaitResult:
        """Have it reaped, and return what the kernel says of it."""
        self._channel.send(None)
        return WaitResult(*self._channel.receive())
