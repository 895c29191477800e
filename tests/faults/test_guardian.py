"""What leaves its process group, or is just being started, is killed when the unit's script is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from project import SCRIPTS
from waiting import gone, running, wait_until

from snakespice.processes.guardian import MARK_VARIABLE, STARTING, Guardian

PROGRAM = f"""
import sys, time; sys.path.insert(0, {str(SCRIPTS)!r})
from pathlib import Path
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner
with Guardian(1) as guardian, open("out", "wb") as out:
    runner = Runner(guardian, 0)
    runner.run(["sh", "-c", "echo $$ > daemon; setsid sleep 96.1 & echo $! > daemon; {{wait}}"],
               cwd=Path("."), env={{{{"PATH": "/bin:/usr/bin"}}}},
               limits=Limits(50, 1000), stdin="", output=out)
    Path("ready").touch()
    time.sleep(60)
"""


def runs(command_line: Path) -> bool:
    """Whether a process still runs; of one that ended the command line is empty or gone."""
    try:
        return bool(command_line.read_text())
    except OSError:
        return False


@pytest.mark.parametrize(("wait", "sign"), [("wait", "daemon"), ("sleep 0.5", "ready")])
def test_a_daemon_dies_with_the_script(tmp_path: Path, wait: str, sign: str) -> None:
    unit = subprocess.Popen([sys.executable, "-c", PROGRAM.format(wait=wait)], cwd=tmp_path)
    assert wait_until(lambda: (tmp_path / sign).exists(), within=20)
    time.sleep(0.3)
    daemon = Path("/proc") / (tmp_path / "daemon").read_text().strip() / "cmdline"
    assert "sleep" in daemon.read_text()
    unit.kill()
    unit.wait()
    assert wait_until(lambda: not runs(daemon), within=3)


@pytest.mark.parametrize("announced", [STARTING, 0])
def test_a_program_that_bears_the_mark_a_moment_later(announced: int) -> None:
    with Guardian(1) as guardian:
        mark = f"{MARK_VARIABLE}={guardian.mark(0)}"
        late = ["sh", "-c", f"sleep 0.5; exec env {mark} sleep 100"]
        program = subprocess.Popen(late, start_new_session=True)
        try:
            guardian.watch(0, announced)
            guardian.kill_all()
            time.sleep(1)
            assert program.poll() == (-signal.SIGKILL if announced else None)
        finally:
            program.kill()
            program.wait()


def test_others_may_end_while_it_looks_for_its_own() -> None:
    coming_and_going = ["sh", "-c", "while :; do /bin/true; done"]
    others = [subprocess.Popen(coming_and_going) for _ in range(2)]
    try:
        with Guardian(1) as guardian:
            for _ in range(500):
                guardian.kill_strays(0)
    finally:
        for other in others:
            other.kill()
            other.wait()


POOL = f"""
import sys; sys.path.insert(0, {str(SCRIPTS)!r})
from pathlib import Path
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits
from snakespice.processes.workers import WorkerPool
output = open("out", "wb")
def work(runner, tasks):
    for task in tasks:
        yield runner.run(["sleep", "96.4"], cwd=Path("."), env={{}}, limits=Limits(90, 1000),
                         stdin="", output=output)
with Guardian(2) as guardian, WorkerPool(work, 2, guardian, first_slot=0) as pool:
    pool.submit([1, 2])
    list(pool.results())
"""


def test_workers_end_what_they_started_when_unit_and_guardian_are_killed(tmp_path: Path) -> None:
    unit = subprocess.Popen([sys.executable, "-c", POOL], cwd=tmp_path)
    assert wait_until(lambda: len(running("sleep 96.4")) == 2)
    children = Path(f"/proc/{unit.pid}/task/{unit.pid}/children").read_text().split()
    (guardian,) = (pid for pid in map(int, children) if os.getsid(pid) == pid)
    os.kill(guardian, signal.SIGKILL)
    unit.kill()
    unit.wait()
    assert gone("sleep 96.4", 5)
