"""The library's packages: which there are, what each is for, and that data flow one way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import REPOSITORY

LIBRARY = REPOSITORY / "scripts" / "snakespice"
# The rows of the table in docs/how-it-works.md: from the configuration to what people read.
PACKAGES = re.findall(
    r"^\| `(\w+)` \| \S.* \| \S.* \|$", (REPOSITORY / "docs" / "how-it-works.md").read_text(), re.M
)
MODULES = sorted(LIBRARY.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> Iterator[str]:
    """Yield what a module imports of the library, also for types and within functions."""
    names = {name_of(module) for module in MODULES}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & names
            yield from inside or {node.module} & names


def test_every_package_is_explained() -> None:
    there = {path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert PACKAGES and set(PACKAGES) == there
    assert len(set(PACKAGES)) == len(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_package_imports_only_those_to_its_left(path: Path) -> None:
    if path.parent == LIBRARY:  # what people import; it loads what they ask for
        return
    known = PACKAGES[: PACKAGES.index(path.relative_to(LIBRARY).parts[0]) + 1]
    for name in imported(path):
        assert name == "snakespice" or name.split(".")[1] in known, name


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name_of(path): set(imported(path)) for path in MODULES if path.parent != LIBRARY}
    graph["snakespice"] = set()
    settled: set[str] = set()
    while ready := {name for name, below in graph.items() if below <= settled} - settled:
        settled |= ready
    assert settled == graph.keys(), graph.keys() - settled


def test_a_rule_and_its_script_bear_one_name() -> None:
    for file in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        for rule, script in re.findall(
            r'^rule (\w+):.*?script=script\("(\w+)\.py"\)', file.read_text(), re.M | re.S
        ):
            assert rule == script == file.stem
            assert (REPOSITORY / "scripts" / f"{script}.py").exists()


HEAVY = ("numpy", "pandas", "pyarrow", "scipy", "h5py", "xarray")


@pytest.mark.parametrize(
    "modules",
    ["snakespice.workflow.run, snakespice.workflow.jobs", "plan, render, simulate"],
    ids=["Snakefile", "jobs"],
)
def test_nothing_heavy_is_loaded_where_it_is_not_used(modules: str) -> None:
    """Each start of Snakemake and each job would pay for it; a unit without expressions, too."""
    code = f"import sys; import {modules}; print(*sorted(sys.modules.keys() & {set(HEAVY)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=LIBRARY.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
