"""What a release rests on: environments that agree, and files that others' tools read."""

from __future__ import annotations

import ast
import re
import sys

import yaml
from project import REPOSITORY

ENVIRONMENT = yaml.safe_load((REPOSITORY / "envs" / "snakespice.yaml").read_text())
NAMES = {"yaml": "pyyaml"}  # what is imported by another name than it is installed by


def locked() -> dict[str, str]:
    lock = (REPOSITORY / "requirements.lock").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.M))


def pinned() -> dict[str, str]:
    """Return the Python packages that the environment pins to one version."""
    pairs = (entry.split(" =") for entry in ENVIRONMENT["dependencies"] if " =" in entry)
    return dict(pairs)


def test_the_pins_of_the_environment_are_those_of_the_lock_file() -> None:
    assert pinned()
    assert pinned().items() <= locked().items()
    others = {entry.split()[0] for entry in ENVIRONMENT["dependencies"]} - pinned().keys()
    assert others == {"ngspice", "ngspice-lib", "python"}


def test_the_python_of_the_environment_is_that_of_the_project() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text()
    (wanted,) = re.findall(r'requires-python = "(.+)"', project)
    assert f"python {wanted}" in ENVIRONMENT["dependencies"]


def test_the_environment_has_all_that_the_scripts_import() -> None:
    scripts = (REPOSITORY / "scripts").rglob("*.py")
    # What reads results for people is no part of a run: see the extra in pyproject.toml.
    files = [path for path in scripts if path.parent.name != "analysis"]
    files += (REPOSITORY / "examples").rglob("*.py")
    imported = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    foreign = imported - sys.stdlib_module_names - {"snakespice"}
    assert foreign
    assert {NAMES.get(name, name) for name in foreign} <= pinned().keys()


def test_every_rule_that_runs_something_has_the_environment() -> None:
    """Rules without a command collect files and need none."""
    rules = []
    for file in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        rules += re.findall(r"^rule (\w+):\n(.*?)(?=^\S|\Z)", file.read_text(), re.M | re.S)
    assert {name for name, _ in rules} >= {"plan", "render", "simulate", "aggregate", "gate"}
    for name, text in rules:
        assert 'conda:\n        "../../envs/snakespice.yaml"' in text, name


def test_the_citation_is_complete() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    wanted = {"message", "title", "abstract", "type", "version", "license", "keywords", "authors"}
    assert all(citation.get(key) for key in wanted)
    assert citation["license"] == "MIT"
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])
