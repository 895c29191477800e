"""Results read for people, by `snakespice.open`."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from project import Project

import snakespice
from snakespice.base.files import UnusableFile
from snakespice.expressions.text import WrongExpression
from snakespice.measures.signal import Misuse, NotTaken

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("analysis"))
    project.edit("config.yaml", "measures: [vmax]", "measures: {vmax: {unit: V}}")
    project.edit("rc.spice.j2", ".tran 1u 200u", ".tran 1u 200u\n.ac dec 5 1k 1meg\n")
    project.run()
    return project


@pytest.fixture(params=["there", "copied", "tables are missing"])
def sweep(project: Project, tmp_path: Path, request: pytest.FixtureRequest) -> snakespice.Sweep:
    results = project.directory / "results/rc"
    if request.param != "there":
        results = shutil.copytree(results, tmp_path / "elsewhere")
    if request.param == "tables are missing":
        for path in results.glob("*.parquet"):
            path.unlink()
    return snakespice.open(results)


def test_table_has_parameters_as_numbers_or_as_written(sweep: snakespice.Sweep) -> None:
    table = sweep.table()
    assert list(table.columns) == ["R", "C", "status", "failure", "error_message", "vmax"]
    assert table.index.name == "case_id"
    assert list(table["R"]) == [1e3, 1e3, 2e3, 2e3, 3e3, 3e3]
    assert list(sweep.table(as_written=True)["R"]) == ["1k", "1k", "2k", "2k", "3k", "3k"]
    assert (table["status"] == "completed").all()
    assert table["vmax"].between(0.9, 1).all()
    assert len(sweep) == 6
    assert sweep.parameters == ["R", "C"]


def test_units_are_known_from_the_tables(project: Project) -> None:
    table = snakespice.open(project.directory / "results/rc").table()
    assert table.attrs["units"] == {"vmax": "V"}
    assert table.attrs["sweep"]["sweep"] == "rc"


def test_equal_axes_are_a_dimension(sweep: snakespice.Sweep) -> None:
    found = sweep.waveforms("v(out)", where="C == 1e-9", plot="ac")
    assert found.dims == ("case", "frequency")
    assert list(found["case"]) == [1, 3, 5]
    assert list(found["R"]) == [1e3, 2e3, 3e3]
    f, r = found["frequency"], found["R"]
    expected = 1 / (1 + 2j * np.pi * f * r * 1e-9)
    assert np.allclose(found.transpose(*expected.dims), 0 * expected, atol=1)


def test_axes_that_differ_are_a_coordinate_or_brought_together(sweep: snakespice.Sweep) -> None:
    found = sweep.waveforms("v(out)", plot="tran")
    case = sweep.case(2)
    mine = case.v("out", plot="tran")
    row = found.sel(case=2)
    if found.dims == ("case", "point"):
        assert np.array_equal(row["time"].values[: len(mine)], mine.x)
    assert np.array_equal(row.values[: len(mine)], mine.y)
    common = np.linspace(0, 300e-6, 7)
    on = sweep.waveforms("v(out)", plot="tran", on=common)
    assert on.dims == ("case", "time")
    assert np.array_equal(on["time"], common)
    assert math.isclose(on.sel(case=2).values[2], np.interp(1e-4, mine.x, mine.y))
    assert np.isnan(on.sel(case=2).values[-1])


def test_a_case_has_its_files(sweep: snakespice.Sweep) -> None:
    case = sweep.case(3)
    assert case.record is not None
    assert case.record.status == "completed"
    assert case.parameters == {"R": 2000.0, "C": 1e-9, "temp": 27.0}
    assert "R1 in out 2k" in (case.netlist or "")
    assert "ngspice" in (case.log or "")
    assert case.raw is not None
    assert case.raw.exists()
    assert [plot.kind for plot in case.plots] == ["tran", "ac"]
    with pytest.raises(KeyError, match="cases 1 to 6, no 7"):
        sweep.case(7)


def test_an_expression_is_tried_on_all_cases(sweep: snakespice.Sweep) -> None:
    found = sweep.measure('maximum(v("out", plot="tran"))')
    assert np.allclose(found, sweep.table()["vmax"], rtol=1e-6)
    none = sweep.measure('crossing(v("out", plot="tran"), R / 1k * 0.4)')
    assert none.isna().tolist() == [False] * 4 + [True] * 2
    assert none.attrs["reasons"][5] == "v(out) crosses 1.2 never"
    with pytest.raises(Misuse, match=r"there is no v\(x\)"):
        sweep.measure('maximum(v("x"))')
    with pytest.raises(WrongExpression, match='did you mean "maximum"'):
        sweep.measure('maxmum(v("x"))')


def test_what_is_not_there_is_told(tmp_path: Path, project: Project) -> None:
    with pytest.raises(UnusableFile, match="is this the directory of a sweep"):
        snakespice.open(tmp_path)
    results = shutil.copytree(project.directory / "results/rc", tmp_path / "rc")
    shutil.rmtree(results / "case_2")
    for path in results.glob("*.parquet"):
        path.unlink()
    sweep = snakespice.open(results)
    table = sweep.table()
    assert table.loc[2, "status"] == "pending"
    assert table["vmax"].isna()[2]
    assert list(sweep.waveforms("v(out)", plot="ac")["case"]) == [1, 3, 4, 5, 6]
    with pytest.raises(NotTaken, match="no waveforms: it is pending"):
        sweep.case(2).v("out")
    with pytest.raises(NotTaken, match="no completed case"):
        sweep.waveforms("v(out)", where="R > 1e6")


def test_the_front_door_loads_nothing_by_itself() -> None:
    code = "import snakespice, sys; sys.exit('numpy' in sys.modules or 'pandas' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=True)
    with pytest.raises(AttributeError, match="has no attribute nothing"):
        _ = snakespice.nothing
