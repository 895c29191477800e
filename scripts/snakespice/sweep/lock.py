"""Who works on a sweep: one run at a time, and no job that an earlier run has left behind.

Both are locks of the kernel (flock), which are gone when their holder is, however it dies. So there
is never anything to be unlocked by hand. A run holds `.hold` alone. Its jobs share `.jobs`, and
a run that follows waits for those that are still dying.

On a cluster, jobs run on other machines than their run. NFS tells them of each other's locks if it
was mounted so, other file systems may not; the text of `.hold` everyone can read. So a job works
for the run whose name stands there, and asks for its lock on the same machine only.
"""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import FrameType
from typing import IO

from snakespice.processes.process import POLL_SECONDS, Orphaned

LOCK = ".hold"
JOBS_LOCK = ".jobs"
RUN_VARIABLE = "SNAKESPICE_RUN"  # environment: the run for which a job works; no job by hand has it
LOCKED_VARIABLE = (
    "SNAKESPICE_HELD"  # environment: one of the sweeps that this run holds, by which it is known
)
CANCEL_SCRIPT = Path(__file__).resolve().parents[2] / "cancel.py"
DYING_SECONDS = 10.0  # s that the last holder and the jobs of a killed run are given
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


_kept: dict[Path, IO[str]] = {}


class SweepLocked(Exception):
    """Somebody else works on the sweep; the message says who and what to do."""


def lock_sweep(directory: Path) -> IO[str]:
    """Hold the sweep in `directory` until the returned file is closed or this process ends.

    The jobs that this process starts from now on work for it. Raises Held, or OSError when
    nothing can be written there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / LOCK).open("a+", encoding="utf-8")
    # A job that looks whether its run still lives has the lock for an instant.
    if not _locked(file, fcntl.LOCK_EX, within=0.5):
        raise SweepLocked(
            f"{directory} is in the hands of {_text(file)}: wait for it to end, or stop it with"
            " Ctrl-C or kill. Nothing has to be deleted or unlocked."
        )
    os.environ[RUN_VARIABLE] = _who_i_am()
    file.truncate(0)
    file.write(os.environ[RUN_VARIABLE])
    file.flush()
    os.fsync(file.fileno())  # or other machines would see it when the file is closed
    with (directory / JOBS_LOCK).open("a+") as jobs:
        if not _locked(jobs, fcntl.LOCK_EX, within=DYING_SECONDS):
            raise SweepLocked(
                f"jobs of an earlier run are still at work in {directory}: wait for them or cancel"
                f" them (in Slurm: `python {CANCEL_SCRIPT}`)."
                " Nothing has to be deleted or unlocked."
            )
    return file


def keep_locked(directory: Path) -> bool:
    """Hold the sweep in `directory` until `let_go` or the end of this process; see `hold`.

    Return whether it was not held before. Once is enough: a workflow can have the rules of a sweep
    several times, from several modules.
    """
    if is_locked_here(directory):
        return False
    _kept[directory] = lock_sweep(directory)
    _tell_what_is_held()
    return True


def is_locked_here(directory: Path) -> bool:
    """Whether this process holds the sweep in `directory`."""
    return directory in _kept


def unlock_sweep(directory: Path) -> None:
    """Hold the sweep in `directory` no longer, if this process does."""
    if is_locked_here(directory):
        _kept.pop(directory).close()
        _tell_what_is_held()


def _tell_what_is_held() -> None:
    os.environ[LOCKED_VARIABLE] = str(next(iter(_kept), ""))


@contextmanager
def job(directory: Path) -> Iterator[None]:
    """Work on a sweep for the run that started this process, or by hand for whoever did.

    Raises Orphaned, at any moment, when the run or the parent process is gone. For main threads.
    """
    parent = os.getppid()

    def look(_number: int, _frame: FrameType | None) -> None:
        if os.getppid() != parent:
            raise Orphaned

    directory.mkdir(parents=True, exist_ok=True)
    with (directory / JOBS_LOCK).open("a+") as jobs:  # NFS locks for sharing what can be read
        _locked(jobs, fcntl.LOCK_SH, within=DYING_SECONDS)
        # The run may have died before its number was taken.
        if (run := os.environ.get(RUN_VARIABLE)) and not _is_held(directory, run):
            raise Orphaned
        signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, POLL_SECONDS, POLL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def is_orphan() -> bool:
    """Tell whether the run that started this process is over: it holds its sweep no longer.

    So it is with a job that waited in a queue while its run was killed.
    """
    run, held = os.environ.get(RUN_VARIABLE), os.environ.get(LOCKED_VARIABLE)
    return bool(run and held) and not _is_held(Path(str(held)), str(run))


@cache
def _who_i_am() -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {platform.node()} since {now}"


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "another run"


def _is_held(directory: Path, run: str) -> bool:
    try:
        with (directory / LOCK).open(encoding="utf-8") as file:
            is_here = f" on {platform.node()} since " in run
            return _text(file) == run and not (is_here and _locked(file, fcntl.LOCK_SH))
    except FileNotFoundError:
        return False


def _locked(file: IO[str], kind: int, within: float = 0) -> bool:
    """Lock a file within so many seconds; return whether that went well."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        except OSError as fault:
            if fault.errno in _NO_LOCKS:
                return within > 0  # a file system without locks: nobody is kept out or given up
            raise
