"""Tables as Parquet: the same rows as in CSV, typed, with units."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sweeps import plan_of, record_of, write_sweep

from snakespice.tables import parquet
from snakespice.tables.table import aggregate

VALUES = ["1k", "tt", "-40", "=1+1", "'=1", "1.50", "@x"]
PLAN = plan_of(VALUES)


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    records = [record_of(PLAN, n, measures={"gain": 0.1 * n, "lost": None}) for n in range(1, 7)]
    write_sweep(tmp_path, PLAN, records)
    aggregate(tmp_path, PLAN, 1, units={"gain": "dB"})
    return tmp_path


def test_parameters_are_as_written_and_numbers(sweep: Path) -> None:
    table = pd.read_parquet(sweep / "measures.parquet")
    assert list(table.columns) == ["case_id", "R", "R.value", "f3db", "gain", "lost"]
    assert list(table["R"]) == VALUES
    numbers = [1000.0, math.nan, -40.0, math.nan, math.nan, 1.5, math.nan]
    assert table["R.value"].equals(pd.Series(numbers, name="R.value"))
    assert list(table["gain"][:6]) == [0.1 * n for n in range(1, 7)]
    assert table["gain"].isna().tolist() == [False] * 6 + [True]
    assert table["lost"].isna().all()
    assert table["lost"].dtype == float


def test_both_forms_say_the_same(sweep: Path) -> None:
    for name in ("run_status", "measures"):
        csv = pd.read_csv(
            sweep / f"{name}.csv", dtype={"R": str}, keep_default_na=False, na_values=[""]
        )
        both = pd.read_parquet(sweep / f"{name}.parquet").drop(columns="R.value")
        assert list(both.columns) == list(csv.columns)
        assert len(both) == len(csv)
        for column in set(csv.columns) - {"R"}:
            assert both[column].isna().equals(csv[column].isna()), column
            filled = csv[column].notna()
            ours, theirs = both[column][filled], csv[column][filled]
            assert list(ours.astype(theirs.dtype)) == list(theirs), column


def test_units_and_the_sweep_are_described(sweep: Path) -> None:
    schema = pq.read_schema(sweep / "measures.parquet")
    assert schema.field("gain").metadata == {b"unit": b"dB"}
    assert schema.field("lost").metadata is None
    described = json.loads(schema.metadata[b"snakespice"])
    assert described["cases"] == len(VALUES)
    assert described["sweep"] == PLAN.sweep
    status = pq.read_schema(sweep / "run_status.parquet")
    assert status.field("simulation_duration").metadata == {b"unit": b"s"}
    assert str(status.field("exit_code").type) == "int64"


def test_rows_are_grouped_so_that_memory_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP_BYTES", 1)
    monkeypatch.setattr("snakespice.tables.table._CASES_PER_SHARE", 2)
    write_sweep(tmp_path, PLAN, [record_of(PLAN, n) for n in range(1, 8)])
    aggregate(tmp_path, PLAN, 1)
    file = pq.ParquetFile(tmp_path / "run_status.parquet")
    assert file.num_row_groups == 4
    assert file.read()["case_id"].to_pylist() == list(range(1, 8))
