"""A launcher: it forks the children of one worker, and does nothing else.

Workers do not fork for themselves, and not only because ngspice's memory is in another program:
after a fork, every page that the parent writes to has to be copied, and a worker, which judges and
records, writes to hundreds before the next case. A launcher writes to next to none.
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
    """Forks a child for each request that its worker sends, until there are no more."""

    def __init__(self, library: Library, load_output: LoadOutput, log: str) -> None:
        self._library = library
        self._load_output = load_output
        self._log = log

    def serve(self, ends: ChannelEnds) -> None:
        """Serve a worker; see `channel.ForkedProcess` for the other side.

        For each request there are three replies: the child's number when it is forked, the same
        when it has ended, and, after the worker has killed the group and asked for it, what the
        kernel says of the child that is reaped.
        """
        os.environ[ends["mark"][0]] = ends["mark"][1]
        for stream in (1, 2):
            os.dup2(ends["output"], stream)
        own_pid = os.getpid()
        requests, replies = ends["requests"], ends["replies"]
        # The C library's fork: Python's prepares for threads, of which there are none, and writes
        # to pages for that (a child that exits at once has 40 page faults instead of 60).
        fork = libc().fork
        try:
            while True:
                request = receive(requests)
                child = fork()
                if child == 0:
                    self._be_child(request, ends["reason"], own_pid)
                send(replies, child)
                # It is left a zombie, so that its group cannot be another's when it is killed.
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
            # A session of its own, as each simulation has; and if the launcher is killed, the
            # worker does not learn of this child's end, so it goes with the launcher.
            os.setsid()
            die_with(parent)
            Child(self._library, self._load_output, request, give_up).run(self._log)
        except BaseException as fault:
            give_up(f"{type(fault).__name__}: {fault}")
