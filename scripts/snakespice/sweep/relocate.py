"""Keep results where their case is, when a changed sweep gives the cases other numbers.

A value added in the middle of a list shifts the numbers of the cases behind it. Their directories
are moved to their new numbers, so that nothing is simulated again. What no longer belongs to the
sweep is set aside in `set_aside/` and comes back when the sweep contains it again.

Each directory is known by its own record, so this can be interrupted at any point and repeated.

Nothing that snakespice did not make is ever removed: what lies in a directory that has to go, and
whatever stands in the place of one (a file, a link), goes to `set_aside/case_<n>`.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import replace
from pathlib import Path

from snakespice.base.files import UnusableFile, move_out_of_the_way, remove
from snakespice.base.layout import (
    LOG,
    NETLIST,
    RECORD,
    SET_ASIDE,
    SPICEINIT,
    case_name,
    case_number,
    part_files,
    unit_with,
)
from snakespice.record.record import NewerRecord, Record
from snakespice.record.store import read_record, withdraw_record, write_spare
from snakespice.sweep.plan import Plan

_NAMES = "|".join(map(re.escape, (NETLIST, LOG, SPICEINIT, RECORD, f".{RECORD}")))
_KEY = re.compile(r"[0-9a-f]{16}")
_OURS = re.compile(rf"{_NAMES}|\..+\.new|\.netlist\.run\.spice|case_[1-9]\d*_.+")


def relocate(directory: Path, plan: Plan) -> None:
    """Move the cases of an earlier plan in `directory` to the numbers that `plan` gives them.

    Raises NewerRecord, before anything is moved, where a newer version has recorded a case.
    """
    aside = directory / SET_ASIDE
    misplaced = [number for number in _existing(directory) if not _stays(directory, plan, number)]
    if unit_with(1, plan.segments, plan.cases_per_job) == case_name(1):
        # Records become outputs of Snakemake's jobs, which it deletes before it runs them.
        for number in _existing(directory):
            withdraw_record(directory / case_name(number) / RECORD)
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
    waiting = {path.name for path in aside.iterdir() if _KEY.fullmatch(path.name)}
    for case_id in range(1, len(plan) + 1):
        if not waiting:
            break
        key = plan.case_key(case_id)
        target = directory / case_name(case_id)
        if key in waiting and _record(target) is None:
            _discard(target, aside)
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
    with os.scandir(directory) as entries:
        there = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(number for name in there if (number := case_number(name)))


def set_strangers_aside(directory: Path) -> list[Path]:
    """Set aside what stands in the place of a case's directory, and return where that is now.

    A link to a directory is one of them: what is behind it is somebody else's.
    """
    if not directory.is_dir():
        return []
    with os.scandir(directory) as entries:
        strangers = [
            entry.name
            for entry in entries
            if case_number(entry.name) and not entry.is_dir(follow_symlinks=False)
        ]
    return [_move_aside(directory / name, directory / SET_ASIDE) for name in strangers]


def set_aside_since(directory: Path, started: float) -> list[Path]:
    """Return what was set aside since then (s) because snakespice did not make it."""
    places = (directory / SET_ASIDE).glob("case_*")
    return sorted(place for place in places if place.lstat().st_ctime >= started)


def _move_aside(place: Path, aside: Path) -> Path:
    aside.mkdir(exist_ok=True)
    return move_out_of_the_way(place, aside / place.name)


def _discard(place: Path, aside: Path) -> None:
    """Remove a directory with what snakespice made in it; set aside what is left then."""
    if not place.exists():
        return
    for name in os.listdir(place):
        if _OURS.fullmatch(name) and not os.path.isdir(place / name):
            remove(place / name)
    try:
        place.rmdir()
    except OSError as fault:
        if fault.errno != errno.ENOTEMPTY:
            raise
        if place.parent != aside:
            _move_aside(place, aside)


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
        _discard(case_dir, aside)
        return
    aside.mkdir(exist_ok=True)
    place = aside / record.case_key
    if place.exists():
        _discard(move_out_of_the_way(place, aside / case_dir.name), aside)
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
