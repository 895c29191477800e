"""Raw files read by numpy: the same numbers as by the verdict's reader, and by spicelib's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from spicelib import RawRead
from waveform_files import ac, case_of, dc, op, tran, write_raw

from snakespice.measures.signal import Misuse
from snakespice.measures.waveforms import Plot, read_plots
from snakespice.verdict.raw import RawError, read_raw

DECK = """* all kinds of analyses
v1 in 0 dc 1 ac 1 sin(0 1 1k)
r1 in out 1k
c1 out 0 1n
d1 out 0 dm
.model dm d
.op
.ac dec 5 1 1meg
.tran 10u 3m
.dc v1 0 1 0.1 r1 1k 3k 1k
.noise v(out) v1 dec 5 1 1meg 1
.save all @d1[id] @r1[i]
.end
"""
SCRIPT = """*ng_script
.control
set filetype={kind}
set appendwrite
source deck.spice
run
foreach p $plots
strcmp differs $p const
if $differs ne 0
setplot $p
write out.raw
end
end
quit 0
.endc
"""


@pytest.fixture(scope="module", params=["binary", "ascii"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what ngspice itself has written."""
    place = tmp_path_factory.mktemp("raw")
    (place / "deck.spice").write_text(DECK)
    (place / "run.sp").write_text(SCRIPT.format(kind=request.param))
    subprocess.run(
        ["ngspice", "-n", "-b", "run.sp"], cwd=place, check=True, capture_output=True, timeout=60
    )
    return place / "out.raw"


def test_numbers_are_those_of_the_other_reader(written: Path) -> None:
    plots = read_plots(written)
    blocks = read_raw(written)
    assert {"op", "ac", "tran", "dc", "noise", "noise_total"} == {plot.kind for plot in plots}
    for plot, block in zip(plots, blocks, strict=True):
        values = np.concatenate([np.asarray(values) for values in block.values])
        assert plot.variables == tuple(name.lower() for name in block.variables)
        width = len(block.variables)
        expected = values.view("c16" if block.is_complex else "f8").reshape(-1, width)
        if plot.kind == "dc":
            continue
        for column in range(width):
            assert np.array_equal(plot.signal(column).y, expected[:, column])


def test_numbers_are_those_of_spicelib(written: Path) -> None:
    if b"Values:" in written.read_bytes():
        pytest.skip("spicelib reads no text of ngspice")
    oracle = RawRead(str(written), dialect="ngspice", verbose=False)
    for plot, its in zip(read_plots(written), oracle.plots, strict=True):
        for column, name in enumerate(plot.variables) if plot.kind != "dc" else ():
            assert np.array_equal(plot.signal(column).y, its.get_wave(name)), (plot.kind, name)


def test_what_real_names_are_found_by(written: Path) -> None:
    case = case_of(written, {})
    assert case.v("OUT", plot="tran").axis == "time"
    assert case.signal("@d1[id]", plot="tran").name in ("@d1[id]", "i(@d1[id])")
    assert case.signal("onoise_total").y > 0
    assert case.signal("onoise_spectrum").axis == "frequency"
    assert case.v("out", plot="ac").is_complex
    assert case.v("out", plot="op").axis == "point"


def test_curves_of_a_nested_sweep(written: Path) -> None:
    case = case_of(written, {})
    with pytest.raises(Misuse, match="a nested sweep of 3 curves: say which, curve=1"):
        case.v("out", plot="dc")
    curves = [case.i("v1", plot="dc", curve=k) for k in (1, 2, 3)]
    assert all(np.allclose(curve.x, np.linspace(0, 1, 11)) for curve in curves)
    assert abs(curves[0].y[-1]) > abs(curves[1].y[-1]) > abs(curves[2].y[-1])
    with pytest.raises(Misuse, match="has 3 curves, no number 4"):
        case.v("out", plot="dc", curve=4)


def test_a_sweep_downwards_is_turned_round(tmp_path: Path) -> None:
    down = np.linspace(1, 0, 5)
    nested = np.concatenate([down, down])
    path = write_raw(
        tmp_path / "r", dc("v-sweep", down, y=down**2), dc("i-sweep", nested, z=np.arange(10.0))
    )
    case = case_of(path, {})
    assert np.array_equal(case.signal("y").x, down[::-1])
    assert np.array_equal(case.signal("y").y, down[::-1] ** 2)
    assert np.array_equal(case.signal("z", curve=1).y, [4, 3, 2, 1, 0])
    assert np.array_equal(case.signal("z", curve=2).y, [9, 8, 7, 6, 5])


@pytest.mark.parametrize("text", [False, True])
def test_damaged_files_are_told(tmp_path: Path, text: bool) -> None:
    path = write_raw(
        tmp_path / "r.raw",
        tran(time=[0, 1, 2], a=[1, 2, 3]),
        ac(frequency=[1, 2], a=[1j, 2]),
        text=text,
    )
    whole = path.read_bytes()
    assert [len(plot.signal(1)) for plot in read_plots(path)] == [3, 2]
    path.write_bytes(whole[:-9])
    with pytest.raises(RawError, match='plot "AC Analysis" is cut short'):
        read_plots(path)
    path.write_bytes(b"")
    with pytest.raises(RawError, match="is empty"):
        read_plots(path)
    path.unlink()
    with pytest.raises(RawError, match=r"r\.raw: No such file"):
        read_plots(path)


def test_a_large_file_is_mapped_and_not_loaded(tmp_path: Path) -> None:
    """Of 400 MB, which are a hole in the file, one column of 16 is used: 25 MB."""
    path = tmp_path / "large.raw"
    points = 3_200_000
    names = "".join(f"\t{k}\tv({k})\tvoltage\n" for k in range(1, 16))
    header = (
        "Title: t\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 16\n"
        f"No. Points: {points}\nVariables:\n\t0\ttime\ttime\n{names}Binary:\n"
    ).encode()
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + points * 16 * 8)
    [plot] = read_plots(path)
    assert not plot._data.flags.owndata
    assert plot.signal(3).y.nbytes == points * 8


def test_a_reference_from_csv_or_raw(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("time, V(Out)\n0,1\n1e-3,2\n")
    raw = write_raw(tmp_path / "g.raw", tran(time=[0, 1], **{"v(out)": [3, 4]}))
    case = case_of(tmp_path / "none.raw", {}, {"g.csv": tmp_path / "g.csv", "g.raw": raw})
    assert np.array_equal(case.reference("g.csv", "v(out)").y, [1, 2])
    assert case.reference("g.csv", "v(out)").axis == "time"
    assert np.array_equal(case.reference("g.raw", "v(out)").y, [3, 4])
    with pytest.raises(Misuse, match=r"there is no column v\(in\) \(did you mean v\(out\)\?\)"):
        case.reference("g.csv", "v(in)")


def test_one_of_several_goes_by_its_number_and_the_only_one_by_its_kind(tmp_path: Path) -> None:
    first, second = ac(frequency=[1], a=[1j]), ac(frequency=[1], a=[2j])
    case = case_of(write_raw(tmp_path / "r", first, tran(time=[0], a=[7]), second, op(b=1)), {})
    assert case.signal("a", plot="ac2").y[0] == 2j
    assert case.signal("a", plot="tran").y[0] == case.signal("a", plot="tran1").y[0] == 7
    with pytest.raises(Misuse, match='plot="ac1", plot="ac2"'):
        case.signal("a", plot="ac")
    assert case.signal("b", plot="Operating Point").y[0] == 1
    assert isinstance(case.plots[0], Plot)
