"""Which engine runs a sweep, and why; what is kept is the same with each."""

from __future__ import annotations

import csv
import re

import pytest
from project import Project


def sweep(project: Project, template: str = "", values: int = 14) -> None:
    project.edit("config.yaml", "[1k, 2k, 3k]", str([f"{number}k" for number in range(1, values)]))
    if template:
        project.write("rc.spice.j2", template)


def test_auto_takes_the_warm_engine_for_many_small_cases(project: Project) -> None:
    sweep(project)
    project.run()
    assert {(row["engine"], row["engine_reason"]) for row in project.table()} == {("warm", "")}
    assert project.starts() == 2  # both engines run as many cases as there are cores
    project.edit("config.yaml", "results: results", "results: results\nsimulator: {engine: cold}")
    project.run()
    assert project.starts() == 0  # both give the same, so nothing is to be simulated


def test_why_a_case_runs_cold_is_told(project: Project) -> None:
    project.run()
    assert {row["engine_reason"] for row in project.table()} == {"too few cases share its netlist"}
    sweep(
        project, "t\nV1 in 0 {{ R }}\nR1 in 0 1k\n.control\nop\n.endc\n* {{ C }} {{ temp }}\n.end\n"
    )
    project.edit("config.yaml", "    measures: [vmax]\n", "")
    project.run()
    reasons = {row["engine_reason"] for row in project.table()}
    assert reasons == {"it has a .control section of its own"}
    project.edit("config.yaml", "results: results", "results: other\nsimulator: {engine: cold}")
    project.run()
    with (project.directory / "other/rc/run_status.csv").open() as file:
        assert {row["engine_reason"] for row in csv.DictReader(file)} == {""}


def test_a_difference_is_caught_and_the_group_runs_cold(project: Project) -> None:
    # Such a source cannot be seeded, so no two runs of it are alike.
    sweep(
        project, "t\nV1 in 0 TRNOISE({{ R }} 10n 0 0)\nR1 in 0 1k\n.tran 10n 1u\n*{{ C }}\n.end\n"
    )
    project.edit("config.yaml", "    measures: [vmax]\n", "")
    project.run()
    for row in project.table():
        assert row["status"] == "completed" and row["engine"] == "cold"
        assert re.match(r"the warm engine differs .*_results\.raw has other", row["engine_reason"])


def test_a_library_of_another_version_is_not_used(project: Project) -> None:
    sweep(project)
    project.install_ngspice(version="ngspice-46")
    project.run()
    for row in project.table():
        assert row["engine"] == "cold" and "the program is ngspice-46" in row["engine_reason"]


@pytest.mark.parametrize("engine", ["cold", "warm"])
def test_keep(project: Project, engine: str) -> None:
    fails = "{% if R == '3k' %}X9 out 0 nosuch{% endif %}"
    project.edit("rc.spice.j2", "R1 in", f"{fails}\nR1 in")
    keep = "\nkeep: {waveforms: never, logs: failed, netlists: failed}"
    project.edit(
        "config.yaml",
        "results: results",
        f"results: results\nsimulator: {{engine: {engine}}}{keep}",
    )
    project.run()
    for row in project.table():
        files = {
            path.name
            for path in (project.directory / f"results/rc/case_{row['case_id']}").iterdir()
        }
        assert row["result_file"] == ""
        if row["status"] == "completed":
            assert files == {"run_status.json"}
        else:
            assert row["R"] == "3k" and files == {"run_status.json", "netlist.spice", "ngspice.log"}
    values = [row["vmax"] for row in project.table(name="measures.csv")]
    assert [bool(value) for value in values] == [True] * 4 + [False] * 2
    # What was dropped is no reason to do it again, until it is wanted.
    project.starts()
    project.script("retry.py", "results/rc", "--cases", "1")
    project.run()
    assert project.starts() == 1
    project.edit("config.yaml", "waveforms: never", "waveforms: always")
    project.run()
    assert all(row["result_file"] for row in project.table() if row["status"] == "completed")
    assert [row["vmax"] for row in project.table(name="measures.csv")] == values


@pytest.mark.parametrize("engine", ["cold", "warm"])
def test_of_failed_cases_alone_everything_is_kept(project: Project, engine: str) -> None:
    project.edit("rc.spice.j2", ".tran 1u 200u", ".tran 1u {(3k-{{ R }})*1e-7}")
    choices = "waveforms: failed, logs: failed, netlists: failed"
    project.edit(
        "config.yaml",
        "results: results",
        f"results: results\nsimulator: {{engine: {engine}}}\nkeep: {{{choices}}}",
    )
    project.run()
    results = project.directory / "results/rc"
    for row in project.table():
        case = results / f"case_{row['case_id']}"
        files = {path.name for path in case.iterdir()}
        assert row["engine"] == engine and row["result_file"] == ""
        if row["status"] == "completed":
            assert files == {"run_status.json"}
        else:
            assert row["R"] == "3k" and row["failure"] == "netlist_error"
            assert {"run_status.json", "netlist.spice", "ngspice.log"} <= files
            assert "(3k-3k)" in (case / "netlist.spice").read_text()
            assert f"value={row['C']}" in (case / "netlist.spice").read_text()
            assert "TSTOP is invalid" in (case / "ngspice.log").read_text()
    assert sorted({row["status"] for row in project.table()}) == ["completed", "failed"]
    assert not list(results.glob(".scratch_*"))
    project.script("verify.py", "results/rc")
