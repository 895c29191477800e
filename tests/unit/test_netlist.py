"""What a netlist asks ngspice to do, beyond what the netlists of tests/netlists show."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from snakespice.netlist.netlist import ResolvedNetlist


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("A1 1 2 gain", True),
        ("  a1 1 2 gain", True),
        ("E1 2 0 POLY(1) 1 0 0 2", True),
        ("g1 2 0 table {v(1)} = (0,0) (2,4)", True),
        ("E1 2 0 1 0 10", False),
        ("R1 1 0 1k\n* a comment\n.model a1 d", False),
        ("V1 poly 0 1", False),
    ],
)
def test_which_devices_are_made_of_code_models(tmp_path: Path, card: str, expected: bool) -> None:
    closure = ResolvedNetlist(f"a title\n{card}\n.op\n.end\n", tmp_path)
    assert closure.facts.has_code_models is expected


@pytest.mark.parametrize(
    ("card", "seed"),
    [
        (".options seed=5", "5"),
        (".options reltol=1e-3\n+ seed=5 ; the fifth", "5"),
        (".options reltol=1e-3 ; seed=5", None),
        (".options reltol=1e-3 $ seed=5", None),
        (".options reltol=1e-3 ; and\n+ seed=5", "5"),
        ("* .options seed=5", None),
    ],
)
def test_a_seed_of_its_own(tmp_path: Path, card: str, seed: str | None) -> None:
    assert ResolvedNetlist(f"a title\n{card}\n.op\n.end\n", tmp_path).facts.own_seed == seed


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (".FUNC f(x) {x}", True),
        ("R1 1 0 r={Temper}", True),
        ("* temperature", False),
        ("R1 1 0 {k}", False),
    ],
)
def test_what_makes_expressions_depend_on_more(tmp_path: Path, card: str, expected: bool) -> None:
    (tmp_path / "part.spice").write_text(f"{card}\n")
    closure = ResolvedNetlist('a title\n.include "part.spice"\n.op\n.end\n', tmp_path)
    assert closure.facts.has_functions is expected


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from snakespice.netlist.netlist import ResolvedNetlist
print(*ResolvedNetlist("a title\\n.include huge.inc\\n.op\\n.end\\n", ".").files.values())
"""


def test_a_huge_sparse_include_takes_little_memory(tmp_path: Path) -> None:
    size = 1 << 30
    with (tmp_path / "huge.inc").open("wb") as file:
        file.truncate(size)
    scripts = str(Path(__file__).parents[2] / "scripts")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, scripts], cwd=tmp_path, capture_output=True, text=True
    )
    expected = hashlib.sha256()
    for _ in range(size >> 20):
        expected.update(bytes(1 << 20))
    assert done.stdout.strip() == expected.hexdigest(), done.stderr
