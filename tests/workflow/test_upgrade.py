"""Results of earlier versions are read, judged by today's rules, and not simulated again.

Those of newer versions are left alone. `tests/data/results_<commit>` are what that commit has left:
a new directory when the form changes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from project import REPOSITORY, Project

from snakespice.record.record import SCHEMA_VERSION
from snakespice.verdict.version import VERDICT_VERSION

DATA = sorted((REPOSITORY / "tests/data").glob("results_*"))


@pytest.fixture(params=DATA, ids=lambda path: path.name)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """Old results, and an ngspice that says that it is the one which made them."""
    project = Project(tmp_path)
    shutil.copytree(request.param, tmp_path, dirs_exist_ok=True)
    program = (tmp_path / "bin/ngspice").read_text()
    version = project.record(1)["simulator"]["version"]
    told = f'[ "$1" = --version ] && {{ echo "** {version} :"; exit; }}'
    project.write_program("ngspice", program.replace("\n", f"\n{told}\n", 1))
    return project


def rewrite(project: Project, case_id: int, **fields: Any) -> None:
    record = project.record(case_id) | fields
    project.write(f"results/rc/case_{case_id}/run_status.json", json.dumps(record))


def _cells(row: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: row[name] for name in names}


def test_nothing_is_simulated(project: Project) -> None:
    before = project.table()
    measures = (project.directory / "results/rc/measures.csv").read_text()
    said = project.run().stdout
    assert project.starts() == 0
    assert "4 cases judged anew: all as before" in said
    after = project.table()
    known = before[0].keys() - {"warnings", "error_message"}  # in the words of today
    assert [_cells(row, known) for row in after] == [_cells(row, known) for row in before]
    assert {row["verdict_version"] for row in after} == {str(VERDICT_VERSION)}
    assert (project.directory / "results/rc/measures.csv").read_text() == measures
    assert "Nothing to be done" in project.run().stdout


def test_what_another_verdict_changes_is_told(project: Project) -> None:
    raw = project.directory / "results/rc/case_1/case_1_results.raw"
    raw.write_bytes(raw.read_bytes()[:-8] + b"\0\0\0\0\0\0\xf8\x7f")  # NaN
    rewrite(
        *(project, 2),
        status="failed",
        failure="script_error",
        error_message="an earlier rule",
        result_file=None,
        result_bytes=None,
        measures={"vmax": None},
    )
    said = project.run().stdout
    assert project.starts() == 0
    assert "4 cases judged anew: " in said
    assert "1 completed is now failed" in said
    assert "1 failed is now completed" in said
    assert [row["failure"] for row in project.table()] == ["output_error", "", "netlist_error", ""]
    assert project.record(2)["measures"]["vmax"] > 0.9
    assert "Nothing to be done" in project.run().stdout


def test_what_cannot_be_judged_anew_keeps_its_verdict(project: Project) -> None:
    (project.directory / "results/rc/case_1/ngspice.log").unlink()
    said = project.run().stdout
    assert project.starts() == 0
    assert "3 cases judged anew" in said
    versions = [row["verdict_version"] for row in project.table()]
    assert versions == ["0", *[str(VERDICT_VERSION)] * 3]


@pytest.mark.parametrize("edit", ["sweep", "template"])
def test_a_run_over_results_of_a_newer_version_destroys_none(finished: Project, edit: str) -> None:
    for case_id in range(1, 7):
        rewrite(finished, case_id, schema_version=SCHEMA_VERSION + 1)
    if edit == "sweep":
        finished.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [500, 1k, 2k, 3k]")
    else:
        finished.edit("rc.spice.j2", "RC low-pass", "RC")
    finished.run(expect=1)
    log = "plan" if edit == "sweep" else "simulate_block_1"
    said = (finished.directory / f"results/rc/logs/{log}.log").read_text()
    assert "case_1/run_status.json: a newer snakespice has written it (schema version 2" in said
    assert finished.starts() == 0
    for case_id in range(1, 7):
        assert finished.record(case_id)["schema_version"] == SCHEMA_VERSION + 1
