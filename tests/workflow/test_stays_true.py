"""What a table says is true of the files as they are: edits, deletions, and what stands aside."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from project import CAPACITOR, Project


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
