"""A child takes nothing with it, its limits hold, and nothing goes on running."""

from __future__ import annotations

import contextlib
import ctypes.util
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import both  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import pytest
from project import SCRIPTS
from waiting import wait_until

from snakespice.engines import libngspice
from snakespice.engines.warm import CannotRunWarm
from snakespice.processes.limits import Limits

TRAN = """t
V1 in 0 PULSE(0 1 0 1n 1n 1 2)
R1 in out <R>
C1 out 0 1n
.save v(out)
.tran 10n <STOP> <START> 10n
.end
"""
# Nothing is saved before 19 s; with the second the data grow.
ENDLESS = {"R": "1k", "STOP": "20", "START": "19"}
GREEDY = {"R": "1k", "STOP": "1", "START": "0"}
GOOD = [{"R": r, "STOP": "5u", "START": "0"} for r in ("1k", "3.3k", "2.2k")]


def processes(predicate: Callable[[Path], bool]) -> list[int]:
    """Return the running processes, as /proc shows them, of which the predicate is true."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if predicate(path) and (path / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(int(path.name))
    return found


def running_in(directory: Path) -> list[int]:
    return processes(lambda path: Path(os.readlink(path / "cwd")).is_relative_to(directory))


def compare(desk: both.Desk, bad: dict[str, str], limits: Limits, cores: int = 2) -> both.Outcome:
    """Run good cases and a bad one by both engines; return the bad one's outcome."""
    desk.limit(limits)
    cases = desk.cases(TRAN, [*GOOD, bad, GOOD[1]])
    cold = desk.cold(cases)
    warm = desk.warm(both.one_group(cases), cores)
    assert [outcome.verdict.status for outcome in warm] == ["completed"] * 3 + [
        "failed",
        "completed",
    ]
    good = [0, 1, 2, 4]
    both.assert_same([warm[k] for k in good], [cold[k] for k in good])
    told = f"{warm[3]}, not {cold[3]}"[:2000]
    assert warm[3].verdict.failure == cold[3].verdict.failure, told
    assert warm[3].end == cold[3].end, told
    return warm[3]


def test_hang(desk: both.Desk) -> None:
    outcome = compare(desk, ENDLESS, Limits(1.0, 1000))
    assert outcome.verdict.failure == "timeout"
    assert outcome.ended.wall < 2
    assert running_in(desk.directory) == []


def test_memory(desk: both.Desk) -> None:
    outcome = compare(desk, GREEDY, Limits(20, 100))
    assert outcome.verdict.failure == "out_of_memory"
    assert outcome.ended.max_rss_mb < 150


def test_output(desk: both.Desk) -> None:
    outcome = compare(desk, {**GREEDY, "STOP": "5m"}, Limits(20, 1000, max_output_mb=1))
    assert outcome.verdict.failure == "output_error"


def test_crash(desk: both.Desk) -> None:
    cases = desk.cases(TRAN, [*GOOD, ENDLESS])
    group = both.one_group(cases)
    victim = cases[3].directory

    def crash() -> None:
        assert wait_until(lambda: running_in(victim))
        time.sleep(0.2)
        os.kill(running_in(victim)[0], signal.SIGSEGV)

    killer = threading.Thread(target=crash)
    killer.start()
    outcomes = desk.warm(group, cores=2)
    killer.join()
    assert [outcome.verdict.status for outcome in outcomes[:3]] == ["completed"] * 3
    assert outcomes[3].verdict.failure == "crashed"
    assert outcomes[3].ended.signal == signal.SIGSEGV


def test_netlist_that_does_not_load_for_some_values(desk: both.Desk) -> None:
    template = "t\n.param d=<D>\nV1 in 0 1\nR1 in 0 {1/d}\n.op\n.end\n"
    cases = desk.cases(template, [{"D": value} for value in ("1", "0", "2")])
    cold = desk.cold(cases)
    warm = desk.warm(both.one_group(cases))
    assert [outcome.verdict.failure for outcome in cold] == [None, "netlist_error", None]
    assert [outcome.verdict.failure for outcome in warm] == [None, "netlist_error", None]


def test_netlist_that_does_not_load_at_all(desk: both.Desk) -> None:
    template = "t\nV1 in 0 <V>\nD1 in 0 nosuch\n.op\n.end\n"
    group = both.one_group(desk.cases(template, [{"V": value} for value in "123"]))
    with desk.server(group) as server, pytest.raises(CannotRunWarm, match="nosuch"):
        server.wait()


