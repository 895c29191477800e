"""Whether the machine has room, by what Linux tells of it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from snakespice.config.settings import Requirement
from snakespice.processes import admission

MEMINFO = "MemTotal: 8000 kB\nMemFree: 1024 kB\nMemAvailable: 4096 kB\nSwapFree: 9999 kB\n"


def test_memory_that_caches_hold_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text(MEMINFO)
    monkeypatch.setattr(admission, "MEMORY", str(tmp_path / "meminfo"))
    assert admission.free_memory_mb() == 4


@pytest.mark.parametrize(
    ("later", "busy"),
    [
        # user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice
        ("cpu  200 100 100 100 100 100 100 100 100 100", 100),
        ("cpu  100 100 100 200 100 100 100 100 100 100", 0),
        ("cpu  100 100 100 100 200 100 100 100 100 100", 0),  # it waits for a disk
        ("cpu  125 100 100 150 125 100 100 100 125 100", 25),  # a guest is a user, too
        ("cpu  110 110 110 110 110 110 110 110 100 100", 75),
        ("cpu  100 100 100 100 100 100 100 100 100 100", 100),
    ],
)
def test_how_busy_the_processors_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later: str, busy: float
) -> None:
    stat = tmp_path / "stat"
    stat.write_text(f"cpu  {'100 ' * 10}\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
    monkeypatch.setattr(admission, "CPU_TIMES", str(stat))

    def pause(_seconds: float) -> None:
        stat.write_text(later + "\n")

    assert admission.cpu_percent(pause) == busy


def test_the_load_of_this_machine() -> None:
    def burn(seconds: float) -> None:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass

    assert 5 < admission.cpu_percent(burn) <= 100
    kilobytes = json.loads(Path("/proc/meminfo").read_text().split()[1])
    assert 0 < admission.free_memory_mb() < kilobytes / 1024


def test_a_case_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter([10.0, 20.0, 5000.0])
    monkeypatch.setattr(admission, "free_memory_mb", lambda: next(figures))
    paused: list[float] = []
    requirement = Requirement(free_mem_mb=100, max_cpu_percent=None, wait=600)
    assert admission.wait_for_resources(requirement, paused.append) is None
    assert paused == [1.0, 1.0]


def test_what_forbade_it_to_the_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "free_memory_mb", lambda: 10.0)
    monkeypatch.setattr(admission, "cpu_percent", lambda _pause: 99.0)
    requirement = Requirement(free_mem_mb=100, max_cpu_percent=90, wait=0)
    assert admission.wait_for_resources(requirement, lambda _seconds: None) == (
        "10 MB of memory are free, 100 are required"
        " and the processors are 99 % busy, 90 are allowed"
        " (simulator.require), after waiting for 0 s"
    )
    enough = Requirement(free_mem_mb=10, max_cpu_percent=99, wait=0)
    assert admission.wait_for_resources(enough, lambda _seconds: None) is None
