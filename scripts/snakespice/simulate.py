"""Simulate the cases of a unit: keep what is done, run the rest, write every record."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snakespice.diagnosis import Verdict, judge
from snakespice.engines import cold
from snakespice.layout import NETLIST, RECORD, case_name
from snakespice.netlist import Closure
from snakespice.plan import Plan
from snakespice.process import Ended, Runner
from snakespice.record import Record, RecordFault, read_record, write_record

# These say nothing about the circuit: the next run tries again.
MACHINE_FAULTS = frozenset({"simulator_missing", "insufficient_resources"})


class Stale(Exception):
    """A netlist is not the one that was rendered; the message says which and what to do."""


@dataclass(frozen=True)
class Unit:
    """The cases that one job simulates and what it needs; `index` is that of the netlists."""

    plan: Plan
    directory: Path
    cases: Iterable[int]
    index: dict[str, Any]
    settings: cold.Settings
    attempt: int


@dataclass(frozen=True)
class Done:
    """One case that is done: its record, and whether it was kept from an earlier run."""

    record: Record
    kept: bool


def simulate_unit(unit: Unit, runner: Runner) -> Iterator[Done]:
    """Yield every case of the unit as soon as its record is written.

    Raises Stale when a netlist was changed since it was rendered, OSError when a file cannot be
    written, and process.Abandoned when nobody waits for the result any longer.
    """
    for case_id in unit.cases:
        case_dir = unit.directory / case_name(case_id)
        if fault := unit.index["faults"].get(str(case_id)):
            record = _unrendered(unit, case_id, fault)
            write_record(case_dir / RECORD, record)
            yield Done(record, kept=False)
            continue
        text = _netlist(unit, case_id, case_dir)
        closure = Closure(text, case_dir.resolve())
        key = result_key(text, closure, unit.plan.result_file(case_id), unit.settings)
        earlier = _earlier(case_dir)
        if earlier and _still_holds(earlier, key, unit, case_id, case_dir):
            digest = hashlib.sha256(text.encode()).hexdigest()
            record = replace(earlier, netlist_sha256=digest)
            if record != earlier:
                write_record(case_dir / RECORD, record)
            yield Done(record, kept=True)
            continue
        (case_dir / RECORD).unlink(missing_ok=True)
        record = _simulate(unit, runner, case_id, case_dir, text, closure, key)
        write_record(case_dir / RECORD, record)
        yield Done(record, kept=False)


def result_key(text: str, closure: Closure, result_file: str, settings: cold.Settings) -> str:
    """Return what stands for all that determines a result, whatever the case's number is."""
    parts = [
        text.replace(result_file, "case_#"),
        list(closure.files.values()),
        settings.spiceinit,
        settings.ngspice.version,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _netlist(unit: Unit, case_id: int, case_dir: Path) -> str:
    path = case_dir / NETLIST
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != unit.index["netlists"].get(str(case_id)):
        raise Stale(f"{path} is not as it was rendered; delete it and its netlists_*.json")
    return data.decode()


def _earlier(case_dir: Path) -> Record | None:
    try:
        return read_record(case_dir / RECORD)
    except RecordFault:
        return None


def _still_holds(record: Record, key: str, unit: Unit, case_id: int, case_dir: Path) -> bool:
    """Whether an earlier record is what simulating the case again would give."""
    if record.case_id != case_id or record.result_key != key:
        return False
    if not {name.lower() for name in unit.plan.measures} <= {n.lower() for n in record.measures}:
        return False
    if record.status == "completed":
        return record.result_file is not None and (case_dir / record.result_file).exists()
    return record.failure not in MACHINE_FAULTS and record.limits == _limits(unit)


def _limits(unit: Unit) -> dict[str, float]:
    limits = unit.settings.limits
    return {"timeout": limits.timeout, "mem_mb": limits.mem_mb}


def _simulate(
    unit: Unit,
    runner: Runner,
    case_id: int,
    case_dir: Path,
    text: str,
    closure: Closure,
    key: str,
) -> Record:
    result_file = unit.plan.result_file(case_id)
    ended = cold.simulate(runner, case_dir, closure.facts, result_file, unit.settings)
    verdict = judge(
        case_dir,
        ended,
        closure.facts,
        declared=unit.plan.measures,
        result_file=result_file,
        limits=unit.settings.limits,
    )
    return _record(
        unit,
        case_id,
        verdict,
        ended,
        seed=_as_number(closure.facts.own_seed),
        netlist_sha256=hashlib.sha256(text.encode()).hexdigest(),
        result_key=key,
    )


def _unrendered(unit: Unit, case_id: int, fault: str) -> Record:
    verdict = Verdict("failed", "template_error", fault, (), dict.fromkeys(unit.plan.measures))
    return _record(unit, case_id, verdict, None)


def _record(
    unit: Unit,
    case_id: int,
    verdict: Verdict,
    ended: Ended | None,
    *,
    seed: int | str | None = None,
    netlist_sha256: str | None = None,
    result_key: str | None = None,
) -> Record:
    plan, settings = unit.plan, unit.settings
    started = ended.started if ended else datetime.now(UTC)
    return Record(
        case_id=case_id,
        status=verdict.status,
        failure=verdict.failure,
        error_message=verdict.error_message,
        timestamp_iso=started.isoformat(timespec="milliseconds"),
        simulation_duration=round(ended.wall, 6) if ended else None,
        cpu_seconds=round(ended.cpu, 6) if ended else None,
        max_rss_mb=round(ended.max_rss_mb, 1) if ended else None,
        exit_code=ended.exit_code if ended else None,
        signal=ended.signal if ended else None,
        attempt=unit.attempt,
        # Of a failed case no file is offered as its result, though it may hold half a waveform.
        result_file=plan.result_file(case_id) if verdict.status == "completed" else None,
        parameters=plan.space.case(case_id),
        seed=seed,
        measures=verdict.measures,
        warnings=list(verdict.warnings),
        netlist_sha256=netlist_sha256,
        simulator={"name": "ngspice", "version": settings.ngspice.version} if ended else None,
        engine="cold",
        threads=settings.threads,
        limits=_limits(unit),
        host=platform.node(),
        case_key=plan.case_key(case_id),
        result_key=result_key,
    )


def _as_number(seed: str | None) -> int | str | None:
    return int(seed) if seed is not None and seed.isdigit() else seed
