"""What a table says is true of the files as they are: edits, deletions, and what stands aside."""

from __future__ import annotations

import hashlib
import json
import platform
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from project import CAPACITOR, Project

from snakespice.sweep.lock import lock_sweep


def provenance(project: Project) -> dict[str, Any]:
    path = project.directory / "results/rc/provenance.json"
    found: dict[str, Any] = json.loads(path.read_text())["files"]["netlists"]
    return {Path(name).name: digest for name, digest in found.items()}


def digest(project: Project, name: str) -> str:
    return hashlib.sha256((project.directory / name).read_bytes()).hexdigest()


def measured(project: Project) -> list[str]:
    return [row["vmax"] for row in project.table(name="measures.csv")]


def disturb(project: Project, start: int, before: str, after: str = ":") -> None:
    """Have shell commands run when ngspice is started for this time, and when that has ended."""
    program = (project.directory / "bin/ngspice").read_text().splitlines()
    real = program[-1].removeprefix("exec ")
    hooks = (
        f'[ "$1" != --version ] && [ "$(wc -l < "{project.directory}/starts")" = {start} ]'
        f" && {{ {before}; {real}; code=$?; {after}; exit $code; }}\n"
    )
    project.write_program("ngspice", "\n".join([*program[:-1], hooks + program[-1], ""]))


def undisturbed(project: Project, other: Path) -> list[str]:
    """Return what the same files give that nobody touched."""
    other.mkdir()
    again = Project(other)
    for name in ("config.yaml", "rc.spice.j2", "c.spice"):
        again.write(name, (project.directory / name).read_text())
    again.run()
    return measured(again)


def test_what_an_edited_include_brings_in_is_watched(project: Project) -> None:
    project.run()
    project.write("d.spice", ".param extra=0\n")
    project.edit("c.spice", ".subckt", ".include d.spice\n.subckt")
    project.edit("c.spice", "{value}", "{value*(1+extra)}")
    project.run()
    before = measured(project)
    project.starts()
    assert "Nothing to be done" in project.run().stdout
    project.write("d.spice", ".param extra=9\n")
    project.run()
    assert project.starts() == 6
    assert measured(project) != before
    assert provenance(project) == {name: digest(project, name) for name in ("c.spice", "d.spice")}
    assert "Nothing to be done" in project.run().stdout
    project.write("c.spice", CAPACITOR)
    project.run()
    assert provenance(project) == {"c.spice": digest(project, "c.spice")}


CONTROL = """.control
source {{ project_root }}/settings.sp
load ../../../golden.raw
load own.raw
.endc
.end"""


def test_what_is_read_otherwise_is_watched_or_told(project: Project) -> None:
    project.write("settings.sp", "*ng_script\nset foo=1\n")
    project.write("golden.raw", "Title: none\n")
    project.edit("rc.spice.j2", "\n.end\n", "\n" + CONTROL + "\n")
    project.edit("rc.spice.j2", ".control", ".control\nrun")
    said = project.run().stdout
    assert "case_1 reads own.raw, which is not watched" in said
    assert "golden.raw, which" not in said
    assert provenance(project).keys() == {"c.spice", "settings.sp", "golden.raw"}
    for name in ("settings.sp", "golden.raw"):
        project.starts()
        path = project.write(name, (project.directory / name).read_text() + "\n")
        project.run()
        assert project.starts() == 6, name
        assert provenance(project)[name] == digest(project, path.name)
    assert "Nothing to be done" in project.run().stdout


def test_what_start_up_commands_read_is_watched(project: Project) -> None:
    project.write("start", f"source {project.directory}/more.sp\n")
    project.write("more.sp", "*ng_script\nset foo=1\n")
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + "simulator: {spiceinit: start}\n")
    project.run()
    project.starts()
    project.write("more.sp", "*ng_script\nset foo=2\n")
    project.run()
    assert project.starts() == 6
    assert "more.sp" in provenance(project)


@pytest.mark.parametrize("size", ["1", "2", "6"])
def test_an_include_is_edited_during_a_run(project: Project, tmp_path: Path, size: str) -> None:
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + f"execution: {{cases_per_job: {size}}}\n")
    disturb(project, 4, f"sed -i 's/{{value}}/{{value*3}}/' {project.directory}/c.spice")
    said = project.run(cores=1, expect=1).stdout
    assert "c.spice was changed while cases that read it were simulated" in said
    project.run(cores=1)
    assert [row["status"] for row in project.table()] == ["completed"] * 6
    assert measured(project) == undisturbed(project, tmp_path / "other")
    assert "Nothing to be done" in project.run().stdout


