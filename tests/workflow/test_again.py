"""Run again means run what is needed: failed, missing or changed cases, nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from host import Host
from project import REPOSITORY, Project
from waiting import gone, wait_until


def parameters(project: Project) -> list[tuple[str, str, str]]:
    return [(row["R"], row["C"], row["status"]) for row in project.table()]


@pytest.mark.parametrize(
    ("size", "values"),
    [("1", "[0.5k, 1k, 2k, 3k]"), ("4", "[1k, 1.5k, 2k, 3k]"), ("auto", "[1k, 2k, 3k, 4k]")],
)
def test_a_value_is_added(project: Project, size: str, values: str) -> None:
    """Which results go where is what test_relocate looks at."""
    project.add(f"execution: {{cases_per_job: {size}}}")
    project.run()
    assert project.starts() == 6
    before = {(row["R"], row["C"]): row["vmax"] for row in project.table(name="measures.csv")}
    project.edit("config.yaml", "[1k, 2k, 3k]", values)
    project.run()
    assert project.starts() == 2
    rows = project.table(name="measures.csv")
    assert len(rows) == 8
    assert all(row["vmax"] == before.get((row["R"], row["C"]), row["vmax"]) for row in rows)
    for row in project.table():
        assert row["status"] == "completed"
        raw = project.directory / "results/rc" / row["result_file"]
        assert raw.name == f"case_{row['case_id']}_results.raw"
        assert raw.exists()
    assert "Nothing to be done" in project.run("--profile", "none").stdout
    assert project.starts() == 0


def test_a_value_is_taken_away_and_comes_back(finished: Project) -> None:
    finished.edit("config.yaml", "[1k, 2k, 3k]", "[1k, 3k]")
    finished.run()
    finished.edit("config.yaml", "[1k, 3k]", "[1k, 2k, 3k]")
    finished.run()
    assert finished.starts() == 0
    assert parameters(finished) == [
        (r, c, "completed") for r in ("1k", "2k", "3k") for c in ("1n", "2n")
    ]


def test_a_default_becomes_a_swept_parameter(finished: Project) -> None:
    finished.edit("config.yaml", "C: [1n, 2n]", "C: [1n, 2n]\n      temp: [27, 85]")
    finished.run()
    assert finished.starts() == 6


def test_the_template_is_edited(finished: Project) -> None:
    finished.edit("rc.spice.j2", "{{ R }}", "{{ R if R != '2k' else '2.0k' }}")
    finished.run()
    assert finished.starts() == 2


def test_an_included_file_is_edited(finished: Project) -> None:
    finished.edit("c.spice", "{value}", "{value*2}")
    finished.run()
    assert finished.starts() == 6
    finished.run()
    assert finished.starts() == 0


def test_the_limit_changes(project: Project) -> None:
    project.add("simulator: {timeout: 50}")
    project.run()
    project.starts()
    project.edit("config.yaml", "timeout: 50", "timeout: 40")
    project.run()
    assert project.starts() == 0, "completed cases do not depend on the limit"


def test_the_clock_is_set_back(finished: Project) -> None:
    ahead = time.time() + 3600
    for path in finished.directory.glob("results/rc/**/*"):
        os.utime(path, (ahead, ahead))
    assert "Nothing to be done" in finished.run().stdout
    finished.edit("config.yaml", "[1k, 2k, 3k]", "[1k, 2k, 3k, 4k]")
    finished.run()
    assert finished.starts() == 2
    assert "Nothing to be done" in finished.run().stdout


def test_another_simulator_version(finished: Project) -> None:
    finished.install_ngspice(version="ngspice-40")
    finished.run()
    assert finished.starts() == 6
    assert finished.record(1)["simulator"] == {"name": "ngspice", "version": "ngspice-40"}


# The job of the second case is not over when it has recorded the case: a customization of Python's.
LINGER = """
import atexit, signal, sys, time
def linger():
    if "simulate.py" in sys.argv[0] and len(open("starts").read()) == 2:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        open("half_way", "w").close()
        time.sleep(98.63)
