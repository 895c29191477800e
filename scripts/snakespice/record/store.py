"""Where a record stands: `run_status.json` of a case, and for some time a spare one beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from snakespice.base.files import move_out_of_the_way, read_json, remove, write_json
from snakespice.base.layout import RECORD
from snakespice.base.plainfile import StrPath
from snakespice.record.record import Record, from_json, to_json


def read_record(path: StrPath) -> Record | None:
    """Return the record at `path`, or its spare; None where there is none.

    Raises UnusableFile for a damaged one.
    """
    data = read_json(path)
    if data is None:
        data = read_json(_spare(path))
    return None if data is None else from_json(data)


def write_record(path: StrPath, record: Record, *, spared: bool = False) -> None:
    """Write the record atomically, and a spare one before it if that is wished.

    Snakemake deletes the output of a job before it runs, and again when it is killed, be it after
    the case was completed. So where a record is an output, it is there a second time.
    """
    if spared:
        write_spare(path, record)
    write_json(path, to_json(record))
    if not spared:
        remove(_spare(path))


def write_spare(path: StrPath, record: Record) -> None:
    """Write a spare record: it holds until there is a record, and Snakemake does not know it."""
    write_json(_spare(path), to_json(record))


def withdraw_record(path: Path) -> None:
    """Leave of a record nothing but a spare one, so that Snakemake has the case looked at again."""
    if path.is_file():
        os.replace(path, _spare(path))


def has_record(names: Iterable[str]) -> bool:
    """Whether a record or its spare is among these names of files of a case."""
    return RECORD in names or f".{RECORD}" in names


def remove_record(path: StrPath) -> None:
    """Remove the record and its spare; a directory in its place is moved out of the way."""
    remove(_spare(path))
    if os.path.isdir(path) and not os.path.islink(path):
        move_out_of_the_way(path)
    else:
        remove(path)


def _spare(path: StrPath) -> str:
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}")
