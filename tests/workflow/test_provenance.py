"""`provenance.json` says where the results of a sweep come from."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
from pathlib import Path
from typing import Any

import pytest
from project import REPOSITORY, Project

import snakespice
from snakespice.tables.provenance import _snakespice


def provenance(project: Project, sweep: str = "rc") -> dict[str, Any]:
    path = project.directory / "results" / sweep / "provenance.json"
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def digests(project: Project, *names: str) -> dict[str, str]:
    paths = (project.directory / name for name in names)
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_all_that_was_read_is_named_with_its_hash(project: Project) -> None:
    """Everything that is read in any way stands in one project."""
    project.write("dut.spice", '.include "deep.spice"\n')
    project.write("deep.spice", "* nothing\n")
    project.write("part.j2", "* part\n")
    project.write("named_by_a_value.j2", "* too\n")
    project.write("start.spice", "set ngbehavior=ps\n")
    project.write("rows.csv", "R,C\n1k,1n\n2k,1n\n")
    project.write("sweep.yaml", "testbench: rc\ncases: rows.csv\n")
    project.write(
        "bench/config.yaml", "template: ../rc.spice.j2\nparameters: {R: 1, C: 1, temp: 27}\n"
    )
    project.edit("rc.spice.j2", ".temp", '{% include "part.j2" %}\n.include "{{ dut }}"\n.temp')
    project.edit(
        "rc.spice.j2", ".tran", '{% set n = "named_by_a_value.j2" %}{% include n %}\n.tran'
    )
    project.write(
        "config.yaml",
        "dut: {netlist: dut.spice}\ntestbenches: {rc: bench}\nsweeps: {rc: sweep.yaml}\n"
        "simulator: {spiceinit: start.spice, timeout: 50}\ngate: {max_failed_fraction: 0.5}\n",
    )
    project.run()
    found = provenance(project)
    assert found["files"] == {
        "configuration": digests(project, "config.yaml", "bench/config.yaml", "sweep.yaml"),
        "tables": digests(project, "rows.csv"),
        "start_up": digests(project, "start.spice"),
        "dut": digests(project, "dut.spice"),
        "templates": digests(project, "rc.spice.j2", "part.j2", "named_by_a_value.j2"),
        "netlists": digests(project, "c.spice", "dut.spice", "deep.spice"),
    }
    configuration = found["configuration"]
    assert configuration["simulator"]["timeout"] == 50
    assert configuration["simulator"]["mem_mb"] == 1000
    assert configuration["gate"] == {"max_failed_fraction": 0.5}
    assert configuration["testbench"]["parameters"] == {"R": "1", "C": "1", "temp": "27"}
    assert configuration["sweep"]["parameters"] == [{"R": ["1k", "2k"], "C": ["1n", "1n"]}]


def test_versions_command_when_and_where(finished: Project) -> None:
    found = provenance(finished)
    assert found["run"]["command"].endswith("--cores 2 --configfile config.yaml")
    assert found["run"]["directory"] == str(finished.directory)
    assert found["run"]["host"] == platform.node()
    assert found["run"]["started"] <= found["written"]
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["ngspice"].startswith("ngspice-")
    assert found["versions"]["snakespice"]["version"] == snakespice.__version__
    assert found["cases"]["completed"] == 6
    assert found["cases"]["simulator"] == {found["versions"]["ngspice"]: 6}


def test_it_is_written_once_a_run_and_makes_nothing_run(finished: Project) -> None:
    before = provenance(finished)
    assert "Nothing to be done" in finished.run(cores=1).stdout
    assert provenance(finished) == before
    finished.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [1k, 2k, 3k, 4k]")
    finished.run(cores=1)
    assert "--cores 1" in provenance(finished)["run"]["command"]
    assert provenance(finished)["configuration"]["sweep"]["cases"] == 8


def test_templates_are_as_they_were_when_the_netlists_were_rendered(project: Project) -> None:
    """A run goes on with the netlists that it has, whatever happens to their template."""
    project.run("--until", "render")
    before = digests(project, "rc.spice.j2")
    template = project.directory / "rc.spice.j2"
    project.install_ngspice(before=f'echo "* later" >> "{template}"')
    project.run("--rerun-triggers", "mtime")
    assert digests(project, "rc.spice.j2") != before
    assert provenance(project)["files"]["templates"] == before


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit."""
    place = tmp_path / "clone"
    place.mkdir()
    (place / "file").write_text("a\n")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "file"], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(place), *command], check=True)
    return place


def test_the_commit_and_whether_the_tree_was_clean(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = (clone / ".git/HEAD").read_text().split()[1]
    commit = (clone / ".git" / head).read_text().strip()
    monkeypatch.setenv("GIT_DIR", str(REPOSITORY / ".git"))  # as in a hook of another repository
    state = {"version": snakespice.__version__, "commit": commit}
    (clone / "a project of somebody's").touch()
    assert _snakespice(clone) == state | {"clean": True}
    (clone / "file").write_text("b\n")
    assert _snakespice(clone) == state | {"clean": False}


def test_the_commit_of_a_repository_around_is_not_ours(clone: Path) -> None:
    (clone / "vendor").mkdir()
    assert _snakespice(clone / "vendor")["commit"] is None


def test_without_git(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert _snakespice(clone) == {"version": snakespice.__version__, "commit": None, "clean": None}
