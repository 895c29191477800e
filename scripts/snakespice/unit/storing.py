"""Move the waveforms of cases that are done from a raw file each into one store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from snakespice.base.files import UnusableFile, names_in, read_json, remove
from snakespice.base.layout import RECORD, SET_ASIDE, STORES, case_name
from snakespice.config.settings import Keep
from snakespice.record.record import Record
from snakespice.record.store import read_record, write_record

if TYPE_CHECKING:
    from snakespice.measures.waveforms import Plot


def store_waveforms(directory: Path, unit: str, cases: Collection[int], keep: Keep) -> int:
    """Store the raw files of a unit's completed cases; return of how many.

    The store is there whole before a record names it, and a raw file goes after that. So this can
    be killed at any point and done again. Raises OSError where nothing can be written.
    """
    records = [record for record in _records(directory, cases) if record.result_file]
    if not records:
        return 0
    from snakespice.measures.store import write_store

    path = _free(directory / STORES / f"{unit}.h5")
    write_store(
        path,
        directory.name,
        _with_plots(directory, records),
        signals=keep.signals,
        single=keep.precision == "single",
    )
    for record in records:
        home = directory / case_name(record.case_id)
        stored = replace(
            record, result_file=None, result_bytes=None, waveform_store=f"{STORES}/{path.name}"
        )
        write_record(home / RECORD, stored, spared=len(cases) == 1)
        remove(home / str(record.result_file))
    return len(records)


def forget_stores(directory: Path, but: Iterable[str]) -> None:
    """Remove the stores that no record names, of the sweep or of what was set aside."""
    named = {*but, *_named_aside(directory / SET_ASIDE)}
    for name in names_in(directory / STORES) if (directory / STORES).is_dir() else ():
        if f"{STORES}/{name}" not in named:
            remove(directory / STORES / name)


def _records(directory: Path, cases: Iterable[int]) -> Iterator[Record]:
    for number in cases:
        try:
            record = read_record(directory / case_name(number) / RECORD)
        except UnusableFile:
            continue
        if record and record.status == "completed":
            yield record


def _with_plots(
    directory: Path, records: Iterable[Record]
) -> Iterator[tuple[int, str, list[Plot]]]:
    from snakespice.measures.waveforms import read_plots

    for record in records:
        path = directory / case_name(record.case_id) / str(record.result_file)
        yield record.case_id, str(record.result_key), read_plots(path)


def _free(path: Path) -> Path:
    """Return a path like this that no file has: stores are never written over."""
    number, free = 2, path
    while free.exists():
        free = path.with_name(f"{path.stem}.{number}{path.suffix}")
        number += 1
    return free


def _named_aside(aside: Path) -> Iterator[str]:
    for name in names_in(aside) if aside.is_dir() else ():
        try:
            data = read_json(aside / name / RECORD)
        except (UnusableFile, OSError):
            continue
        if isinstance(data, dict) and isinstance(data.get("waveform_store"), str):
            yield data["waveform_store"]
