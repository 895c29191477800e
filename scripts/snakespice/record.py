"""The record of a case, `run_status.json`: written aside and renamed, read with suspicion."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1


class RecordFault(Exception):
    """A record is there but cannot be used; the message says why."""


@dataclass(frozen=True)
class Record:
    """What became of one case. Durations are in seconds, memory in MB.

    `case_key` stands for the case's parameters, `result_key` for all that determines the result:
    the netlist, what it includes, the start-up commands and the simulator.
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
    engine: str
    threads: int
    limits: dict[str, float]
    host: str
    case_key: str
    result_key: str | None
    schema_version: int = SCHEMA_VERSION


COLUMNS = tuple(field.name for field in fields(Record))


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as it is written."""
    return {"schema_version": record.schema_version} | asdict(record)


def from_json(data: object) -> Record:
    """Return the record that `data` holds; raise RecordFault when it is not a whole one."""
    if not isinstance(data, dict):
        raise RecordFault("it is not a record")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise RecordFault(f"its schema version is {data.get('schema_version')!r}")
    if missing := [name for name in COLUMNS if name not in data]:
        raise RecordFault(f"it has no {missing[0]}")
    record = Record(**{name: data[name] for name in COLUMNS})
    sound = (
        isinstance(record.case_id, int)
        and record.status in ("completed", "failed")
        and (record.failure is None) == (record.status == "completed")
        and isinstance(record.parameters, dict)
        and isinstance(record.measures, dict)
        and isinstance(record.warnings, list)
        and all(_is_number(value) for value in record.measures.values())
    )
    if not sound:
        raise RecordFault("its values contradict one another")
    return record


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))


def read_record(path: Path) -> Record | None:
    """Return the record at `path`, None where there is none; RecordFault for a damaged one."""
    data = read_json(path)
    return None if data is None else from_json(data)


def write_record(path: Path, record: Record) -> None:
    """Write the record atomically."""
    write_json(path, to_json(record))


def read_json(path: Path) -> object:
    """Return what a JSON file holds, None where there is none; RecordFault if it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise RecordFault(f"it cannot be read: {fault.strerror}") from fault
    except ValueError as fault:
        raise RecordFault(f"it is not JSON: {fault}") from fault


def write_json(path: Path, data: object) -> None:
    """Write `data` as JSON, atomically."""
    write_text(path, json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file aside and rename it, so that it is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
