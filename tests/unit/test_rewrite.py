"""The closure that comes with a netlist is that of the netlist as it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import finalise

TITLE, END = "title\n", ".end\n"


@pytest.mark.parametrize(
    "cards",
    [
        ".op\n",
        ".options seed=5\n.op\n",
        ".ac dec 5 1 1k\n.meas ac gain max vdb(out)\n",
        ".ac dec 5 1 1k\n.save v(in)\n.meas ac gain max vdb(out)\n",
        ".control\nrun\n.endc\n.op\n",
        '.include "part.spice"\n.op\n',
    ],
)
def test_closure_of_what_is_kept(tmp_path: Path, cards: str) -> None:
    (tmp_path / "part.spice").write_text("R1 1 0 1k\n")
    text, closure = finalise(
        TITLE + cards + END, directory=tmp_path, case_dir=tmp_path, near=tmp_path, seed=17
    )
    again = ResolvedNetlist(text, tmp_path)
    assert closure.facts == again.facts
    assert closure.files == again.files
