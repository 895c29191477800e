"""Limits hold, and nothing that was started goes on running."""

from __future__ import annotations

import mmap
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from project import SCRIPTS
from single import one_runner
from waiting import gone, running, wait_until

from snakespice.processes.limits import Limits, within_memory
from snakespice.processes.result import ProcessResult


def run(
    command: list[str], tmp_path: Path, timeout: float = 10, mem_mb: int = 1000
) -> ProcessResult:
    with one_runner() as runner, tempfile.TemporaryFile() as output:
        return runner.run(
            command,
            cwd=tmp_path,
            env=dict(os.environ),
            limits=Limits(timeout, mem_mb),
            stdin="",
            output=output,
        )


def test_exit_code_and_time(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "sleep 0.2; exit 7"], tmp_path)
    assert (ended.exit_code, ended.signal, ended.timed_out) == (7, None, False)
    assert 0.2 <= ended.wall < 5


def test_signal(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "kill -SEGV $$"], tmp_path)
    assert (ended.exit_code, ended.signal) == (None, signal.SIGSEGV)


def test_cpu_and_memory_are_those_of_the_program(tmp_path: Path) -> None:
    busy = (
        "x = bytearray(80_000_000); import time; t = time.time()\nwhile time.time() < t + .3: pass"
    )
    ended = run([sys.executable, "-c", busy], tmp_path)
    assert 0.1 < ended.cpu < 3
    # Linux counts from the size of the process that has started it.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert 70 < ended.max_rss_mb < max(200, own + 1)


@pytest.mark.parametrize("program", ["sleep 97.31", "trap '' TERM INT; sleep 97.31 & sleep 97.31"])
def test_timeout_kills_all_that_was_started(tmp_path: Path, program: str) -> None:
    ended = run(["sh", "-c", program], tmp_path, timeout=0.4)
    assert ended.timed_out
    assert ended.wall < 1.4
    assert gone("sleep 97.31", within=1)


def test_what_is_left_behind_is_killed(tmp_path: Path) -> None:
    ended = run(["sh", "-c", "sleep 97.32 & exit 0"], tmp_path)
    assert ended.exit_code == 0
    assert gone("sleep 97.32", within=1)


def test_memory_limit(tmp_path: Path) -> None:
    ended = run([sys.executable, "-c", "bytearray(500_000_000)"], tmp_path, mem_mb=200)
    assert ended.exit_code == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_survives_the_death_of_the_runner(tmp_path: Path, number: int) -> None:
    marker = f"sleep 97.4{number}"
    program = f"""
import sys; sys.path.insert(0, {str(SCRIPTS)!r})
from pathlib import Path
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits, within_memory
from snakespice.processes.process import Runner
with Guardian(1) as guardian:
    runner = Runner(guardian, 0)
    runner.run(["sh", "-c", "{marker} & {marker}"], cwd=Path("."), env={{}},
               limits=Limits(50, 1000), stdin="", output=open("out", "wb"))
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path)
    assert wait_until(lambda: len(running(marker)) >= 2, within=20)
    process.send_signal(number)
    process.wait(5)
    assert gone(marker, within=1)


def test_nothing_survives_the_death_of_the_parent(tmp_path: Path) -> None:
    program = f"""
import sys; sys.path.insert(0, {str(SCRIPTS)!r})
from pathlib import Path
from snakespice.processes.guardian import Guardian
from snakespice.processes.limits import Limits, within_memory
from snakespice.processes.process import Runner
with Guardian(1) as guardian:
    runner = Runner(guardian, 0)
    runner.run(["sleep", "97.5"], cwd=Path("."), env={{"PATH": "/bin:/usr/bin"}},
               limits=Limits(50, 1000), stdin="", output=open("out", "wb"))
"""
    (tmp_path / "unit.py").write_text(program)
    parent = subprocess.Popen(["sh", "-c", f"{sys.executable} unit.py; true"], cwd=tmp_path)
    assert wait_until(lambda: running("sleep 97.5"), within=20)
    parent.kill()
    parent.wait(5)
    assert gone("sleep 97.5", within=2)
    assert gone(str(tmp_path / "unit.py"), within=2)


@pytest.mark.parametrize(("seconds", "timed_out"), [(1, False), (97.33, True)])
def test_time_in_which_nobody_watched_does_not_count(
    tmp_path: Path, seconds: float, timed_out: bool
) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        ended = run(["sleep", str(seconds)], tmp_path, timeout=3)
        os.write(writing, f"{ended.timed_out} {ended.exit_code}".encode())
        os._exit(0)
    assert wait_until(lambda: running(f"sleep {seconds}"))
    os.kill(pid, signal.SIGSTOP)  # its program goes on, in a session of its own
    time.sleep(5)
    os.kill(pid, signal.SIGCONT)
    os.waitpid(pid, 0)
    assert os.read(reading, 100).decode() == ("True None" if timed_out else "False 0")
    assert gone(f"sleep {seconds}", 5)


def test_memory_is_limited_by_a_process_that_has_more(tmp_path: Path) -> None:
    with mmap.mmap(-1, 400 << 20):
        program = "import resource, sys; sys.exit(resource.getrlimit(resource.RLIMIT_AS)[0] >> 20)"
        ended = run([sys.executable, "-c", program], tmp_path, mem_mb=200)
        assert within_memory(["sh"], Limits(1, 200))[0] == "/bin/sh"
    assert ended.exit_code == 200
    assert within_memory(["no_such_program"], Limits(1, 1)) == ["no_such_program"]
