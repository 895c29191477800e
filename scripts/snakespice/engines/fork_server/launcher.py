"""From where children are forked: a process for each worker, that does no more.

After a fork, every page that the parent writes to has to be copied. A worker that judges and
records writes to hundreds, so it has another process fork for it.
"""

from __future__ import annotations

import os

from snakespice.base.system import die_with, libc
from snakespice.engines.fork_server.child import Child
from snakespice.engines.fork_server.messages import receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from snakespice.engines.fork_server.child import LoadOutput
    from snakespice.engines.fork_server.library import Library
    from snakespice.engines.fork_server.messages import ChannelEnds, RunRequest


class Launcher:
    """Forks a child for each order that comes over a line, until there are no more."""

    def __init__(self, library: Library, heard: LoadOutput, log: str) -> None:
        self._library = library
        self._heard = heard
        self._log = log

    def serve(self, ends: ChannelEnds) -> None:
        """Fork, tell the child's number, its end, and, when asked to reap it, what it used."""
        os.environ[ends["mark"][0]] = ends["mark"][1]
        for stream in (1, 2):
            os.dup2(ends["output"], stream)
        me = os.getpid()
        requests, replies = ends["requests"], ends["replies"]
        # os.fork makes ready for threads that there are not, and writes to 200 pages for it.
        fork = libc().fork
        try:
            while True:
                request = receive(requests)
                child = fork()
                if child == 0:
                    self._be_child(request, ends["reason"], me)
                send(replies, child)
                # WNOWAIT leaves it unreaped: its group cannot be another's when that is killed.
                os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
                send(replies, child)
                receive(requests)
                _, status, usage = os.wait4(child, 0)
                cpu = usage.ru_utime + usage.ru_stime
                send(replies, (status, cpu, usage.ru_maxrss / 1024))
        except EOFError:
            return

    def _be_child(self, request: RunRequest, reason: int, parent: int) -> NoReturn:
        def give_up(why: str) -> NoReturn:
            os.pwrite(reason, why.encode(), 0)
            os._exit(1)

        try:
            os.setsid()
            die_with(parent)
            Child(self._library, self._heard, request, give_up).run(self._log)
        except BaseException as fault:
            give_up(f"{type(fault).__name__}: {fault}")
