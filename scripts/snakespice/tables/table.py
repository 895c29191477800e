"""The tables of a sweep: `run_status.csv`, every record, and `measures.csv`, every measure.

Both are written as Parquet, too: see `tables.parquet`.

A record counts only if it is whole and is this case's: the right number, the same parameters, the
netlist that is there now. The tables are complete and in the order of the cases.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

import snakespice
from snakespice.base.files import UnusableFile, bytes_written_aside, written_aside
from snakespice.base.layout import (
    MEASURES,
    MEASURES_PARQUET,
    RECORD,
    TABLE,
    TABLE_PARQUET,
    case_name,
    part_file,
    part_with,
)
from snakespice.base.spreadsheet import as_csv
from snakespice.config.space import CORNER
from snakespice.processes.workers import chunks, map_in_order
from snakespice.record.record import COLUMNS, Record
from snakespice.sweep.case_record import read_record_with_key
from snakespice.sweep.index import file_digest, read_index
from snakespice.sweep.inputs import changed_inputs
from snakespice.sweep.plan import Plan, result_path
from snakespice.sweep.selection import NOT_SELECTED
from snakespice.tables.parquet import ParquetWriter, types_of_records

PENDING = "Execution incomplete"
_NOT_SELECTED = {"status": "pending", "error_message": NOT_SELECTED, "measures": {}}
_CASES_PER_SHARE = 1000
FIRST_COLUMNS = (
    "status",
    "timestamp_iso",
    "simulation_duration",
    "result_file",
    "error_message",
    "failure",
)
# A parameter has a column of its own, a measure has it in measures.csv.
_ELSEWHERE = {"case_id", "parameters", "measures", "measure_keys", *FIRST_COLUMNS}
OTHER_COLUMNS = tuple(name for name in COLUMNS if name not in _ELSEWHERE)

Row = dict[str, Any]
_json = json.JSONEncoder(ensure_ascii=False).encode


def aggregate(
    directory: Path,
    plan: Plan,
    at_once: int,
    corners: Collection[str] | None = None,
    units: Mapping[str, str] | None = None,
) -> list[int]:
    """Write both tables of the sweep in `directory`, each atomically, by so many processes.

    `corners` are those that are asked for, None for all; `units` those of the measures, as far as
    they are known. Return the numbers of the cases that are pending and asked for.

    Raises UnusableFile when an index of netlists is missing, OSError when nothing can be written.
    """
    shares = chunks(range(1, len(plan) + 1), _CASES_PER_SHARE)
    changed = changed_inputs(directory, cache(file_digest))
    pending: list[int] = []
    # Measures wait in columns of float64, as their names are known only when all records are read.
    columns = _Columns(plan.measures, 1)

    def status_texts() -> Iterator[str]:
        status_rows = partial(_status_rows, directory, plan, changed, corners)
        for text, measures, waiting in map_in_order(status_rows, shares, at_once):
            columns.append(measures)
            pending.extend(waiting)
            yield text

    _write(
        directory,
        (TABLE, TABLE_PARQUET),
        plan,
        types_of_records([*FIRST_COLUMNS, *OTHER_COLUMNS]),
        status_texts(),
        {"simulation_duration": "s", "cpu_seconds": "s", "max_rss_mb": "MB"},
    )
    known = [*plan.space.labels, *plan.space.names]
    _write(
        directory,
        (MEASURES, MEASURES_PARQUET),
        plan,
        dict.fromkeys(_distinct(columns.names(), known), pa.float64()),
        map_in_order(partial(_measure_rows, plan, columns), shares, at_once),
        units or {},
    )
    return pending


def _write(
    directory: Path,
    names: tuple[str, str],
    plan: Plan,
    types: Mapping[str, pa.DataType],
    texts: Iterable[str],
    units: Mapping[str, str],
) -> None:
    """Write a table in both forms; `texts` are its rows as CSV."""
    parameters, labels = list(plan.space.names), list(plan.space.labels)
    described = {
        "sweep": plan.sweep,
        "cases": len(plan),
        "testbench": {"template": plan.template.name, "parameters": plan.defaults},
        "measures": {name: one.text for name, one in plan.expressions.items()},
        "snakespice": snakespice.__version__,
    }
    with (
        written_aside(directory / names[0]) as file,
        bytes_written_aside(directory / names[1]) as binary,
        ParquetWriter(binary, labels, parameters, types, units, described) as parquet,
    ):
        file.write(as_csv([["case_id", *labels, *parameters, *types]]))
        for text in texts:
            file.write(text)
            parquet.add(text)


def _distinct(measures: Sequence[str], parameters: Iterable[str]) -> list[str]:
    """Return names for the columns of measures; one that is a parameter's, too, gets another."""
    taken = {"case_id", *(name.lower() for name in parameters)}
    names = []
    for name in measures:
        while name.lower() in taken:
            name = f"measure_{name}"
        taken.add(name.lower())
        names.append(name)
    return names


