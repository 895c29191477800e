"""A sweep made by hand: a plan, records, and the index of netlists that the tables go by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from snakespice.base.files import write_json
from snakespice.base.layout import PLAN, RECORD, case_name, part_file
from snakespice.config.column import Listed
from snakespice.config.product import Axis
from snakespice.config.space import Space
from snakespice.record.record import Record, from_json
from snakespice.record.store import write_record
from snakespice.sweep.plan import Plan

SOUND_RECORD: dict[str, Any] = {
    "schema_version": 1,
    "case_id": 3,
    "status": "completed",
    "failure": None,
    "error_message": None,
    "timestamp_iso": "2026-11-22T14:03:55.117+00:00",
    "simulation_duration": 0.03,
    "cpu_seconds": 0.01,
    "max_rss_mb": 21.5,
    "exit_code": 0,
    "signal": None,
    "attempt": 1,
    "result_file": "case_3_results.raw",
    "parameters": {"R": "1k"},
    "seed": 661291435,
    "measures": {"vmax": 0.99, "t1": None},
    "warnings": ["w"],
    "netlist_sha256": "6b71",
    "simulator": {"name": "ngspice", "version": "ngspice-39"},
    "engine": "cold",
    "engine_reason": None,
    "threads": 1,
    "limits": {"timeout": 60.0},
    "host": "vm",
    "case_key": "52a6",
    "result_key": "55e7",
    "result_bytes": 6993,
    "verdict_version": 1,
    "inputs_key": "0123456789abcdef",
    "measure_keys": {"vmax": "0123456789abcdef"},
}


def plan_of(values: Sequence[str], **changes: Any) -> Plan:
    """Return the plan of a sweep of R."""
    arguments: dict[str, Any] = {
        "sweep": "s",
        "space": Space((Axis(("R",), (Listed(values),)),)),
        "seed": 1,
        "template": Path("/p/t.j2"),
        "defaults": {"R": "1k", "C": "1n"},
        "measures": ("f3db",),
        "filename_raw": "results.raw",
        "filename_log": "sim.log",
        "dut": {},
        "project_root": Path("/p"),
        "cases_per_job": None,
    }
    return Plan(**(arguments | changes))


def record_of(plan: Plan, case_id: int, **changes: Any) -> Record:
    """Return the record of a completed case of which no waveform was kept."""
    own = {
        "case_id": case_id,
        "parameters": plan.space.case(case_id),
        "case_key": plan.case_key(case_id),
        "netlist_sha256": f"of {case_id}",
        "result_file": None,
        "result_bytes": None,
    }
    return from_json(SOUND_RECORD | own | changes)


def write_sweep(directory: Path, plan: Plan, records: Iterable[Record]) -> None:
    """Write what a run leaves of a sweep in one part: its plan, its index and these records."""
    for record in records:
        case_dir = directory / case_name(record.case_id)
        case_dir.mkdir(parents=True)
        write_record(case_dir / RECORD, record)
        if record.result_file:
            (case_dir / record.result_file).write_bytes(bytes(record.result_bytes or 0))
    write_json(directory / PLAN, plan.to_json())
    netlists = {str(case_id): f"of {case_id}" for case_id in range(1, len(plan) + 1)}
    index = {"netlists": netlists, "faults": {}, "includes": {}, "templates": {}}
    write_json(directory / part_file(1), index)
