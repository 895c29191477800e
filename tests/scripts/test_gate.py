"""How many cases may fail: those that are not done count as failed."""

from __future__ import annotations

import pytest
from project import Project
from sweeps import plan_of, record_of, write_sweep

from snakespice.tables.table import aggregate

FOUR = plan_of(["1", "2", "3", "4"])


@pytest.mark.parametrize(
    ("third", "fourth", "allowed", "passes"),
    [
        ("completed", "completed", "0", True),
        ("completed", "failed", "0.24", False),
        ("completed", "failed", "0.25", True),
        ("completed", "pending", "0.24", False),
        ("completed", "pending", "0.25", True),
        ("failed", "pending", "0.25", False),
        ("failed", "pending", "0.5", True),
        ("pending", "pending", "0.49", False),
    ],
)
def test_the_gate(project: Project, third: str, fourth: str, allowed: str, passes: bool) -> None:
    directory = project.directory / "results/s"
    ends = {1: "completed", 2: "completed", 3: third, 4: fourth}
    failed = {"status": "failed", "failure": "timeout"}
    write_sweep(
        directory,
        FOUR,
        [
            record_of(FOUR, n, **(failed if end == "failed" else {}))
            for n, end in ends.items()
            if end != "pending"
        ],
    )
    aggregate(directory, FOUR, 1)
    lost = sum(end != "completed" for end in ends.values())
    output = ["--output", "results/gate_passed"]
    told = project.script(
        "gate.py", allowed, "results/s/run_status.csv", *output, expect=0 if passes else 1
    )
    assert f"s: {lost} of 4 cases did not complete" in told
    assert (project.directory / "results/gate_passed").exists() is passes


def test_each_sweep_has_to_pass(project: Project) -> None:
    for name, done in (("one", 4), ("other", 3)):
        directory = project.directory / "results" / name
        write_sweep(directory, FOUR, [record_of(FOUR, n) for n in range(1, done + 1)])
        aggregate(directory, FOUR, 1)
    tables = [f"results/{name}/run_status.csv" for name in ("other", "one")]
    project.script("gate.py", "0.2", *tables, "--output", "passed", expect=1)
    project.script("gate.py", "0.2", *reversed(tables), "--output", "passed", expect=1)
    project.script("gate.py", "0.3", *tables, "--output", "passed")
