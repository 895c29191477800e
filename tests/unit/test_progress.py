"""What is told while a sweep runs: of this run only, whatever stands in the files."""

from __future__ import annotations

import io
from pathlib import Path

from project import Project

from snakespice.base.problems import Problems
from snakespice.config.hub import own_hub
from snakespice.config.project import load_project
from snakespice.config.yamlfile import load_yaml
from snakespice.sweep.plan import Plan
from snakespice.tables.progress import Monitor


def plan(directory: Path) -> Plan:
    project = Project(directory)
    path = project.write("config.yaml", (directory / "config.yaml").read_text())
    return Plan.of(load_project(own_hub(load_yaml(path, Problems()) or {}, [path])), "rc")


def test_what_an_earlier_run_told_is_not_told_again(tmp_path: Path) -> None:
    progress = tmp_path / "results/rc/progress"
    progress.mkdir(parents=True)
    file = progress / "block_1.jsonl"
    file.write_text('{"kept": true}\n' * 6)
    said = io.StringIO()
    monitor = Monitor({progress.parent: plan(tmp_path)}, said)
    monitor.start({progress.parent})
    file.write_text('{"kept": false}\n{"ke{"kept": true}\n{"kept": true}\n{"kept"')
    monitor.stop()
    assert said.getvalue() == "rc: 2 of 6 cases, 1 kept from before\n"


def test_another_runs_sweep_is_left_alone(tmp_path: Path) -> None:
    progress = tmp_path / "results/rc/progress"
    progress.mkdir(parents=True)
    file = progress / "block_1.jsonl"
    file.write_text('{"kept": false}\n' * 6)
    said = io.StringIO()
    monitor = Monitor({progress.parent: plan(tmp_path)}, said)
    monitor.start(set())
    monitor.stop()
    assert said.getvalue() == ""
    assert file.exists()