def test_an_include_is_edited_and_put_back_during_a_case(project: Project, tmp_path: Path) -> None:
    file = project.directory / "c.spice"
    disturb(
        project,
        3,
        f"cp -p {file} {file}.kept; sed -i 's/{{value}}/{{value*3}}/' {file}",
        f"mv {file}.kept {file}",
    )
    assert "c.spice was changed" in project.run(cores=1, expect=1).stdout
    project.run(cores=1)
    assert measured(project) == undisturbed(project, tmp_path / "other")


@pytest.mark.parametrize("size", ["1", "6"])
def test_an_include_is_put_back_behind_the_jobs(
    project: Project, tmp_path: Path, size: str
) -> None:
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + f"execution: {{cases_per_job: {size}}}\n")
    project.run("--until", "render")
    project.starts()
    # Snakemake asks ngspice for its version first, then each job does, before it looks at files.
    project.write("wrong.spice", CAPACITOR.replace("{value}", "{value*3}"))
    program = (project.directory / "bin/ngspice").read_text()
    once = f"cd {project.directory}; [ -e asked ] && [ -e wrong.spice ] && mv wrong.spice c.spice"
    hook = f'if [ "$1" = --version ]; then ({once}; touch asked); fi'
    project.write_program("ngspice", program.replace("\n", f"\n{hook}\n", 1))
    project.run(cores=1)
    project.write_program("ngspice", program)
    project.write("c.spice", CAPACITOR)
    project.starts()
    assert "Nothing to be done" not in project.run("--dry-run", cores=1).stdout
    project.run(cores=1)
    assert project.starts() == 6
    assert measured(project) == undisturbed(project, tmp_path / "other")
    assert "Nothing to be done" in project.run().stdout


def with_size(project: Project, size: str) -> None:
    path = project.directory / "config.yaml"
    path.write_text(path.read_text() + f"execution: {{cases_per_job: {size}}}\n")


def statuses(project: Project) -> list[str]:
    return [row["status"] for row in project.table()]


@pytest.mark.parametrize(
    ("size", "lost"),
    [("1", "case_2"), ("2", "case_2"), ("1", "record and table"), ("6", "record and table")],
)
def test_what_was_deleted_is_simulated_again(project: Project, size: str, lost: str) -> None:
    with_size(project, size)
    project.run()
    project.starts()
    results = project.directory / "results/rc"
    if "case_2" in lost:
        shutil.rmtree(results / "case_2")
    else:
        (results / "case_2/run_status.json").unlink()
        (results / "case_2/.run_status.json").unlink(missing_ok=True)
    if "table" in lost:
        (results / "run_status.csv").unlink()
    assert "Nothing to be done" not in project.run("--dry-run").stdout
    project.run()
    assert project.starts() == 1
    assert statuses(project) == ["completed"] * 6
    assert "Nothing to be done" in project.run().stdout


def test_no_row_stays_pending(project: Project) -> None:
    project.run()
    project.starts()
    (project.directory / "results/rc/case_2/run_status.json").unlink()
    project.run("--forcerun", "aggregate")
    assert statuses(project)[1] == "pending"
    project.run()
    assert statuses(project) == ["completed"] * 6
    assert project.starts() == 1
    assert "Nothing to be done" in project.run().stdout


def test_retry_minds_a_run(project: Project) -> None:
    project.run()
    with lock_sweep(project.directory / "results/rc"):
        said = project.script("retry.py", "results/rc", "--cases", "1-6", expect=1)
        assert "is locked by process" in said
        assert "6 cases would be" in project.script(
            "retry.py", "results/rc", "--cases", "1-6", "--dry-run"
        )
    assert "Nothing to be done" in project.run().stdout
    project.script("retry.py", "results/rc", "--cases", "1-6")


