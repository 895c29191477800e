"""Corners and draws through Snakemake and ngspice: columns, chips, and what is simulated again."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import Project

HUB = """
testbenches:
  rc:
    template: rc.spice.j2
    parameters: {R: 1k, C: 1n, temp: 27}
    measures: [vmax, drawn]
sweeps:
  rc:
    testbench: rc
    corners: {cold: {temp: -40}, hot: {temp: 125}}
    random:
      num: 4
      variables:
        R: {type: normal, mean: 1k, sigma: 5%}
"""
TEMPLATE = """RC low-pass with a random number of ngspice's own
V1 in 0 sin(0 1 10k)
R1 in out {{ R }}
C1 out 0 {{ C }}
.param x=agauss(0, 1, 1)
V2 n 0 dc {x}
.temp {{ temp }}
.tran 1u 200u
.meas tran vmax max v(out)
.meas tran drawn max v(n)
.end
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("config.yaml", HUB)
    made.write("rc.spice.j2", TEMPLATE)
    return made


def drawn(project: Project) -> dict[tuple[str, str], tuple[str, str]]:
    """By corner and draw: the value of R and what ngspice drew itself."""
    rows = project.table(name="measures.csv")
    return {(r["corner_name"], r["draw"]): (r.get("R", ""), r["drawn"]) for r in rows}


def test_a_draw_is_one_chip_at_all_corners_and_more_draws_are_more_cases(project: Project) -> None:
    project.run()
    rows = project.table()
    assert list(rows[0])[:6] == ["case_id", "corner_name", "draw", "temp", "R", "status"]
    assert {row["status"] for row in rows} == {"completed"}
    assert [(row["corner_name"], row["draw"]) for row in rows] == [
        (corner, draw) for corner in ("cold", "hot") for draw in "01234"
    ]
    before = drawn(project)
    for draw in "01234":
        assert before["cold", draw] == before["hot", draw]
    assert before["hot", "0"][0] == "1000"
    assert len(set(before.values())) == 5
    assert "corner_name" not in project.record(1)["parameters"]
    project.starts()

    project.edit("config.yaml", "num: 4", "num: 6")
    project.run()
    after = drawn(project)
    assert before.items() < after.items()
    assert len(after) == 14
    assert project.starts() == 4

    # Another name for a corner, another corner, and a variable behind: none changes a draw.
    project.edit("config.yaml", "hot: {temp: 125}", "warm: {temp: 125}, typ: {temp: 27}")
    project.run()
    renamed = {(corner.replace("hot", "warm"), draw): x for (corner, draw), x in after.items()}
    assert renamed.items() < drawn(project).items()
    assert project.starts() == 7


def test_independent_draws_are_other_chips_at_each_corner(project: Project) -> None:
    project.edit("config.yaml", "num: 4", "num: 4\n      independent: true")
    project.run()
    chips = drawn(project)
    assert len({chip for (_, draw), chip in chips.items() if draw != "0"}) == 8


def test_draws_without_variables_are_those_of_the_netlist(project: Project) -> None:
    place = HUB.index("      variables:")
    project.write("config.yaml", HUB[:place])
    project.run()
    chips = drawn(project)
    assert len(set(chips.values())) == 5
    assert all(chips["cold", draw] == chips["hot", draw] for draw in "01234")


@pytest.mark.parametrize("cases_per_job", ["auto", "1", "3"])
def test_a_subset_of_corners_is_simulated_and_plans_nothing(
    project: Project, cases_per_job: str
) -> None:
    project.write("config.yaml", f"{HUB}execution: {{cases_per_job: {cases_per_job}}}\n")
    done = project.run("--config", "corners=hot")
    assert "rc: 5 of 10 cases completed, 5 not selected" in done.stdout
    rows = project.table()
    assert [row["case_id"] for row in rows] == [str(number) for number in range(1, 11)]
    told = {(row["corner_name"], row["status"], row["error_message"]) for row in rows}
    assert told == {("hot", "completed", ""), ("cold", "pending", "not selected")}
    assert project.starts() == 5
    assert "Nothing to be done" in project.run("--config", "corners=hot").stdout
    project.run()
    assert {row["status"] for row in project.table()} == {"completed"}
    assert project.starts() == 5
    done = project.run("--config", "corners=hto", expect=1)
    assert '"hto" is no corner of any sweep (did you mean "hot"?)' in done.stdout