def test_reading_may_not_take_for_ever(desk: both.Desk) -> None:
    desk.limit(Limits(0.001, 1000))
    group = both.one_group(desk.cases(TRAN, GOOD))
    with desk.server(group) as server, pytest.raises(CannotRunWarm, match="timeout"):
        server.wait()
    assert wait_until(lambda: not running_in(desk.directory))


def test_death_of_the_process_that_holds_the_models(desk: both.Desk) -> None:
    group = both.one_group(desk.cases(TRAN, [*GOOD, ENDLESS]))
    endless = group.cases[3]
    with desk.server(group) as server:
        server.wait()

        def kill() -> None:
            assert wait_until(lambda: running_in(endless.directory))
            os.kill(server.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(CannotRunWarm, match="died"):
            list(desk.run(server, {endless.number: endless}))
        killer.join()
    assert wait_until(lambda: not running_in(desk.directory), within=1)


def test_death_of_the_process_that_forks_for_a_worker(desk: both.Desk) -> None:
    group = both.one_group(desk.cases(TRAN, [*GOOD, ENDLESS]))
    endless = group.cases[3]
    with desk.server(group, cores=2) as server:
        server.wait()

        def kill() -> None:
            assert wait_until(lambda: running_in(endless.directory))
            child = Path("/proc") / str(running_in(endless.directory)[0])
            os.kill(int((child / "stat").read_text().rsplit(")", 1)[1].split()[1]), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(CannotRunWarm, match="died"):
            list(desk.run(server, {endless.number: endless}, cores=2))
        killer.join()
        assert wait_until(lambda: not running_in(endless.directory), within=1)


def test_what_holds_the_models_has_little_in_memory() -> None:
    program = "import sys, snakespice.engines.fork_server.server; print(*sys.modules)"
    command = [sys.executable, "-S", "-E", "-s", "-c", program]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    large = {"collections", "contextlib", "enum", "functools", "json", "pathlib", "re", "typing"}
    assert not large & set(done.stdout.split())


UNIT = """
import sys
sys.path[:0] = [{scripts!r}, {tests!r}, {support!r}]
import both
from pathlib import Path
from snakespice.processes.guardian import Guardian
from snakespice.sweep.lock import job
import test_isolation as t
with job(Path(".")), Guardian(both.SLOTS) as guardian:
    desk = both.Desk(Path("."), guardian)
    group = both.one_group(desk.cases(t.TRAN, [*t.GOOD, t.ENDLESS, t.ENDLESS]))
    desk.warm(group, 2)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("victim", ["unit", "snakemake"])
def test_nothing_survives(number: int, victim: str, tmp_path: Path) -> None:
    (tmp_path / "unit.py").write_text(
        UNIT.format(
            scripts=str(SCRIPTS),
            tests=str(Path(__file__).parent),
            support=str(Path(__file__).parents[1] / "support"),
        )
    )
    command = [sys.executable, "unit.py"]
    if victim == "snakemake":
        command = ["sh", "-c", f"{sys.executable} unit.py; true"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: running_in(tmp_path / "case_5"), within=20)
    # A shell that waits for its child ignores the gentler signals.
    process.send_signal(signal.SIGKILL if victim == "snakemake" else number)
    process.wait(10)

    def everything() -> list[int]:
        return processes(lambda path: b"unit.py" in (path / "cmdline").read_bytes()) + running_in(
            tmp_path
        )

    assert wait_until(lambda: not everything(), within=1.5)


def test_no_library(desk: both.Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libngspice, "_NAMES", ())
    monkeypatch.setattr(ctypes.util, "find_library", lambda _name: None)
    with pytest.raises(libngspice.LibraryMissing, match="not installed"):
        libngspice.find_library(desk.settings.ngspice.path)


def test_library_of_another_version(desk: both.Desk) -> None:
    ngspice = desk.settings.ngspice._replace(version="ngspice-46")
    settings = replace(desk.settings, ngspice=ngspice)
    group = both.one_group(desk.cases(TRAN, GOOD))
    desk.settings = settings
    with (
        desk.server(group) as server,
        pytest.raises(libngspice.LibraryMissing, match="and the program is ngspice-46"),
    ):
        server.wait()


def test_spiceinit_at_home_is_not_read(
    desk: both.Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".spiceinit").write_text("set filetype=ascii\nshell touch was_read\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    desk.warm(both.one_group(desk.cases(TRAN, GOOD)))
    assert not list(tmp_path.rglob("was_read"))
