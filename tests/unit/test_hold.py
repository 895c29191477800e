"""One run works on a sweep at a time, and its jobs end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import SCRIPTS
from waiting import wait_until

from snakespice.processes.process import Orphaned
from snakespice.sweep.lock import (
    LOCKED_VARIABLE,
    RUN_VARIABLE,
    SweepLocked,
    is_orphan,
    job,
    keep_locked,
    lock_sweep,
    unlock_sweep,
)


@pytest.fixture(autouse=True)
def no_run(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the environment as it was, in which a hold writes."""
    monkeypatch.setenv(RUN_VARIABLE, "")
    yield


def another(program: str, directory: Path, **environment: str) -> subprocess.Popen[str]:
    """Run a program in another process, up to the line that it prints."""
    text = f"import sys, time; sys.path.insert(0, {str(SCRIPTS)!r})\n{program}"
    process = subprocess.Popen(
        [sys.executable, "-c", text, directory],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    return process


HOLDER = """
from pathlib import Path
from snakespice.sweep.lock import lock_sweep
locked = lock_sweep(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
WORKER = """
from pathlib import Path
from snakespice.sweep.lock import job
with job(Path(sys.argv[1])):
    print("at work", flush=True)
    time.sleep(60)
"""


def test_the_second_is_told_who_holds_the_sweep(tmp_path: Path) -> None:
    holder = another(HOLDER, tmp_path / "rc")
    with pytest.raises(SweepLocked, match=f"process {holder.pid} on .* since .* wait for it"):
        lock_sweep(tmp_path / "rc")
    with lock_sweep(tmp_path / "other"):
        pass
    holder.kill()
    holder.wait()
    with lock_sweep(tmp_path / "rc"):
        pass


def test_a_run_waits_for_the_jobs_of_the_last_one(tmp_path: Path) -> None:
    worker = another(WORKER, tmp_path)
    killed = tmp_path / "killed"
    subprocess.Popen(["sh", "-c", f"sleep 1; touch {killed}; kill {worker.pid}"])
    with lock_sweep(tmp_path):
        assert killed.exists()
    worker.wait()


def test_a_job_whose_run_is_gone_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lock_sweep(tmp_path), job(tmp_path):
        pass
    with pytest.raises(Orphaned), job(tmp_path):
        pass
    monkeypatch.delenv(RUN_VARIABLE)
    with job(tmp_path):  # by hand
        pass


def test_a_job_ends_when_its_parent_does(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(
        f"import sys, time; sys.path.insert(0, {str(SCRIPTS)!r})\n{WORKER}"
    )
    parent = subprocess.Popen(
        ["sh", "-c", f"{sys.executable} worker.py . & echo $!; wait"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout
    number = int(parent.stdout.readline())
    parent.stdout.readline()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not Path(f"/proc/{number}").exists(), within=10)


def test_a_process_knows_whether_its_run_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what its run holds, whatever else there is that it does not hold."""
    monkeypatch.setenv(LOCKED_VARIABLE, "")
    monkeypatch.delenv(RUN_VARIABLE)
    assert not is_orphan()
    path = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r})"
    look = f"{path}; from snakespice.sweep.lock import is_orphan"
    asked = [sys.executable, "-c", f"{look}; print(is_orphan())"]
    keep_locked(tmp_path / "first")
    keep_locked(tmp_path / "second")
    assert subprocess.run(asked, capture_output=True, text=True).stdout == "False\n"
    unlock_sweep(tmp_path / "first")
    assert subprocess.run(asked, capture_output=True, text=True).stdout == "False\n"
    held = os.environ[LOCKED_VARIABLE]
    unlock_sweep(tmp_path / "second")
    monkeypatch.setenv(LOCKED_VARIABLE, held)  # as for a job that was sent before
    assert subprocess.run(asked, capture_output=True, text=True).stdout == "True\n"
