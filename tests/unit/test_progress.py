"""What is told while a sweep runs: of this run only, whatever stands in the files."""

from __future__ import annotations

import io

from project import Project

from snakespice.sweep.plan import Plan
from snakespice.tables.progress import Monitor


def test_what_an_earlier_run_told_is_not_told_again(project: Project) -> None:
    progress = project.directory / "results/rc/progress"
    progress.mkdir(parents=True)
    file = progress / "block_1.jsonl"
    file.write_text('{"kept": true}\n' * 6)
    said = io.StringIO()
    monitor = Monitor({progress.parent: Plan.of(project.load(), "rc")}, said)
    monitor.start({progress.parent})
    file.write_text('{"kept": false}\n{"ke{"kept": true}\n{"kept": true}\n{"kept"')
    monitor.stop()
    assert said.getvalue() == "rc: 2 of 6 cases, 1 kept from before\n"


def test_another_runs_sweep_is_left_alone(project: Project) -> None:
    progress = project.directory / "results/rc/progress"
    progress.mkdir(parents=True)
    file = progress / "block_1.jsonl"
    file.write_text('{"kept": false}\n' * 6)
    said = io.StringIO()
    monitor = Monitor({progress.parent: Plan.of(project.load(), "rc")}, said)
    monitor.start(set())
    monitor.stop()
    assert said.getvalue() == ""
    assert file.exists()
