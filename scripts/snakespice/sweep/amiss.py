"""What has to be done again in a sweep though Snakemake, which sees units alone, is content.

Somebody may have removed a case's directory, or put a file or a link in its place; a file that the
cases have read may be another one than it was then. One listing of the sweep's directory tells of
all cases: to look at each of a million would take too long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from snakespice.base.files import UnusableFile, read_json, remove, size_of
from snakespice.base.layout import (
    MEASURES,
    MEASURES_PARQUET,
    OVERVIEW,
    PROVENANCE,
    RECORD,
    TABLE,
    TABLE_PARQUET,
    case_name,
    case_number,
    unit_cases,
    units,
)
from snakespice.record.store import has_record, withdraw_record
from snakespice.sweep.inputs import changed_inputs
from snakespice.sweep.plan import Plan

_TABLES = (TABLE, MEASURES, TABLE_PARQUET, MEASURES_PARQUET, PROVENANCE, OVERVIEW)


def units_amiss(directory: Path, plan: Plan, digest_of: Callable[[str], str]) -> dict[str, str]:
    """Return the units that are done no longer, and why.

    `digest_of` gives the SHA-256 of a file as it is now, or `missing`.
    """
    size = (len(plan), plan.cases_per_job)
    there = _cases_there(directory, len(plan))
    if not size_of(directory / TABLE):  # all records will be read, so all can be looked for
        _leave_out_unrecorded(there, directory)
    changed = changed_inputs(directory, digest_of)
    if there.count(1) == len(plan) and not changed:
        return {}
    found = {}
    for unit in units(*size):
        cases = unit_cases(unit, *size)
        path = directory / unit / RECORD
        if size_of(path) is None:
            continue  # as Snakemake sees itself
        if there.count(1, cases.start, cases.stop) < len(cases):
            lost = next(number for number in cases if not there[number])
            found[unit] = f"{case_name(lost)} is missing"
        if read := changed.keys() & _inputs_of(path):
            found[unit] = f"{changed[min(read)]} is not what it was when cases read it"
    return found


def have_run_again(directory: Path, chosen: Iterable[str]) -> None:
    """Have Snakemake run these units; the records of their cases stay."""
    for unit in chosen:
        if case_number(unit):
            withdraw_record(directory / unit / RECORD)
        remove(directory / unit / RECORD)


def empty_outputs(directory: Path, plan: Plan) -> list[Path]:
    """Return the tables and records of units that hold nothing, as after a power failure."""
    names = [*_TABLES, *(f"{unit}/{RECORD}" for unit in units(len(plan), plan.cases_per_job))]
    return [directory / name for name in names if size_of(directory / name) == 0]


def _cases_there(directory: Path, cases: int) -> bytearray:
    """Return a byte for each number from 0 on: whether that case has a directory."""
    there = bytearray(cases + 1)
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                number = case_number(entry.name)
                if number and number <= cases and entry.is_dir(follow_symlinks=False):
                    there[number] = 1
    except FileNotFoundError:
        pass
    return there


def _leave_out_unrecorded(there: bytearray, directory: Path) -> None:
    for number, is_there in enumerate(there):
        if is_there and not has_record(os.listdir(directory / case_name(number))):
            there[number] = 0


def _inputs_of(record: Path) -> set[str]:
    """Return the keys of what a unit's cases have read; its record can be that of a case."""
    try:
        data = read_json(record)
    except UnusableFile:
        return set()
    if not isinstance(data, dict):
        return set()
    keys = data.get("inputs", [data.get("inputs_key")])
    return {key for key in keys if isinstance(key, str)} if isinstance(keys, list) else set()