atexit.register(linger)
"""
KEEP_NOTHING = "keep: {waveforms: never, logs: never, netlists: never}"


@pytest.mark.parametrize(
    ("kind", "settings", "number", "again"),
    [
        (Project, "execution: {cases_per_job: 1}", signal.SIGINT, [""]),
        (Project, "execution: {cases_per_job: 1}", signal.SIGKILL, [""]),
        (Project, "execution: {cases_per_job: 6}", signal.SIGINT, [""]),
        (Project, KEEP_NOTHING, signal.SIGKILL, [""]),
        # Without the profile of this repository, with what the guide says to type then.
        (Host, "execution: {cases_per_job: 6}", signal.SIGKILL, ["--unlock", "--rerun-incomplete"]),
    ],
    ids=["a job a case", "a job a case, SIGKILL", "blocks", "nothing is kept", "a module"],
)
def test_killed_half_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Project],
    settings: str,
    number: signal.Signals,
    again: list[str],
) -> None:
    """While the third case is simulated, or the second is recorded and its job is not over yet.

    What such a job has written Snakemake deletes: where it is one for a case, its record.
    """
    project = kind(tmp_path)
    project.add(settings)
    wait = f"touch {tmp_path}/half_way; exec sleep 98.63"
    project.install_ngspice(before=f"(cd {tmp_path}; [ $(wc -l < starts) -le 2 ]) || {{ {wait}; }}")
    project.write("linger/sitecustomize.py", LINGER)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path / "linger"))
        run = project.start(cores=1)
        try:
            assert wait_until(lambda: (tmp_path / "half_way").exists(), within=60)
            assert wait_until(lambda: len(project.done()) == 2)
            done = project.done()
        finally:
            os.killpg(run.pid, number)
            run.communicate(timeout=60)
    assert gone("sleep 98.63", within=5)
    project.install_ngspice()
    project.starts()
    for option in again:
        project.run(*option.split())
    assert project.starts() == 4
    assert done.items() < project.done().items()
    assert [row["status"] for row in project.table()] == ["completed"] * 6


def test_retry(project: Project) -> None:
    project.edit("rc.spice.j2", "R1 in out {{ R }}", "R1 in out {{ R if R != '2k' else 'nosuch' }}")
    project.edit("rc.spice.j2", "X1 out", "{{ 'Q1 1 2 3 nomodel' if R == '2k' else '' }}\nX1 out")
    project.run()
    project.starts()
    assert [row["failure"] for row in project.table()] == ["", "", *["netlist_error"] * 2, "", ""]
    assert ": 3, 4" in project.script("retry.py", "results/rc", "--failed")
    project.run()
    assert project.starts() == 2
    project.script("retry.py", "results/rc", "--cases", "1,5-6")
    project.run()
    assert project.starts() == 3


def test_a_comment_in_the_code(project: Project, tmp_path: Path) -> None:
    copy = tmp_path / "repository"
    copy.mkdir()
    for name in ("Snakefile", "workflow", "scripts", "envs", "profiles"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
    arguments = ("--snakefile", str(copy / "Snakefile"))
    project.run(*arguments)
    project.starts()
    for path in [*copy.rglob("*.py"), *copy.rglob("*.smk"), copy / "Snakefile"]:
        path.write_text(path.read_text() + "\n# a comment\n")
    assert "Nothing to be done" in project.run(*arguments).stdout


def test_the_raw_file_gets_another_name(finished: Project) -> None:
    finished.edit("config.yaml", "measures:", "filename_raw: wave.raw\n    measures:")
    finished.run()
    assert finished.starts() == 0
    for row in finished.table():
        assert row["result_file"].endswith("_wave.raw")
        assert (finished.directory / "results/rc" / row["result_file"]).exists()


def test_an_unset_variable_costs_no_result(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("rc.spice.j2", ".include c.spice", '.include "{{ where }}/c.spice"')
    project.edit("config.yaml", "temp: 27}", "temp: 27, where: $SOMEWHERE}")
    monkeypatch.setenv("SOMEWHERE", str(project.directory))
    project.run()
    project.starts()
    monkeypatch.delenv("SOMEWHERE")
    project.edit("config.yaml", "[1k, 2k, 3k]", "[1k, 2k]")
    assert "SOMEWHERE is not set" in project.run(expect=1).stdout
    monkeypatch.setenv("SOMEWHERE", str(project.directory))
    project.run()
    assert project.starts() == 0
    assert [row["status"] for row in project.table()] == ["completed"] * 4
