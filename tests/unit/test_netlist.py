"""What a netlist asks ngspice to do, beyond what the netlists of tests/netlists show."""

from __future__ import annotations

from pathlib import Path

import pytest

from snakespice.netlist import Closure


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
    closure = Closure(f"a title\n{card}\n.op\n.end\n", tmp_path)
    assert closure.facts.has_code_models is expected
