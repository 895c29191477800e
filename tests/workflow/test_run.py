"""The commands that people type, with the real Snakemake and the real ngspice."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from project import Project


def test_tables_and_case_directories(project: Project) -> None:
    project.run()
    results = project.directory / "results/rc"
    status = pd.read_csv(results / "run_status.csv")
    assert list(status.columns[:9]) == [
        *("case_id", "R", "C", "status", "timestamp_iso", "simulation_duration"),
        *("result_file", "error_message", "failure"),
    ]
    assert list(status["case_id"]) == [1, 2, 3, 4, 5, 6]
    assert set(status["status"]) == {"completed"}
    assert status["R"].tolist() == ["1k", "1k", "2k", "2k", "3k", "3k"]
    assert status["seed"].nunique() == 6
    measures = pd.read_csv(results / "measures.csv")
    assert list(measures.columns) == ["case_id", "R", "C", "vmax"]
    # A sine of 1 V and 10 kHz behind R and C; the transient of 2 periods reaches its maximum.
    for row in measures.itertuples():
        r, c = float(str(row.R)[0]) * 1e3, float(str(row.C)[0]) * 1e-9
        assert row.vmax == pytest.approx((1 + (2e4 * 3.14159265 * r * c) ** 2) ** -0.5, rel=0.02)
    plan = pd.read_csv(results / "metadata.csv")
    assert list(plan.columns) == ["case_id", "R", "C", "result_file"]
    assert plan["result_file"].tolist() == status["result_file"].tolist()
    assert sorted(path.name for path in (results / "case_3").iterdir()) == [
        *("case_3_results.raw", "netlist.spice", "ngspice.log", "run_status.json"),
    ]


def test_a_kept_netlist_runs_by_hand_and_gives_the_same(project: Project) -> None:
    project.edit("rc.spice.j2", "R1 in out {{ R }}", "R1 in out {agauss(1000, 100, 1)}")
    project.edit("rc.spice.j2", ".temp", ".param r={{ R }}\n.temp")
    project.run()
    case_dir = project.directory / "results/rc/case_4"
    by_hand = subprocess.run(
        ["ngspice", "-b", "netlist.spice"], cwd=case_dir, capture_output=True, text=True
    )
    line = next(line for line in by_hand.stdout.splitlines() if line.startswith("vmax"))
    assert float(line.split()[2]) == project.record(4)["measures"]["vmax"]
    draws = {project.record(n)["measures"]["vmax"] for n in range(1, 7)}
    assert len(draws) == 6


def test_from_another_directory(project: Project, tmp_path: Path) -> None:
    elsewhere = tmp_path / "some where"
    elsewhere.mkdir()
    project.run(
        "--directory", str(elsewhere), "--configfile", str(project.directory / "config.yaml")
    )
    assert (elsewhere / "results/rc/run_status.csv").exists()
    assert not (project.directory / "results").exists()


def test_one_sweep_by_its_name(project: Project) -> None:
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + "  other:\n    testbench: rc\n    parameters: {R: [7k]}\n")
    project.run("--", "other")
    assert project.starts() == 1
    assert not (project.directory / "results/rc").exists()


def test_without_a_profile(project: Project) -> None:
    printed = project.run("--workflow-profile", "none").stdout
    assert "Using workflow specific profile" not in printed
    assert "6 of 6 cases completed" in printed


def test_until_render(project: Project) -> None:
    project.run("--until", "render")
    assert project.starts() == 0
    netlists = sorted((project.directory / "results/rc").glob("case_*/netlist.spice"))
    assert len(netlists) == 6
    assert "R1 in out 1k\n" in netlists[0].read_text()
    project.run()
    assert project.starts() == 6


def test_dry_run_writes_nothing(project: Project) -> None:
    assert "simulate" in project.run("--dry-run").stdout
    assert not (project.directory / "results").exists()


def test_lint(project: Project) -> None:
    assert "good condition" in project.run("--lint").stdout


def test_mistakes_are_told_at_once_and_nothing_runs(project: Project) -> None:
    project.edit("config.yaml", "measures: [vmax]", "mesures: [vmax]")
    project.edit("config.yaml", "[1k, 2k, 3k]", "[1k, 2k, 1000]")
    project.edit("rc.spice.j2", "{{ temp }}", "{{ tmp }}")
    printed = project.run(expect=1).stdout
    for phrase in ("3 mistakes", '"measures"', "1000", "tmp", "rc.spice.j2"):
        assert phrase in printed
    assert "Traceback" not in printed
    assert not (project.directory / "results").exists()


def test_the_gate(project: Project) -> None:
    project.edit("rc.spice.j2", "X1 out", "{{ 'Q1 1 2 3 nomodel' if R == '2k' else '' }}\nX1 out")
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + "gate: {max_failed_fraction: 0.2}\n")
    printed = project.run(expect=1).stdout
    assert "2 of 6 cases did not complete" in printed
    assert len(project.table()) == 6
    project.edit("config.yaml", "0.2", "0.4")
    project.run()
    assert project.starts() == 6


def test_failures_are_results(project: Project) -> None:
    project.edit("rc.spice.j2", "{{ R }}", "{{ R * 2 if R != '2k' else R + C * temp }}")
    project.edit("rc.spice.j2", "{{ C }}", "{{ C if R == '1k' else 'nosuch' }}")
    project.edit("config.yaml", "C: [1n, 2n]", "C: [1n, some]")
    printed = project.run().stdout
    failures = [row["failure"] for row in project.table()]
    assert failures == [
        "",
        "netlist_error",
        "netlist_error",
        "template_error",
        *["netlist_error"] * 2,
    ]
    assert "1 x template_error" in printed
    message = project.table()[3]["error_message"]
    assert "rc.spice.j2" in message
    assert "some" in message


def test_ngspice_is_missing(project: Project) -> None:
    (project.directory / "bin/ngspice").unlink()
    for name in ("bash", "sh", "python", "which"):  # the last is for the plugin for Slurm
        (project.directory / "bin" / name).symlink_to(shutil.which(name) or name)
    environment = {"PATH": str(project.directory / "bin")}
    printed = project.run(environment=environment, expect=1).stdout
    assert "ngspice is not on the PATH" in printed


def test_pandas_is_not_loaded_to_look_at_parameters(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake would, for a second of every command."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("the plugin for Slurm, which `make test-cluster` installs, loads it itself")
    project.write("none/pandas/__init__.py", "raise AssertionError('pandas is loaded')\n")
    monkeypatch.setenv("PYTHONPATH", str(project.directory / "none"))
    for _ in range(2):
        project.run()
