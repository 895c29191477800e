"""Stores: what goes in comes out, of cases of any length, and of any plots."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from waveform_files import PlotData, ac, op, tran, write_raw

from snakespice.measures import store
from snakespice.measures.store import Stored, is_lossy, plots_at, write_store
from snakespice.measures.waveforms import Plot, read_plots
from snakespice.verdict.raw import RawError

RANDOM = np.random.default_rng(5)


def plots_of(directory: Path, *plots: PlotData) -> list[Plot]:
    return read_plots(write_raw(directory / "r.raw", *plots))


def case(directory: Path, number: int) -> list[Plot]:
    """Return a transient whose length is the case's own, an AC analysis and an operating point."""
    t = np.sort(RANDOM.random(3 + number))
    f = np.geomspace(1, 10, 4)
    return plots_of(
        directory,
        tran(time=t, **{"v(out)": np.sin(number * t), "v(in)": t, "i(@m1[id])": -t}),
        ac(frequency=f + 0j, **{"v(out)": 1 / (1 + 1j * f * number)}),
        op(**{"v(out)": float(number), "v(in)": 2.0}),
    )


def key(number: int) -> str:
    return f"{number:064x}"


def same(mine: list[Plot], other: list[Plot], names: set[str] | None = None) -> None:
    for one, two in zip(mine, other, strict=True):
        assert one.name == two.name
        for name in one.variables:
            assert np.array_equal(one.values(name), two.values(name))
        if names is None:
            assert one.variables == two.variables


@pytest.mark.parametrize("waiting", [1, 1 << 22])
def test_what_goes_in_comes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    """However few values wait before they are written."""
    monkeypatch.setattr(store, "_WAITING", waiting)
    cases = {number: case(tmp_path, number) for number in range(1, 40)}
    other = plots_of(tmp_path, tran(time=[0, 1], **{"v(out)": [1, 2]}))
    entries = [(number, key(number), plots) for number, plots in cases.items()]
    entries.insert(7, (99, key(99), other))
    path = tmp_path / "waveforms" / "block_1.h5"
    write_store(path, "rc", entries)
    for number, plots in cases.items():
        same(plots_at(Stored(path, key(number))), plots)
    same(plots_at(Stored(path, key(99))), other)
    assert not is_lossy(Stored(path, key(99)))
    with pytest.raises(RawError, match=r"block_1\.h5"):
        plots_at(Stored(path, key(100)))


def test_others_can_read_it_as_is_documented(tmp_path: Path) -> None:
    cases = [(number, key(number), case(tmp_path, number)) for number in (3, 8)]
    write_store(tmp_path / "s.h5", "rc", cases)
    with h5py.File(tmp_path / "s.h5") as file:
        layout = file["layout_0"]
        assert list(layout["case_id"]) == [3, 8]
        plot = layout["plot_0"]
        assert dict(plot.attrs)["kind"] == "tran"
        assert list(plot["offset"]) == [0, 6, 17]
        assert np.array_equal(plot["v(out)"][6:17], cases[1][2][0].values("v(out)"))


def test_chosen_signals_with_their_axis(tmp_path: Path) -> None:
    entry = (1, key(1), case(tmp_path, 1))
    write_store(tmp_path / "s.h5", "rc", [entry], signals=["V(out)", "@m1[id]"])
    stored = plots_at(Stored(tmp_path / "s.h5", key(1)))
    assert [plot.variables for plot in stored] == [
        ("time", "v(out)", "i(@m1[id])"),
        ("frequency", "v(out)"),
        ("v(out)",),
    ]


def test_single_precision_is_for_values_and_not_for_axes(tmp_path: Path) -> None:
    plots = case(tmp_path, 30)
    write_store(tmp_path / "s.h5", "rc", [(1, key(1), plots)], single=True)
    place = Stored(tmp_path / "s.h5", key(1))
    assert is_lossy(place)
    stored = plots_at(place)
    assert np.array_equal(stored[0].values("time"), plots[0].values("time"))
    exact = plots[0].values("v(out)")
    assert not np.array_equal(stored[0].values("v(out)"), exact)
    assert np.allclose(stored[0].values("v(out)"), exact, rtol=1e-7)
    with h5py.File(place.file) as file:
        assert file["layout_0/plot_0/v(out)"].dtype == np.float32


def test_what_is_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "s.h5").write_text("nonsense")
    with pytest.raises(RawError, match=r"s\.h5"):
        plots_at(Stored(tmp_path / "s.h5", key(1)))
    with pytest.raises(RawError, match=r"s\.h5: .*No such file"):
        plots_at(Stored(tmp_path / "missing" / "s.h5", key(1)))
