"""A module that is named by `github(...)`, and what the Workflow Catalog asks of a repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from host import Host
from project import REPOSITORY

PARTS = ("Snakefile", "workflow", "scripts", "envs", "config", ".gitattributes", ".git_archival")


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have git take a repository on this machine for one on GitHub; return its commit."""
    place = tmp_path / "served"
    place.mkdir()
    for part in PARTS:
        source = REPOSITORY / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, place / part)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-f", "."], [*author, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", "-C", str(place), *command], check=True)
    subprocess.run(["git", "-C", str(place), "tag", "v1"], check=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{place}/.git.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/some/snakespice")
    head = ["git", "-C", str(place), "rev-parse", "HEAD"]
    return subprocess.run(head, capture_output=True, text=True, check=True).stdout.strip()


def test_a_module_from_a_hosting_service(host: Host, commit: str) -> None:
    local = f'"{REPOSITORY / "Snakefile"}"'
    host.edit("Snakefile", local, 'github("some/snakespice", path="Snakefile", tag="v1")')
    host.run()
    assert len(host.table()) == 6
    data = json.loads((host.directory / "results/rc/provenance.json").read_text())
    assert data["versions"]["snakespice"]["commit"] == commit
    assert "Nothing to be done" in host.run().stdout


def test_as_snakedeploy_writes_it(host: Host, commit: str) -> None:
    """The whole configuration is the hub, and the module brings the default target."""
    hub = yaml.safe_load((host.directory / "config/config.yaml").read_text())["spice"]
    host.write("config/config.yaml", yaml.safe_dump(hub))
    host.write(
        "workflow/Snakefile",
        'configfile: "config/config.yaml"\n\nmodule snakespice:\n'
        '    snakefile: github("some/snakespice", path="workflow/Snakefile", tag="v1")\n'
        "    config: config\n\nuse rule * from snakespice\n",
    )
    (host.directory / "Snakefile").unlink()
    host.run()
    assert len(host.table()) == 6


def test_the_snakefile_of_the_catalog_runs_by_itself(host: Host) -> None:
    hub = yaml.safe_load((host.directory / "config/config.yaml").read_text())["spice"]
    host.write("config/config.yaml", yaml.safe_dump(hub))
    assert (
        "6 of 6 cases completed"
        in host.run("--snakefile", str(REPOSITORY / "workflow/Snakefile")).stdout
    )


def test_what_the_catalog_asks_for() -> None:
    usage = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage == {"software-stack-deployment": {"conda": True}, "report": True}
    for name in ("workflow/Snakefile", "config/README.md", "README.md", "LICENSE"):
        assert (REPOSITORY / name).is_file()
