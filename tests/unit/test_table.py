"""The tables of a sweep: every record that is the case's, and every measure under its case."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sweeps import plan_of, record_of, write_sweep

from snakespice.base.files import remove
from snakespice.record.record import Record
from snakespice.record.store import write_record
from snakespice.sweep.plan import Plan
from snakespice.tables import table
from snakespice.tables.table import aggregate

FIVE = plan_of(["1", "2", "3", "4", "5"])


def rows(directory: Path, name: str) -> list[dict[str, str]]:
    with (directory / name).open(newline="") as file:
        return list(csv.DictReader(file))


def tables(
    directory: Path, plan: Plan, records: Iterable[Record]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the rows of run_status.csv and measures.csv of a sweep that has these records."""
    write_sweep(directory, plan, records)
    aggregate(directory, plan, 1)
    return rows(directory, "run_status.csv"), rows(directory, "measures.csv")


@pytest.mark.parametrize("share", [1, 2, 3, 1000])
def test_measures_stand_in_the_rows_of_their_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    """However many cases one process reads, and whichever of them have the measure."""
    monkeypatch.setattr(table, "_CASES_PER_SHARE", share)
    measured: dict[int, dict[str, float | None]] = {
        1: {"late": None},
        2: {"f3db": 2.0},
        4: {"F3dB": 4.0, "late": 0.1},
        5: {"f3db": None, "late": 0.5, "last": 1e-300},
    }
    records = [record_of(FIVE, n, measures=taken) for n, taken in measured.items()]
    _, found = tables(tmp_path, FIVE, records)
    assert [list(row.values()) for row in found] == [
        ["1", "1", "", "", ""],
        ["2", "2", "2.0", "", ""],
        ["3", "3", "", "", ""],
        ["4", "4", "4.0", "0.1", ""],
        ["5", "5", "", "0.5", "1e-300"],
    ]
    assert list(found[0]) == ["case_id", "R", "f3db", "late", "last"]


def test_a_record_that_has_a_measure_twice_moves_no_other(tmp_path: Path) -> None:
    measures = [{"f3db": 1.0, "F3DB": 1.5}, {"f3db": 2.0}]
    _, found = tables(
        tmp_path, FIVE, [record_of(FIVE, n, measures=taken) for n, taken in enumerate(measures, 1)]
    )
    assert [row["f3db"] for row in found] == ["1.5", "2.0", "", "", ""]


@pytest.mark.parametrize(
    "change", [{"case_id": 3}, {"case_key": FIVE.case_key(3)}, {"result_bytes": 5}]
)
def test_a_record_that_is_not_of_this_case_is_not_its_result(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    files = {"result_file": "case_2_results.raw", "result_bytes": 8}
    write_sweep(tmp_path, FIVE, [record_of(FIVE, 2, measures={"f3db": 2.0}, **files)])
    aggregate(tmp_path, FIVE, 1)
    (row,) = [row for row in rows(tmp_path, "run_status.csv") if row["status"] != "pending"]
    assert (row["case_id"], row["status"]) == ("2", "completed")
    other = record_of(FIVE, 2, measures={"f3db": 3.0}, **files)
    write_record(tmp_path / "case_2/run_status.json", replace(other, **change))
    aggregate(tmp_path, FIVE, 1)
    row = rows(tmp_path, "run_status.csv")[1]
    assert (row["status"], row["failure"]) == ("failed", "corrupt_status")
    assert "case_2/run_status.json cannot be used" in row["error_message"]
    assert {row["f3db"] for row in rows(tmp_path, "measures.csv")} == {""}


def test_a_record_of_another_netlist_is_none_yet(tmp_path: Path) -> None:
    """The netlist has been rendered again, and nobody has looked at the case since."""
    found, _ = tables(tmp_path, FIVE, [record_of(FIVE, 2, netlist_sha256="of before")])
    assert [row["status"] for row in found] == ["pending"] * 5
    assert {row["error_message"] for row in found} == {"Execution incomplete"}


def test_a_record_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    write_sweep(tmp_path, FIVE, [record_of(FIVE, n) for n in range(1, 6)])
    (tmp_path / "case_4/run_status.json").write_text("{")
    remove(tmp_path / "case_5")
    aggregate(tmp_path, FIVE, 2)
    found = [row["status"] for row in rows(tmp_path, "run_status.csv")]
    assert found == ["completed"] * 3 + ["failed", "pending"]
