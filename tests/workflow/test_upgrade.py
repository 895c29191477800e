"""Another version of snakespice over the results of this one: older ones hold, newer are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from project import REPOSITORY, Project

from snakespice.record.record import SCHEMA_VERSION

FIRST = REPOSITORY / "tests/formats/run_status_0.1.0.json"


def rewrite(project: Project, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for path in project.directory.glob("results/rc/case_*/run_status.json"):
        path.write_text(json.dumps(change(json.loads(path.read_text()))))


def test_an_upgrade_simulates_nothing_and_its_table_is_whole(project: Project) -> None:
    project.run()
    assert project.starts()
    added = json.loads(FIRST.read_text()).keys()
    rewrite(project, lambda record: {name: record[name] for name in added})
    project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [500, 1k, 2k, 3k]")
    project.run()
    assert project.starts() == 2
    rows = project.table()
    assert {row["status"] for row in rows} == {"completed"}
    versions = [row["verdict_version"] for row in rows]
    assert versions[2:] == ["0"] * 6 and "0" not in versions[:2]


@pytest.mark.parametrize("edit", ["sweep", "template"])
def test_a_run_over_results_of_a_newer_version_destroys_none(project: Project, edit: str) -> None:
    project.run()
    project.starts()
    rewrite(project, lambda record: record | {"schema_version": SCHEMA_VERSION + 1})
    if edit == "sweep":
        project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [500, 1k, 2k, 3k]")
    else:
        project.edit("rc.spice.j2", "RC low-pass", "RC")
    project.run(expect=1)
    log = "plan" if edit == "sweep" else "simulate_block_1"
    said = (project.directory / f"results/rc/logs/{log}.log").read_text()
    assert "case_1/run_status.json: a newer snakespice has written it (schema version 2" in said
    assert project.starts() == 0
    for case_id in range(1, 7):
        assert project.record(case_id)["schema_version"] == SCHEMA_VERSION + 1
