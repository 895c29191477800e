"""The record of a case: what became of it, as plain data that is read with suspicion.

An upgrade must not cost finished cases, so records of earlier versions are read as they are.

- A new field stands last and has a default: the value of records that were written before there
  was such a field, which should say just that (None, 0, an empty list). The table gets one column
  more, and the guide a row in "Columns of run_status.csv". Nothing is simulated again.
- `SCHEMA_VERSION` rises when a field goes or means something else, so that a reader of before would
  be misled; `from_json` then has to translate records of the older version. A record of a newer
  version than this one knows is refused as NewerRecord and never removed.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, dataclass, field, fields
from types import UnionType
from typing import Any, cast, get_type_hints

from snakespice.base.files import UnusableFile

SCHEMA_VERSION = 1
FAILURES = (
    *("template_error", "netlist_error", "no_analysis", "simulation_aborted", "script_error"),
    *("output_error", "timeout", "out_of_memory", "crashed", "simulator_missing"),
    *("insufficient_resources", "corrupt_status"),
)
# These say nothing about the circuit: the next run tries again.
MACHINE_FAULTS = frozenset({"simulator_missing", "insufficient_resources"})


class NewerRecord(UnusableFile):
    """A record that a newer version of snakespice has written, which is worth keeping."""


@dataclass(frozen=True)
class Record:
    """What became of one case. Durations are in seconds, memory in MB.

    `engine` is null where nothing was simulated, `engine_reason` says why it is the cold one where
    the warm one was wished.
    `case_key` stands for the case's parameters, `result_key` for all that determines the result:
    the netlist, what it includes, the start-up commands and the simulator. `result_bytes` is the
    size of the raw file, to notice when it is cut short later. `inputs_key` names what it has
    read, see sweep.inputs. `verdict_version` is 0 in records of before verdicts had versions.
    `measure_keys` has, of each measure by expression, what stands for all that determines it beside
    the result. `waveform_store` is the file of the sweep that has its waveforms in place of a raw
    file.
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
    # Added later, with what older records say by not having it.
    verdict_version: int = 0
    inputs_key: str | None = None
    measure_keys: dict[str, str] = field(default_factory=dict)
    waveform_store: str | None = None


COLUMNS = tuple(one.name for one in fields(Record))
_REQUIRED = tuple(
    one.name for one in fields(Record) if one.default is MISSING and one.default_factory is MISSING
)


def to_json(record: Record) -> dict[str, Any]:
    """Return the record as it is written."""
    return {"schema_version": record.schema_version, **vars(record)}


def from_json(data: object) -> Record:
    """Return the record that `data` holds; raise UnusableFile when it is not a whole one.

    Fields that were added later have their default where it lacks them. What it has beside the
    fields, as a newer version may write, is left out. Raises NewerRecord, an UnusableFile, for one
    whose schema this version does not know.
    """
    if not isinstance(data, dict):
        raise UnusableFile("it is not a record")
    version = data.get("schema_version")
    if type(version) is not int or version < SCHEMA_VERSION:
        raise UnusableFile(f"its schema version is {version!r}")
    if version > SCHEMA_VERSION:
        raise NewerRecord(
            f"a newer snakespice has written it (schema version {version}, this one knows"
            f" {SCHEMA_VERSION}): go on with that one, or give other `results`"
        )
    if missing := [name for name in _REQUIRED if name not in data]:
        raise UnusableFile(f"it has no {missing[0]}")
    values = {name: data[name] for name in COLUMNS if name in data}
    if wrong := [name for name, value in values.items() if type(value) not in _TYPES[name]]:
        raise UnusableFile(f"its {wrong[0]} is {type(data[wrong[0]]).__name__}")
    record = Record(**values)
    numbers = (record.simulation_duration, record.cpu_seconds, record.max_rss_mb)
    sound = (
        record.status in ("completed", "failed")
        and (record.failure is None) == (record.status == "completed")
        and all(_is_number(value) for value in (*numbers, *record.measures.values()))
        and all(_is_number(value) for value in record.limits.values())
        and all(isinstance(text, str) for text in record.parameters.values())
        and all(isinstance(text, str) for text in (record.simulator or {}).values())
        and all(isinstance(text, str) for text in record.warnings)
        and all(isinstance(text, str) for text in record.measure_keys.values())
    )
    if not sound:
        raise UnusableFile("its values contradict one another")
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