@pytest.mark.parametrize("size", ["1", "3"])
@pytest.mark.parametrize("by_hand", [True, False])
def test_what_stands_in_the_place_of_a_case(project: Project, size: str, by_hand: bool) -> None:
    with_size(project, size)
    project.run()
    project.starts()
    results = project.directory / "results/rc"
    elsewhere = project.directory / "elsewhere"
    (results / "case_2").rename(elsewhere)
    (results / "case_2").symlink_to(elsewhere)
    shutil.rmtree(results / "case_4")
    (results / "case_4").write_text("mine")
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    if by_hand:
        project.script("retry.py", "results/rc", "--cases", "2,4")
    said = project.run().stdout
    if not by_hand:
        assert f"snakespice did not make it: {Path('results/rc/set_aside/case_2')}" in said
    assert project.starts() == 2
    assert statuses(project) == ["completed"] * 6
    assert not (results / "case_2").is_symlink()
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before
    assert (results / "set_aside/case_2").readlink() == elsewhere
    assert (results / "set_aside/case_4").read_text() == "mine"
    assert "Nothing to be done" in project.run().stdout


def test_what_users_keep_in_a_case_is_never_removed(project: Project) -> None:
    project.run()
    results = project.directory / "results/rc"
    notes = {name: results / f"case_{name}/notes.txt" for name in ("2", "4")}
    for name, path in notes.items():
        path.write_text(name)
    (results / "case_2/run_status.json").write_text("damaged")
    project.edit("config.yaml", "[1k, 2k, 3k]", "[0.5k, 1k, 2k, 3k]")
    said = project.run().stdout
    assert "snakespice did not make it" in said
    assert (results / "set_aside/case_2/notes.txt").read_text() == "2"
    assert not (results / "set_aside/case_2/netlist.spice").exists()
    assert (results / "case_6/notes.txt").read_text() == "4", "it moves with its case"
    assert statuses(project) == ["completed"] * 8
    assert "Nothing to be done" in project.run().stdout


def test_a_netlist_makes_a_directory_in_the_place_of_its_record(project: Project) -> None:
    project.edit(
        "rc.spice.j2", "\n.end\n", "\n.control\nrun\nshell mkdir run_status.json\n.endc\n.end\n"
    )
    project.run()
    assert statuses(project) == ["completed"] * 6
    assert (project.directory / "results/rc/case_1/run_status.json.set_aside").is_dir()
    assert "Nothing to be done" in project.run().stdout


@pytest.mark.parametrize(("size", "then"), [("3", "1"), ("auto", "1"), ("1", "3"), ("1", "auto")])
def test_other_units_simulate_nothing(project: Project, size: str, then: str) -> None:
    with_size(project, size)
    project.run()
    project.starts()
    project.edit("config.yaml", f"cases_per_job: {size}", f"cases_per_job: {then}")
    project.run()
    assert project.starts() == 0
    assert statuses(project) == ["completed"] * 6
    assert "Nothing to be done" in project.run().stdout


@pytest.mark.parametrize("named", [True, False])
def test_the_default_project_stays_at_home(project: Project, named: bool) -> None:
    path = project.directory / "config.yaml"
    path.write_text(path.read_text().replace("sweeps:", "swept:"))
    command = project.command()
    if not named:
        place = command.index("--configfile")
        del command[place : place + 2]
    done = subprocess.run(
        command, cwd=project.directory, env=project.environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Nothing says what to simulate" in done.stderr
    assert ("--configfile config.yaml?" in done.stderr) == (not named)
    assert not (project.directory / "results").exists()


def test_what_a_power_failure_has_emptied_is_made_again(project: Project) -> None:
    with_size(project, "3")
    project.run()
    project.starts()
    results = project.directory / "results/rc"
    for name in ("run_status.csv", "overview.html", "block_1/run_status.json", "plan.json"):
        (results / name).write_text("")
    said = project.run().stdout
    assert "run_status.csv was empty; it is made again" in said
    assert project.starts() == 0
    assert statuses(project) == ["completed"] * 6
    (results / "case_5/run_status.json").write_text("")
    (results / ".boots.json").write_text(json.dumps({platform.node(): "an earlier one"}))
    assert "Nothing to be done" not in project.run("--dry-run").stdout
    project.run()
    assert project.starts() == 1
    assert "Nothing to be done" in project.run().stdout


def test_a_limit_of_the_shell_is_not_called_ours(project: Project) -> None:
    project.edit("rc.spice.j2", ".tran 1u 200u", ".tran 10n 200u")
    command = " ".join(map(shlex.quote, project.command()))
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -f 100; exec {command}"],
        cwd=project.directory,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    assert limited.returncode == 0, limited.stderr
    rows = project.table()
    assert {row["failure"] for row in rows} == {"insufficient_resources"}
    assert all("(ulimit -H -f): raise it" in row["error_message"] for row in rows)
    project.run()
    assert statuses(project) == ["completed"] * 6
