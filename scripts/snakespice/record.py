"""The record of a case, `run_status.json`: written aside and renamed, read with suspicion."""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from types import UnionType
from typing import IO, Any, cast, get_type_hints

from snakespice.layout import RECORD
from snakespice.regular import StrPath, read_regular
from snakespice.system import write_whole

SCHEMA_VERSION = 1
FAILURES = (
    *("template_error", "netlist_error", "no_analysis", "simulation_aborted", "script_error"),
    *("output_error", "timeout", "out_of_memory", "crashed", "simulator_missing"),
    *("insufficient_resources", "corrupt_status"),
)
# These say nothing about the circuit: the next run tries again.
MACHINE_FAULTS = frozenset({"simulator_missing", "insufficient_resources"})
LITTLE_SPACE = 1 << 20  # bytes; with less than this no failure is the circuit's


_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",\n ", ": ")).encode


class RecordFault(Exception):
    """A record is there but cannot be used; the message says why."""


@dataclass(frozen=True)
class Record:
    """What became of one case. Durations are in seconds, memory in MB.

    `engine` is null where nothing was simulated, `engine_reason` says why it is the cold one where
    the warm one was wished.
    `case_key` stands for the case's parameters, `result_key` for all that determines the result:
    the netlist, what it includes, the start-up commands and the simulator. `result_bytes` is the
    size of the raw file, to notice when it is cut short later.
    """

    case_id: int
    status: str
    failure: str | None
    error_message: str | None
    timestamp_iso: str
    simulation_duration: float | None
    cpu_seconds: float | None
    max_rss_mb: float | None
    exit_code: int | None
    signal: int | None
    attempt: int
    result_file: str | None
    parameters: dict[str, str]
    seed: int | str | None
    measures: dict[str, float | None]
    warnings: list[str]
    netlist_sha256: str | None
    simulator: dict[str, str] | None
    engine: str | None
    engine_reason: str | None
    threads: int
    limits: dict[str, float]
    host: str
    case_key: str
    result_key: str | None
    result_bytes: int | None
    schema_version: int = SCHEMA_VERSION


COLUMNS = tuple(field.name for field in fields(Record))


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as it is written."""
    return {"schema_version": record.schema_version, **vars(record)}


def from_json(data: object) -> Record:
    """Return the record that `data` holds; raise RecordFault when it is not a whole one."""
    if not isinstance(data, dict):
        raise RecordFault("it is not a record")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise RecordFault(f"its schema version is {data.get('schema_version')!r}")
    if missing := [name for name in COLUMNS if name not in data]:
        raise RecordFault(f"it has no {missing[0]}")
    if wrong := [name for name, types in _TYPES.items() if type(data[name]) not in types]:
        raise RecordFault(f"its {wrong[0]} is {type(data[wrong[0]]).__name__}")
    record = Record(**{name: data[name] for name in COLUMNS})
    numbers = (record.simulation_duration, record.cpu_seconds, record.max_rss_mb)
    sound = (
        record.status in ("completed", "failed")
        and (record.failure is None) == (record.status == "completed")
        and all(_is_number(value) for value in (*numbers, *record.measures.values()))
        and all(_is_number(value) for value in record.limits.values())
        and all(isinstance(text, str) for text in record.parameters.values())
        and all(isinstance(text, str) for text in (record.simulator or {}).values())
        and all(isinstance(text, str) for text in record.warnings)
    )
    if not sound:
        raise RecordFault("its values contradict one another")
    return record


def _types(hint: object) -> frozenset[type]:
    """Return the types that JSON gives to what is annotated so."""
    if isinstance(hint, UnionType):
        return frozenset[type]().union(*map(_types, hint.__args__))
    kind = cast(type, getattr(hint, "__origin__", hint))
    return frozenset({kind, int} if kind is float else {kind})


_TYPES = {name: _types(hint) for name, hint in get_type_hints(Record).items()}


def _is_number(value: object) -> bool:
    """Tell whether this is a finite number, or None, which stands for a missing one."""
    try:
        return value is None or (type(value) in (int, float) and math.isfinite(cast(float, value)))
    except OverflowError:
        return False


def read_record(path: StrPath) -> Record | None:
    """Return the record at `path`, or its spare; None where there is none.

    Raises RecordFault for a damaged one.
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
    """Remove the record and its spare, and also what stands in its place."""
    remove(_spare(path))
    remove(path)


def _spare(path: StrPath) -> str:
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}")


def read_json(path: StrPath) -> object:
    """Return what a JSON file holds, None where there is none; RecordFault if it is damaged."""
    try:
        return json.loads(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise RecordFault(f"it cannot be read: {fault.strerror}") from fault
    except (ValueError, RecursionError) as fault:
        raise RecordFault(f"it is not JSON: {fault}") from fault


def write_json(path: StrPath, data: Mapping[str, object]) -> None:
    """Write `data` as JSON, one line a value, atomically."""
    write_text(path, f"{{\n {_encode(data)[1:-1]}\n}}\n")


def write_text(path: StrPath, text: str) -> None:
    """Write a text file aside and rename it, so that it is there whole or not at all."""
    data = text.encode("utf-8", "backslashreplace")
    with _aside(path) as temporary:
        handle = _new_file(temporary)
        try:
            write_whole(handle, data)
        finally:
            os.close(handle)


@contextmanager
def written_aside(path: StrPath) -> Iterator[IO[str]]:
    """Open a text file that takes the place of `path` at the end, if all went well."""
    with _aside(path) as temporary:
        handle = _new_file(temporary)
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file


@contextmanager
def _aside(path: StrPath) -> Iterator[str]:
    """Give the path for a file that takes the place of `path` at the end, if all went well.

    There is one writer at a time, so what a killed one has left behind is written over.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.new")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException as fault:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(fault, OSError):
            raise OSError(fault.errno, fault.strerror, os.fspath(path)) from fault
        raise


def _new_file(path: str) -> int:
    """Open a file that is not there yet; what stands in its place is removed."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        remove(path)
        return _new_file(path)


def size_of(path: StrPath) -> int | None:
    """Return the size of a file in bytes, None where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def remove(path: StrPath) -> None:
    """Remove a file, and also what stands in its place, if there is anything."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        if not os.path.isdir(path):
            raise
        shutil.rmtree(path)


def remove_all(directory: StrPath, names: Iterable[str]) -> None:
    """Remove from a directory what has one of these names; mostly nothing has."""
    there = os.listdir(directory)
    for name in names:
        if name in there:
            remove(os.path.join(directory, name))


def short_of_space(directory: Path) -> str | None:
    """Return a message when the disk of `directory` has no room left, else None."""
    try:
        there = os.statvfs(directory)
    except OSError:
        return None
    free = there.f_bavail * there.f_frsize
    if free < LITTLE_SPACE:
        return f"disk full at {directory}: {free // 1024} kB are free; make space and run again"
    if there.f_files and not there.f_favail:
        return f"disk full at {directory}: no inode is free; make space and run again"
    return None


def explain(fault: OSError, directory: Path) -> str:
    """Return what an error of the operating system means, and where; `directory` if it is mum."""
    place = fault.filename or directory
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"disk full at {place}; make space and run again"
    return f"{place}: {fault.strerror or fault}"
