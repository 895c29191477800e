"""Keep results where their case is, when a changed sweep gives the cases other numbers.

A value added in the middle of a list shifts the numbers of the cases behind it. Their directories
are moved to their new numbers, so that nothing is simulated again. What no longer belongs to the
sweep is set aside in `set_aside/` and comes back when the sweep contains it again.

Each directory is known by its own record, so this can be interrupted at any point and repeated.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from snakespice.base.files import UnusableFile, remove
from snakespice.base.layout import RECORD, SET_ASIDE, case_name, case_number, part_files
from snakespice.record.record import NewerRecord, Record
from snakespice.record.store import read_record, withdraw_record, write_spare
from snakespice.sweep.plan import Plan


def relocate(directory: Path, plan: Plan) -> None:
    """Move the cases of an earlier plan in `directory` to the numbers that `plan` gives them.

    Raises NewerRecord, before anything is moved, where a newer version has recorded a case.
    """
    aside = directory / SET_ASIDE
    misplaced = [number for number in _existing(directory) if not _stays(directory, plan, number)]
    if not misplaced and not aside.is_dir():
        return
    # What Snakemake remembers of these files does not hold any longer when directories come and go,
    # and should the sweep change back it could take them for up to date.
    for path in [*part_files(directory), *directory.glob(f"block_*/{RECORD}")]:
        remove(path)
    for number in _existing(directory):
        withdraw_record(directory / case_name(number) / RECORD)
    for number in misplaced:
        _set_aside(directory / case_name(number), aside)
    if not aside.is_dir():
        return
    waiting = {path.name for path in aside.iterdir()}
    for case_id in range(1, len(plan) + 1):
        if not waiting:
            break
        key = plan.case_key(case_id)
        target = directory / case_name(case_id)
        if key in waiting and _record(target) is None:
            if target.exists():
                shutil.rmtree(target)
            os.rename(aside / key, target)
            waiting.discard(key)
    for number in _existing(directory):
        _renumber(directory / case_name(number), number, plan)
    if not any(aside.iterdir()):
        aside.rmdir()


def _existing(directory: Path) -> list[int]:
    """Return the numbers of the cases that have a directory."""
    if not directory.is_dir():
        return []
    numbers = (case_number(entry.name) for entry in os.scandir(directory) if entry.is_dir())
    return sorted(number for number in numbers if number)


def _stays(directory: Path, plan: Plan, number: int) -> bool:
    record = _record(directory / case_name(number))
    return (
        record is not None
        and number <= len(plan)
        and record.case_key == plan.case_key(number)
        and record.case_id == number
    )


def _record(case_dir: Path) -> Record | None:
    try:
        return read_record(case_dir / RECORD)
    except NewerRecord as fault:  # what is not understood is not taken for nothing
        raise NewerRecord(f"{case_dir / RECORD}: {fault}") from None
    except UnusableFile:
        return None


def _set_aside(case_dir: Path, aside: Path) -> None:
    """Move a case away under the key of its parameters; without a record nothing is worth it."""
    record = _record(case_dir)
    if record is None:
        shutil.rmtree(case_dir)
        return
    aside.mkdir(exist_ok=True)
    place = aside / record.case_key
    if place.exists():
        shutil.rmtree(place)
    os.rename(case_dir, place)


def _renumber(case_dir: Path, number: int, plan: Plan) -> None:
    record = _record(case_dir)
    if record is None or record.case_id == number:
        return
    if record.result_file:
        old, new = case_dir / record.result_file, case_dir / plan.result_file(number)
        if old.exists():
            os.rename(old, new)
        record = replace(record, result_file=new.name)
    write_spare(case_dir / RECORD, replace(record, case_id=number))
