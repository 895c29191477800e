"""A case that exceeds a limit ends, is called by what it did, and leaves nothing running."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from case import (  # type: ignore[import-not-found]  # beside this file, where pytest finds it
    DIVIDER,
    Outcome,
    control,
    shell,
    simulate,
)
from single import one_runner
from waiting import gone, running

from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner

MEGABYTE = 1 << 20
LONG = "a mistyped stop time\nV1 in 0 sin(0 1 1meg)\nR1 in 0 1k\n.tran 1n {}\n.end\n"


SLEEPERS = [
    "{0}",
    "{0} & {0}",
    "trap '' TERM INT HUP; {0}; {0}",
    "setsid {0} & {0}",
    "setsid -f nohup {0} > /dev/null 2>&1; {0}",
]


@pytest.mark.parametrize("number", range(len(SLEEPERS)))
def test_time(runner: Runner, tmp_path: Path, number: int) -> None:
    sleep = f"sleep 98.1{number}"
    text = control(shell(tmp_path, SLEEPERS[number].format(sleep)))
    outcome = simulate(runner, tmp_path, text, limits=Limits(0.7, 1000))
    assert outcome.verdict.failure == "timeout"
    assert "0.7 s" in (outcome.verdict.error_message or "")
    assert outcome.ended.wall < 1.7
    assert gone(sleep, within=1)


def test_time_of_a_backquote(runner: Runner, tmp_path: Path) -> None:
    text = control("echo `sleep 98.21`")
    outcome = simulate(runner, tmp_path, text, limits=Limits(0.7, 1000))
    assert outcome.verdict.failure == "timeout"
    assert gone("sleep 98.21", within=1)


def test_a_daemon_of_a_case_that_ended_well_is_gone_with_its_unit(tmp_path: Path) -> None:
    with one_runner() as runner:
        daemon = shell(tmp_path, "setsid sleep 98.22 > /dev/null 2>&1 &")
        outcome = simulate(runner, tmp_path, control(daemon))
        assert outcome.verdict.status == "completed"
    assert gone("sleep 98.22", within=1)


@pytest.mark.parametrize("mem_mb", [50, 60, 75, 100, 150, 200])
def test_memory(runner: Runner, tmp_path: Path, mem_mb: int) -> None:
    outcome = simulate(runner, tmp_path, LONG.format("20m"), limits=Limits(60, mem_mb))
    assert outcome.verdict.failure == "out_of_memory"
    assert f"{mem_mb} MB (simulator.mem_mb)" in (outcome.verdict.error_message or "")
    # Until it is replaced by ngspice, the process counts as large as the one that started it.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert outcome.ended.max_rss_mb < max(mem_mb, own) + 1


def test_memory_of_what_it_starts(runner: Runner, tmp_path: Path) -> None:
    eater = shell(tmp_path, "ulimit -v 900000", "python3 -c 'bytearray(400000000)'")
    outcome = simulate(runner, tmp_path, control(eater), limits=Limits(60, 200))
    assert "MemoryError" in outcome.log


def test_memory_from_the_first_instruction_on(runner: Runner, tmp_path: Path) -> None:
    limits = Limits(20, 77)
    outcome = simulate(runner, tmp_path, control("shell ulimit -v"), limits=limits)
    assert str(77 * 1024) in outcome.log


WRITERS = [
    "yes > more.txt",
    "yes",
    "mkdir -p a/b; yes > a/b/c; true",
    "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > f$i; done",
    "for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > f$i; done; sleep 98.3",
    "while true; do mktemp -p . > /dev/null; head -c 100000 /dev/zero > $(mktemp -p .); done",
]
TEXTS = [
    LONG.format("1m"),  # 33 MB of waveform, held in memory and written at the end
    control("while 1", "print all >> more.txt", "end"),
    control("while 1", "print all", "end"),
]


def assert_stopped_for_its_output(outcome: Outcome, case_dir: Path) -> None:
    assert outcome.verdict.failure == "output_error"
    assert "5 MB, the limit (simulator.max_output_mb)" in (outcome.verdict.error_message or "")
    assert outcome.ended.wall < 20
    assert max(path.stat().st_size for path in case_dir.rglob("*")) <= 6 * MEGABYTE


@pytest.mark.parametrize("text", TEXTS)
def test_output(runner: Runner, tmp_path: Path, text: str) -> None:
    outcome = simulate(runner, tmp_path, text, limits=Limits(30, 1000, 5))
    assert_stopped_for_its_output(outcome, tmp_path)


@pytest.mark.parametrize("script", WRITERS)
def test_output_of_what_it_starts(runner: Runner, tmp_path: Path, script: str) -> None:
    text = control(shell(tmp_path, script))
    outcome = simulate(runner, tmp_path, text, limits=Limits(30, 1000, 5))
    assert_stopped_for_its_output(outcome, tmp_path)
    assert not running("sleep 98.3")


def test_output_elsewhere_is_limited_by_file(runner: Runner, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    case_dir = tmp_path / "case"
    text = control(shell(case_dir, f"yes > {target}"))
    simulate(runner, case_dir, text, limits=Limits(30, 1000, 5))
    assert target.stat().st_size == 5 * MEGABYTE


def test_limits_do_not_outlive_the_case(runner: Runner, tmp_path: Path) -> None:
    simulate(runner, tmp_path / "1", LONG.format("20m"), limits=Limits(20, 60, 1))
    outcome = simulate(runner, tmp_path / "2", DIVIDER + ".op\n.end\n")
    assert outcome.verdict.status == "completed"
    bytearray(500 * MEGABYTE)
    (tmp_path / "large").write_bytes(bytes(2 * MEGABYTE))


@pytest.mark.parametrize("name", ["ngspice.log", "case_1_results.raw"])
@pytest.mark.parametrize("thing", ["mkfifo {0}", "mkdir {0}", "ln -s /dev/zero {0}"])
def test_what_stands_in_place_of_a_file_is_not_read(
    runner: Runner, tmp_path: Path, name: str, thing: str
) -> None:
    text = control(shell(tmp_path, f"rm -f {name}; {thing.format(name)}"), "write " + name)
    for _ in range(2):
        outcome = simulate(runner, tmp_path, text, limits=Limits(1, 1000, 100))
        assert outcome.verdict.status == "failed"
    outcome = simulate(runner, tmp_path, DIVIDER + ".op\n.end\n")
    assert outcome.verdict.status == "completed"


def test_what_stands_in_place_of_a_file_is_not_written_through(
    runner: Runner, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    case_dir = tmp_path / "case"
    links = f"for file in ngspice.log .spiceinit; do ln -sf {victim} $file; done; echo printed"
    for _ in range(2):
        simulate(runner, case_dir, control(shell(case_dir, links)))
    assert victim.read_text() == "mine\n"
