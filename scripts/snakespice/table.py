"""The tables of a sweep: `run_status.csv`, every record, and `measures.csv`, every measure.

A record counts only if it is whole and is this case's: the right number, the same parameters, the
netlist that is there now. The tables are complete and in the order of the cases.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from snakespice.index import read_index
from snakespice.layout import MEASURES, RECORD, TABLE, case_name, part_cases, part_file, parts
from snakespice.plan import Plan, result_path
from snakespice.record import COLUMNS, Record, RecordFault, read_record, size_of, written_aside
from snakespice.spreadsheet import write_rows

PENDING = "Execution incomplete"
FIRST_COLUMNS = (
    "status",
    "timestamp_iso",
    "simulation_duration",
    "result_file",
    "error_message",
    "failure",
)
# A parameter has a column of its own, a measure has it in measures.csv.
_ELSEWHERE = {"case_id", "parameters", "measures", *FIRST_COLUMNS}
OTHER_COLUMNS = tuple(name for name in COLUMNS if name not in _ELSEWHERE)

Row = dict[str, Any]


def aggregate(directory: Path, plan: Plan) -> None:
    """Write both tables of the sweep in `directory`, each atomically.

    Raises RecordFault when an index of netlists is missing, OSError when nothing can be written.
    """
    names = list(plan.space.names)
    # Measures wait in columns of float64, as their names are known only when all records are read.
    columns = {name.lower(): _Measure(name) for name in plan.measures}

    def status_rows() -> Iterator[list[Any]]:
        order = ["case_id", *names, *FIRST_COLUMNS, *OTHER_COLUMNS]
        yield order
        for row in _rows(directory, plan):
            for name, value in row["measures"].items():
                columns.setdefault(name.lower(), _Measure(name)).put(row["case_id"], value)
            yield [row.get(name) for name in order]

    def measure_rows() -> Iterator[list[Any]]:
        yield ["case_id", *names, *(column.name for column in columns.values())]
        for case_id in range(1, len(plan) + 1):
            values = (column.get(case_id) for column in columns.values())
            yield [case_id, *plan.space.case(case_id).values(), *values]

    _write_csv(directory / TABLE, status_rows())
    _write_csv(directory / MEASURES, measure_rows())


class _Measure:
    """The values of one measure, by case; NaN where it was not taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._values = array("d")

    def put(self, case_id: int, value: float | None) -> None:
        del self._values[case_id - 1 :]  # in a record that was tampered with, it can come twice
        self._values.extend([math.nan] * (case_id - 1 - len(self._values)))
        self._values.append(math.nan if value is None else value)

    def get(self, case_id: int) -> float | None:
        value = self._values[case_id - 1] if case_id <= len(self._values) else math.nan
        return None if math.isnan(value) else value


def _write_csv(path: Path, rows: Iterator[list[Any]]) -> None:
    with written_aside(path) as file:
        write_rows(file, rows)


def _rows(directory: Path, plan: Plan) -> Iterator[Row]:
    for part in range(1, parts(len(plan), plan.cases_per_job) + 1):
        netlists = read_index(directory / part_file(part))["netlists"]
        for case_id in part_cases(part, len(plan), plan.cases_per_job):
            yield _row(directory, plan, case_id, netlists)


def _row(directory: Path, plan: Plan, case_id: int, netlists: dict[str, str]) -> Row:
    row: Row = {"case_id": case_id, **plan.space.case(case_id), "measures": {}}
    try:
        record = read_case(directory, plan, case_id)
    except RecordFault as fault:
        message = (
            f"{case_name(case_id)}/{RECORD} cannot be used: {fault}; to have the case simulated"
            f" again: retry.py {directory} --failure corrupt_status, then snakemake"
        )
        return row | {"status": "failed", "failure": "corrupt_status", "error_message": message}
    if record is None or record.netlist_sha256 != netlists.get(str(case_id)):
        return row | {"status": "pending", "error_message": PENDING}
    return row | _cells(record, plan, case_id)


def read_case(directory: Path, plan: Plan, case_id: int) -> Record | None:
    """Return the record of a case, None where there is none.

    Raises RecordFault for a damaged or another case's, and where the raw file is not as recorded.
    """
    case_dir = directory / case_name(case_id)
    record = read_record(case_dir / RECORD)
    if record is None:
        return None
    if (record.case_id, record.case_key) != (case_id, plan.case_key(case_id)):
        raise RecordFault(f"it is that of case {record.case_id} with other parameters")
    if record.result_file and (size := size_of(case_dir / record.result_file)) != (
        record.result_bytes
    ):
        there = "missing" if size is None else f"of {size} bytes"
        raise RecordFault(f"{record.result_file} is {there}, not of {record.result_bytes}")
    return record


def _cells(record: Record, plan: Plan, case_id: int) -> Row:
    cells: Row = {name: getattr(record, name) for name in (*FIRST_COLUMNS, *OTHER_COLUMNS)}
    for name in ("warnings", "limits", "simulator"):
        cells[name] = json.dumps(cells[name], ensure_ascii=False) if cells[name] else None
    if record.result_file:
        cells["result_file"] = result_path(plan, case_id)
    return cells | {"measures": record.measures}