class _Columns:
    """The measures of consecutive cases from `first` on, a column each; NaN where not taken."""

    def __init__(self, names: Iterable[str], first: int) -> None:
        self._columns = {name.lower(): (name, array("d")) for name in names}
        self._first = self._next = first

    def names(self) -> list[str]:
        """Return the names of the columns, those of the plan first."""
        return [name for name, _ in self._columns.values()]

    def add(self, measures: Mapping[str, float | None]) -> None:
        """Add the measures of the next case."""
        self._next += 1
        for name, value in measures.items():
            column = self._column(name)
            del column[self._length - 1 :]  # a record that was tampered with can have it twice
            self._fill(column, self._length - 1)
            column.append(math.nan if value is None else value)

    def append(self, others: _Columns) -> None:
        """Add the measures of the cases that follow."""
        for name, values in others._columns.values():
            column = self._column(name)
            self._fill(column, self._length)
            column.extend(values)
        self._next = others._next

    def get(self, case_id: int) -> list[float | None]:
        """Return the measures of a case, None where one was not taken."""
        place = case_id - self._first
        row = (
            values[place] if place < len(values) else math.nan
            for _, values in self._columns.values()
        )
        return [None if math.isnan(value) else value for value in row]

    @property
    def _length(self) -> int:
        return self._next - self._first

    def _column(self, name: str) -> array[float]:
        return self._columns.setdefault(name.lower(), (name, array("d")))[1]

    @staticmethod
    def _fill(column: array[float], length: int) -> None:
        column.extend([math.nan] * (length - len(column)))


def _status_rows(
    directory: Path,
    plan: Plan,
    changed: Mapping[str, str],
    corners: Collection[str] | None,
    cases: range,
) -> tuple[str, _Columns, list[int]]:
    """Return the rows of these cases as CSV, their measures, and which cases are pending."""
    columns = _Columns((), cases.start)
    names = ("case_id", *plan.space.labels, *plan.space.names, *FIRST_COLUMNS, *OTHER_COLUMNS)
    rows, pending = [], []
    for case_id, labels, own in plan.space.labelled(cases):
        if corners is None or CORNER not in labels or labels[CORNER] in corners:
            row = _row(directory, plan, changed, case_id, own) | labels
            if row["status"] == "pending":
                pending.append(case_id)
        else:
            row = {"case_id": case_id, **labels, **own, **_NOT_SELECTED}
        columns.add(row["measures"])
        rows.append([row.get(name) for name in names])
    return as_csv(rows), columns, pending


def _measure_rows(plan: Plan, columns: _Columns, cases: range) -> str:
    """Return the rows of these cases as CSV."""
    return as_csv(
        [case_id, *labels.values(), *own.values(), *columns.get(case_id)]
        for case_id, labels, own in plan.space.labelled(cases)
    )


@lru_cache(maxsize=1)
def _netlists(directory: Path, part: int) -> dict[str, str]:
    netlists: dict[str, str] = read_index(directory / part_file(part))["netlists"]
    return netlists


def _row(
    directory: Path, plan: Plan, changed: Mapping[str, str], case_id: int, own: dict[str, str]
) -> Row:
    row: Row = {"case_id": case_id, **own, "measures": {}}
    netlists = _netlists(directory, part_with(case_id, plan.segments, plan.cases_per_job))
    try:
        record = read_record_with_key(directory, plan, case_id, plan.key_of(case_id, own))
    except UnusableFile as fault:
        message = (
            f"{case_name(case_id)}/{RECORD} cannot be used: {fault}; to have the case simulated"
            f" again: retry.py {directory} --failure corrupt_status, then snakemake"
        )
        return row | {"status": "failed", "failure": "corrupt_status", "error_message": message}
    if record is None or record.netlist_sha256 != netlists.get(str(case_id)):
        return row | {"status": "pending", "error_message": PENDING}
    if file := changed.get(record.inputs_key or ""):
        message = f"{file} was changed since this case read it: run again"
        row |= {"status": "pending", "error_message": message, "inputs_key": record.inputs_key}
        return row
    return row | _cells(record, plan, case_id)


def _cells(record: Record, plan: Plan, case_id: int) -> Row:
    cells: Row = {name: getattr(record, name) for name in (*FIRST_COLUMNS, *OTHER_COLUMNS)}
    for name in ("warnings", "limits", "simulator"):
        cells[name] = _json(cells[name]) if cells[name] else None
    if record.result_file:
        cells["result_file"] = result_path(plan, case_id)
    return cells | {"measures": record.measures}
