"""Raw files: whole ones are read as spicelib reads them, all others are refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from rawfiles import plot
from spicelib import RawRead

from snakespice.verdict.raw import RawError, check_raw, read_raw

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
@pytest.mark.parametrize("form", ["Binary", "Values"])
def test_values_that_are_not_finite(tmp_path: Path, value: float, form: str) -> None:
    path = tmp_path / "r.raw"
    good, bad = plot([[0, 1, 2], [3, 4, 5]], form=form), plot([[0, 1, 2], [3, 4, value]], form=form)
    path.write_bytes(good + bad)
    assert [found.nonfinite for found in check_raw(path)] == [(), ("v(b)",)]
    path.write_bytes(plot([[0, 1e308, 1e308], [1e308, 4, 5]], form=form))
    assert check_raw(path)[0].nonfinite == ()
    path.write_bytes(plot([[1, 0, 2, 0, 3, value]], flags="complex", name="AC Analysis"))
    assert check_raw(path)[0].nonfinite == ("v(b)",)


def test_a_value_far_back_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snakespice.verdict.raw.CHUNK_VALUES", 7)
    path = tmp_path / "r.raw"
    points = [[n, n, n] for n in range(10)]
    path.write_bytes(plot([*points, [10, float("nan"), 10]]))
    assert check_raw(path)[0].nonfinite == ("v(a)",)
    assert [[len(v) for v in block.values] for block in read_raw(path)] == [[6] * 5 + [3]]


@pytest.mark.parametrize(
    ("name", "points", "is_silent"),
    [
        ("AC Analysis", [[1, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]], True),
        ("AC Analysis", [[1, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 1e-30]], False),
        ("AC Analysis", [[1, 0, 1e-30, 0, 0, 0], [2, 0, 0, 0, 0, 0]], False),
        ("Transient Analysis", [[1, 0, 0, 0, 0, 0]], False),
    ],
)
def test_an_ac_analysis_without_a_source_is_silent(
    tmp_path: Path, name: str, points: list[list[float]], is_silent: bool
) -> None:
    path = tmp_path / "r.raw"
    path.write_bytes(plot(points, name=name, flags="complex"))
    assert check_raw(path)[0].is_silent is is_silent


DAMAGED = [
    (plot([["0", "1,2", "3"]], form="Values"), "point 0: 2 numbers, not 1"),
    (plot([["0,0", "1,2", "3"]], form="Values", flags="complex"), "point 0: 1 numbers, not 2"),
    (plot([["0", "1", "2"]] * 2, form="Values")[:-4], "cut short after 1 of 2 points"),
    (plot([[0, 1, 2]] * 2)[:-1], "cut short: 47 of 48 bytes"),
    (plot([[0, 1, 2]]) + plot([[0, 1, 2]])[:-8], "cut short: 16 of 24 bytes"),
    (plot([[0, 1, 2]]).replace(b"Points: 1", b"Points: -1"), "3 variables are named"),
    (plot([[0, 1, 2]]).replace(b"Variables: 3", b"Variables: 0"), "3 .* are named, 0 announced"),
    (plot([[0, 1, 2]]).replace(b"Variables: 3", b"Variables: 4"), "3 .* are named, 4 announced"),
    (plot([[0, 1, 2]]) + b"rest", "at byte 182 stands no complete header"),
]


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
        *DAMAGED,
    ],
)
def test_no_raw_file(tmp_path: Path, text: str | bytes, phrase: str) -> None:
    path = tmp_path / "r.raw"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RawError, match=phrase):
        check_raw(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RawError, match="No such file"):
        check_raw(tmp_path / "r.raw")
