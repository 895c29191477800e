"""What has to be done again in a sweep though Snakemake, which sees units alone, is content.

Somebody may have removed a case's directory, or put a file or a link in its place; a file that the
cases have read may be another one than it was then. One listing of the sweep's directory tells of
all cases: to look at each of a million would take too long.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path

from snakespice.base.files import UnusableFile, read_json, remove, size_of, write_json
from snakespice.base.layout import (
    CORRELATIONS,
    MEASURES,
    MEASURES_PARQUET,
    OVERVIEW,
    PROVENANCE,
    RECORD,
    SPECS,
    TABLE,
    TABLE_PARQUET,
    VERDICTS,
    case_name,
    case_number,
    unit_cases,
    units,
)
from snakespice.base.system import boot_id
from snakespice.record.store import withdraw_record
from snakespice.sweep.inputs import changed_inputs
from snakespice.sweep.plan import Plan
from snakespice.sweep.relocate import set_strangers_aside
from snakespice.sweep.selection import Selection

_BOOTS = ".boots.json"  # host to boot_id
_TABLES = (
    *(TABLE, MEASURES, TABLE_PARQUET, MEASURES_PARQUET),
    *(PROVENANCE, OVERVIEW, SPECS, VERDICTS, CORRELATIONS),
)


def units_amiss(
    directory: Path, plan: Plan, selection: Selection, digest_of: Callable[[str], str]
) -> dict[str, str]:
    """Return the units that are done no longer, and why.

    Cases that are not selected are nobody's concern. `digest_of` gives the SHA-256 of a file as it
    is now, or `missing`.
    """
    return _find(directory, plan, selection, _cases_there(directory, len(plan)), digest_of)


def mend(
    directory: Path, plan: Plan, selection: Selection, digest_of: Callable[[str], str]
) -> None:
    """Have Snakemake run what `units_amiss` finds; the records of cases stay.

    What stands in the place of a case's directory is set aside.
    """
    there = _cases_there(directory, len(plan))
    if there.count(1) < len(plan):
        set_strangers_aside(directory)
    for unit in _find(directory, plan, selection, there, digest_of):
        if case_number(unit):
            withdraw_record(directory / unit / RECORD)
        remove(directory / unit / RECORD)
    _note_boot(directory)


def _find(
    directory: Path,
    plan: Plan,
    selection: Selection,
    there: bytearray,
    digest_of: Callable[[str], str],
) -> dict[str, str]:
    size = (plan.segments, plan.cases_per_job)
    if _may_have_lost_records(directory):
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
        whole = there.count(1, cases.start, cases.stop) == len(cases)
        if lost := [] if whole else [n for n in selection.of(cases) if not there[n]]:
            found[unit] = f"{case_name(lost[0])} or its record is missing"
        if read := changed.keys() & _inputs_of(path):
            found[unit] = f"{changed[min(read)]} is not what it was when cases read it"
    return found


def _may_have_lost_records(directory: Path) -> bool:
    """Tell whether each case is to be looked at: as all are read anyway, or the power has failed.

    Records are not synced one by one, which would take longer than to simulate the cases.
    """
    known = _boots(directory).get(platform.node())
    return not size_of(directory / TABLE) or known not in (None, boot_id())


def _note_boot(directory: Path) -> None:
    """Note since when this machine runs: what it wrote before then was looked at."""
    boots = _boots(directory)
    if boots.get(platform.node()) != boot_id():
        write_json(directory / _BOOTS, boots | {platform.node(): boot_id()})


def _boots(directory: Path) -> dict[str, object]:
    try:
        boots = read_json(directory / _BOOTS)
    except UnusableFile:
        return {}
    return boots if isinstance(boots, dict) else {}


def empty_outputs(directory: Path, plan: Plan) -> list[Path]:
    """Return the tables and records of units that hold nothing, as after a power failure."""
    names = [*_TABLES, *(f"{unit}/{RECORD}" for unit in units(plan.segments, plan.cases_per_job))]
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
        home = f"{directory}/{case_name(number)}"
        if is_there and not (size_of(f"{home}/{RECORD}") or size_of(f"{home}/.{RECORD}")):
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
