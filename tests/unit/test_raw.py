"""Raw files: whole ones are read as spicelib reads them, all others are refused."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from spicelib import RawRead

from snakespice.verdict.raw import RawError, check_raw

DECK = """*ng_script
.control
circbyline t
circbyline v1 in 0 dc 1 ac 1 sin(0 1 1k)
circbyline r1 in out 1k
circbyline c1 out 0 1n
circbyline .end
set filetype={kind}
set appendwrite
op
write r.raw
ac dec 5 1 1k
write r.raw
tran 1u 100u
write r.raw
quit 0
.endc
"""


@pytest.fixture(params=["binary", "ascii"])
def raw(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "d.sp").write_text(DECK.format(kind=request.param))
    subprocess.run(["ngspice", "-n", "-b", "d.sp"], cwd=tmp_path, capture_output=True, check=True)
    return tmp_path / "r.raw"


def test_as_spicelib_reads_it(raw: Path) -> None:
    plots = check_raw(raw)
    assert [plot.name for plot in plots] == ["Operating Point", "AC Analysis", "Transient Analysis"]
    assert [plot.is_complex for plot in plots] == [False, True, False]
    assert not any(plot.nonfinite or plot.is_silent for plot in plots)
    if b"Binary:" in raw.read_bytes():
        oracle = RawRead(str(raw), dialect="ngspice", verbose=False)
        assert [len(plot.get_wave("v(out)")) for plot in oracle.plots] == [
            plot.points for plot in plots
        ]
        assert [sorted(plot.get_trace_names()) for plot in oracle.plots] == [
            sorted(plot.variables) for plot in plots
        ]


def test_every_cut_is_noticed(raw: Path) -> None:
    data = raw.read_bytes()
    # Between two plots a cut leaves a whole file; a blank line behind the last one is no loss.
    between = {place for place in range(len(data)) if data[place:].lstrip().startswith(b"Title:")}
    between |= {place for place in range(len(data)) if not data[place:].strip()}
    lengths = {*range(0, len(data), max(1, len(data) // 300)), *range(len(data) - 40, len(data))}
    for length in sorted(lengths - between):
        raw.write_bytes(data[:length])
        with pytest.raises(RawError):
            check_raw(raw)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite(tmp_path: Path, value: float) -> None:
    header = (
        "Title: t\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 3\nNo. Points: 2\n"
    )
    header += "Variables:\n\t0\ttime\ttime\n\t1\tv(a)\tvoltage\n\t2\tv(b)\tvoltage\nBinary:\n"
    path = tmp_path / "r.raw"
    path.write_bytes(header.encode() + struct.pack("<6d", 0, 1, 2, 3, 4, value))
    assert check_raw(path)[0].nonfinite == ("v(b)",)
    path.write_bytes(header.encode() + struct.pack("<6d", 0, 1e308, 1e308, 1e308, 4, 5))
    assert check_raw(path)[0].nonfinite == ()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "empty"),
        ("no raw file at all", "no complete header"),
        ("Title: t\nFlags: real\nBinary:\n", "damaged"),
        (
            "Flags: real\nNo. Variables: 1\nNo. Points: 0\nVariables:\n\t0\tx\ty\nBinary:\n",
            "no points",
        ),
        ("Flags: real\nNo. Variables: 2\nNo. Points: 1\nVariables:\n\t0\tx\ty\nBinary:\n", "named"),
        (
            "Flags: real\nNo. Variables: 1\nNo. Points: 9\nVariables:\n\t0\tx\ty\n"
            "Values:\n0\tfoo\n",
            "foo",
        ),
    ],
)
def test_no_raw_file(tmp_path: Path, text: str, phrase: str) -> None:
    path = tmp_path / "r.raw"
    path.write_text(text)
    with pytest.raises(RawError, match=phrase):
        check_raw(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RawError, match="No such file"):
        check_raw(tmp_path / "r.raw")
