"""Specifications through Snakemake and ngspice: tables, gate, and what a changed limit costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import Project

HUB = """
testbenches:
  rc:
    template: rc.spice.j2
    parameters: {R: 1k, C: 1n, temp: 27}
    measures: [vmax, never]
    specs:
      vmax: {min: 0.9, unit: V, typ: 0.98}
      drift: {measure: vmax, unit: "%", min: -5, relative_to: {R: 1k}}
sweeps:
  rc: {testbench: rc, parameters: {R: [1k, 2k, 3k]}}
gate: {specs: pass}
"""
TEMPLATE = """RC low-pass
V1 in 0 sin(0 1 20k)
R1 in out {{ R }}
C1 out 0 {{ C }}
.tran 1u 200u
.meas tran vmax max v(out)
.meas tran never when v(out)=2
.end
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("config.yaml", HUB)
    made.write("rc.spice.j2", TEMPLATE)
    return made


def statuses(project: Project) -> dict[str, str]:
    rows = project.table(name="specs.csv")
    return {row["spec"]: row["status"] for row in rows if not row["condition"]}


def test_a_changed_limit_judges_again_and_simulates_nothing(project: Project) -> None:
    done = project.run(expect=1)
    assert statuses(project) == {"vmax": "pass", "drift": "fail", "all": "fail"}
    assert "drift FAIL: 1 of 3 cases fail; worst -5." in done.stdout
    assert "at case 3 (R=3k)" in done.stdout
    assert "rc: specifications are NOT MET" in done.stdout
    assert [row["all"] for row in project.table(name="verdicts.csv")] == ["pass", "pass", "fail"]
    assert project.starts() == 3

    project.edit("config.yaml", "min: -5", "min: -10")
    done = project.run()
    assert statuses(project) == {"vmax": "pass", "drift": "pass", "all": "pass"}
    assert "pass: vmax, drift" in done.stdout
    assert project.starts() == 0
    assert "Nothing to be done" in project.run().stdout


def test_a_measure_that_could_not_be_taken_is_incomplete_or_what_the_specification_says(
    project: Project,
) -> None:
    project.edit(
        "config.yaml", "min: -5, relative_to: {R: 1k}}", "min: -10}\n      never: {max: 1m}"
    )
    project.edit("config.yaml", 'drift: {measure: vmax, unit: "%",', "least: {measure: vmax,")
    project.run(expect=1)
    assert statuses(project)["never"] == statuses(project)["all"] == "incomplete"
    project.edit("config.yaml", "never: {max: 1m}", "never: {max: 1m, 'null': fail}")
    project.run(expect=1)
    assert statuses(project)["never"] == "fail"
    waiver = "waive: {by: Ann, why: no load, until: 2999-12-31}"
    project.edit("config.yaml", "'null': fail}", f"'null': fail, {waiver}}}")
    done = project.run()
    assert "waived by Ann: no load (until 2999-12-31)" in done.stdout
    project.edit("config.yaml", "2999-12-31", "2020-12-31")
    project.run(expect=1)


def test_looking_twice_at_draws_gives_a_wider_interval(project: Project) -> None:
    draws = "random: {num: 20, variables: {R: {type: normal, mean: 2k, sigma: 5%}}}"
    project.edit("config.yaml", "parameters: {R: [1k, 2k, 3k]}", draws)
    project.edit("config.yaml", 'unit: "%", min: -5, relative_to: {R: 1k}', "min: 0.5, yield: 0.5")
    project.run()
    row = next(row for row in project.table(name="specs.csv") if row["spec"] == "drift")
    assert (row["n"], row["passed"], row["interval"]) == ("20", "20", "Clopper-Pearson")
    # Judged again at the same draws, it is still one look.
    project.edit("config.yaml", "min: 0.5", "min: 0.6")
    project.run()
    row = next(row for row in project.table(name="specs.csv") if row["spec"] == "drift")
    assert row["interval"] == "Clopper-Pearson"
    project.edit("config.yaml", "num: 20", "num: 24")
    project.run()
    row = next(row for row in project.table(name="specs.csv") if row["spec"] == "drift")
    assert (row["n"], row["interval"]) == ("24", "confidence sequence")
    assert [r["variable"] for r in project.table(name="correlations.csv")] == ["R"]
