"""Which cases `scripts/retry.py` prepares to be simulated again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from project import Project
from sweeps import plan_of, record_of, write_sweep

from snakespice.base.files import write_json

SEVEN = plan_of([str(number) for number in range(1, 8)], cases_per_job=3)
RECORDS: dict[int, dict[str, Any]] = {
    1: {},
    2: {"status": "failed", "failure": "timeout"},
    3: {"status": "failed", "failure": "netlist_error"},
    # The fourth has no record, the fifth a damaged one.
    5: {},
    6: {},
    7: {"status": "failed", "failure": "timeout"},
}


@pytest.fixture
def sweep(project: Project) -> Path:
    """A sweep in three blocks."""
    directory = project.directory / "results/s"
    write_sweep(directory, SEVEN, [record_of(SEVEN, n, **end) for n, end in RECORDS.items()])
    (directory / "case_5/run_status.json").write_text("{")
    for block in (1, 2, 3):
        (directory / f"block_{block}").mkdir()
        write_json(directory / f"block_{block}/run_status.json", {})
    return directory


@pytest.mark.parametrize(
    ("choice", "cases", "blocks"),
    [
        ("--failed", [2, 3, 4, 5, 7], [1, 2, 3]),
        ("--failure timeout", [2, 7], [1, 3]),
        ("--failure corrupt_status", [5], [2]),
        ("--failure corrupt_status --failure netlist_error", [3, 5], [1, 2]),
        ("--failure crashed", [], []),
        ("--cases 4", [4], [2]),
        ("--cases 1,5-6", [1, 5, 6], [1, 2]),
        ("--cases 1 --failure timeout", [1, 2, 7], [1, 3]),
    ],
)
def test_what_is_chosen(
    project: Project, sweep: Path, choice: str, cases: list[int], blocks: list[int]
) -> None:
    def records() -> list[str]:
        return sorted(path.parent.name for path in sweep.glob("*/run_status.json"))

    before = records()
    numbers = ", ".join(map(str, cases)) or "none"
    command = ["retry.py", "results/s", *choice.split()]
    told = f"s: {len(cases)} cases would be simulated by the next run: {numbers}\n"
    assert project.script(*command, "--dry-run") == told
    assert records() == before
    assert project.script(*command) == told.replace("would", "will")
    gone = {f"case_{n}" for n in cases} | {f"block_{n}" for n in blocks}
    assert records() == sorted({*before} - gone)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("", "say which cases"),
        ("--failure timeot", "invalid choice"),
        ("--cases 8", "8 is not among the cases 1 to 7"),
        ("--cases 0", "0 is not among the cases 1 to 7"),
        ("--cases 3-2", "3-2 is not among the cases 1 to 7"),
        ("--cases two", '"two" is neither a number nor a range'),
    ],
)
def test_what_cannot_be_chosen(project: Project, sweep: Path, choice: str, told: str) -> None:
    assert told in project.script("retry.py", "results/s", *choice.split(), expect=2)
    assert len(list(sweep.glob("*/run_status.json"))) == 9


def test_what_is_no_sweep(project: Project) -> None:
    told = project.script("retry.py", "nowhere", "--failed", expect=2)
    assert "is this the directory of a sweep?" in told
