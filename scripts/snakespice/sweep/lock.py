"""Who works on a sweep: one run at a time, and no job that an earlier run has left behind.

Both are locks of the kernel (flock), which are gone when the process that has them is, however it
dies. So there is never anything to be unlocked by hand. A run locks `.hold` for itself. Its jobs
share a lock on `.jobs`, and the next run waits for those that are still dying.

On a cluster, jobs run on other machines than their run. NFS tells them of each other's locks if it
is mounted so, other file systems may not; but everyone can read the text of `.hold`. So a job works
for the run that is named there, and looks at its lock on the same machine only.
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
# In the environment of a run's jobs: the run's name, which a job that is started by hand lacks, and
# one of the sweeps that it has locked, by which a job sees whether the run still lives.
RUN_VARIABLE = "SNAKESPICE_RUN"
LOCKED_VARIABLE = "SNAKESPICE_HELD"
CANCEL_SCRIPT = Path(__file__).resolve().parents[2] / "cancel.py"
_GLANCE_SECONDS = 0.5  # a job that looks whether its run still lives has the lock for an instant
_DYING_SECONDS = 10.0  # how long a run waits for the jobs of a killed one, and a job for a new run
_RETRY_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

_locked_here: dict[Path, IO[str]] = {}


class SweepLocked(Exception):
    """Somebody else works on the sweep; the message says who, and what to do."""


def lock_sweep(directory: Path) -> IO[str]:
    """Lock the sweep in `directory` until the returned file is closed or this process ends.

    The jobs that this process starts from now on work for it. Raises SweepLocked, or OSError when
    nothing can be written there.
    """
    directory.mkdir(parents=True, exist_ok=True)
    file = (directory / LOCK).open("a+", encoding="utf-8")
    if not _lock(file, fcntl.LOCK_EX, within=_GLANCE_SECONDS):
        raise SweepLocked(
            f"{directory} is locked by {_owner(file)}: wait for it to end, or stop it with"
            " Ctrl-C or kill. Nothing has to be deleted or unlocked."
        )
    os.environ[RUN_VARIABLE] = _own_name()
    file.truncate(0)
    file.write(os.environ[RUN_VARIABLE])
    file.flush()
    os.fsync(file.fileno())  # else other machines see it only when the file is closed
    with (directory / JOBS_LOCK).open("a+") as jobs:
        if not _lock(jobs, fcntl.LOCK_EX, within=_DYING_SECONDS):
            raise SweepLocked(
                f"jobs of an earlier run are still at work in {directory}: wait for them, or cancel"
                f" them (in Slurm: `python {CANCEL_SCRIPT}`)."
                " Nothing has to be deleted or unlocked."
            )
    return file


def keep_locked(directory: Path) -> bool:
    """Lock the sweep in `directory` until `unlock_sweep` or the end of this process.

    Return whether this process had not locked it before: a workflow can have the rules of a sweep
    several times, from several modules. Raises what `lock_sweep` does.
    """
    if is_locked_here(directory):
        return False
    _locked_here[directory] = lock_sweep(directory)
    _export_locked()
    return True


def is_locked_here(directory: Path) -> bool:
    """Whether this process has locked the sweep in `directory`."""
    return directory in _locked_here


def unlock_sweep(directory: Path) -> None:
    """Unlock the sweep in `directory`, if this process has locked it."""
    if is_locked_here(directory):
        _locked_here.pop(directory).close()
        _export_locked()


def _export_locked() -> None:
    os.environ[LOCKED_VARIABLE] = str(next(iter(_locked_here), ""))


@contextmanager
def job(directory: Path) -> Iterator[None]:
    """Work on a sweep, for the run that started this process, or by hand. For main threads.

    Raises Orphaned, at any moment, when the run or the parent process is gone.
    """
    parent = os.getppid()

    def check_parent(_number: int, _frame: FrameType | None) -> None:
        if os.getppid() != parent:
            raise Orphaned

    directory.mkdir(parents=True, exist_ok=True)
    with (directory / JOBS_LOCK).open("a+") as jobs:  # for NFS it must be readable
        _lock(jobs, fcntl.LOCK_SH, within=_DYING_SECONDS)
        # The run may have died before this process asked for its parent's number.
        if (run := os.environ.get(RUN_VARIABLE)) and not _is_locked_by(directory, run):
            raise Orphaned
        signal.signal(signal.SIGALRM, check_parent)
        signal.setitimer(signal.ITIMER_REAL, POLL_SECONDS, POLL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def is_orphan() -> bool:
    """Tell whether the run that started this process is over, as its sweep is no longer locked.

    That can be for a job that waited in a queue while its run was killed.
    """
    run, locked = os.environ.get(RUN_VARIABLE), os.environ.get(LOCKED_VARIABLE)
    return bool(run and locked) and not _is_locked_by(Path(str(locked)), str(run))


@cache
def _own_name() -> str:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return f"process {os.getpid()} on {platform.node()} since {now}"


def _owner(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "another run"


def _is_locked_by(directory: Path, run: str) -> bool:
    try:
        with (directory / LOCK).open(encoding="utf-8") as file:
            is_here = f" on {platform.node()} since " in run
            return _owner(file) == run and not (is_here and _lock(file, fcntl.LOCK_SH))
    except FileNotFoundError:
        return False


def _lock(file: IO[str], kind: int, within: float = 0) -> bool:
    """Lock a file within so many seconds; return whether it could be locked."""
    deadline = time.monotonic() + within
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_RETRY_SECONDS)
        except OSError as fault:
            if fault.errno in _NO_LOCKS:
                # On a file system without locks nobody is kept out, and nobody given up.
                return within > 0
            raise
