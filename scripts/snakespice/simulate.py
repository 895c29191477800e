"""Simulate the cases of a unit: keep what is done, run the rest, write every record."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from snakespice.admission import Requirement
from snakespice.diagnosis import Verdict, judge
from snakespice.engines import cold
from snakespice.engines.driver import FINISHED
from snakespice.layout import LOG, NETLIST, RECORD, case_name
from snakespice.log import read_log
from snakespice.netlist import Closure, UnsetVariable
from snakespice.plan import Plan
from snakespice.process import Ended, Runner
from snakespice.raw import RawError, check_raw
from snakespice.record import (
    Record,
    RecordFault,
    read_record,
    remove_record,
    short_of_space,
    size_of,
    write_record,
    write_text,
)
from snakespice.regular import read_regular

# These say nothing about the circuit: the next run tries again.
MACHINE_FAULTS = frozenset({"simulator_missing", "insufficient_resources"})


class Stale(Exception):
    """A netlist or ngspice is not what it was; the message says which and what to do."""


class MachineFault(Exception):
    """The machine cannot do it now, so nothing was learnt of the circuit; the message says why."""


@dataclass(frozen=True)
class Unit:
    """The cases that one job simulates and what it needs; `index` is that of the netlists."""

    plan: Plan
    directory: Path
    cases: Sequence[int]
    index: dict[str, Any]
    settings: cold.Settings
    require: Requirement
    attempt: int


@dataclass(frozen=True)
class Done:
    """One case that is done: its record, and whether it was kept from an earlier run."""

    record: Record
    kept: bool


def simulate_unit(unit: Unit, runner: Runner) -> Iterator[Done]:
    """Yield every case of the unit as soon as its record is written.

    Raises Stale when a netlist was changed since it was rendered or ngspice was replaced,
    MachineFault or OSError when a file cannot be written, and process.Abandoned when nobody waits
    for the result any longer.
    """
    program = _identity(unit)
    is_output = len(unit.cases) == 1
    for case_id in unit.cases:
        case_dir = unit.directory / case_name(case_id)
        if fault := unit.index["faults"].get(str(case_id)):
            record = _unrendered(unit, case_id, fault)
            write_record(case_dir / RECORD, record, spared=is_output)
            yield Done(record, kept=False)
            continue
        text = _netlist(unit, case_id, case_dir)
        closure = Closure(text, case_dir.resolve())
        key = result_key(text, closure, unit.plan.result_file(case_id), unit.settings)
        earlier = _earlier(case_dir)
        if earlier and _still_holds(earlier, key, unit, case_id, case_dir):
            record = _kept(unit, case_id, case_dir, earlier, text)
            if record != earlier or not (case_dir / RECORD).is_file():
                write_record(case_dir / RECORD, record, spared=is_output)
            yield Done(record, kept=True)
            continue
        remove_record(case_dir / RECORD)
        record = _simulate(unit, runner, case_id, case_dir, text, closure, key)
        if _identity(unit) != program:
            raise Stale(f"{unit.settings.ngspice.path} was replaced; run again")
        write_record(case_dir / RECORD, record, spared=is_output)
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
        data = read_regular(path)
    except OSError:
        data = b""
    digest = unit.index["netlists"].get(str(case_id))
    if hashlib.sha256(data).hexdigest() != digest:
        # Jinja takes time to load, and next to no unit needs it.
        from snakespice.render import render_case
        from snakespice.template import TemplateFault

        case_dir.mkdir(exist_ok=True)
        try:
            text = render_case(unit.plan, case_dir, case_id)
        except (TemplateFault, UnsetVariable) as fault:
            raise Stale(
                f"{path} is not as it was rendered, and cannot be again: {fault}"
            ) from fault
        is_lost_or_cut_short = text.encode().startswith(data)
        if not is_lost_or_cut_short or hashlib.sha256(text.encode()).hexdigest() != digest:
            raise Stale(f"{path} is not as it was rendered; delete it to have it rendered again")
        write_text(path, text)
        return text
    return data.decode()


def _earlier(case_dir: Path) -> Record | None:
    try:
        return read_record(case_dir / RECORD)
    except RecordFault:
        return None


def _identity(unit: Unit) -> tuple[int, int, int]:
    """Return what changes when another ngspice takes the place of this one."""
    there = os.stat(unit.settings.ngspice.path)
    return there.st_ino, there.st_size, there.st_mtime_ns


def _still_holds(record: Record, key: str, unit: Unit, case_id: int, case_dir: Path) -> bool:
    """Whether an earlier record is what simulating the case again would give."""
    if record.case_id != case_id or record.result_key != key:
        return False
    if not {name.lower() for name in unit.plan.measures} <= {n.lower() for n in record.measures}:
        return False
    if record.status == "completed":
        return (
            record.result_file is not None
            and size_of(case_dir / record.result_file) == record.result_bytes
        )
    return record.failure not in MACHINE_FAULTS and record.limits == _limits(unit)


def _kept(unit: Unit, case_id: int, case_dir: Path, earlier: Record, text: str) -> Record:
    """Return the earlier record as it is now true: file names may have changed since."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    name = unit.plan.result_file(case_id)
    if earlier.result_file is None or earlier.result_file == name:
        return replace(earlier, netlist_sha256=digest)
    (case_dir / earlier.result_file).rename(case_dir / name)
    return replace(earlier, netlist_sha256=digest, result_file=name)


def _limits(unit: Unit) -> dict[str, float]:
    """Return what a failure may be due to, and a completed case is not touched by."""
    limits = unit.settings.limits
    return {
        "timeout": limits.timeout,
        "mem_mb": limits.mem_mb,
        "max_output_mb": limits.max_output_mb,
        "sandboxed": int(unit.settings.sandbox is not None),
    }


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
    digest = hashlib.sha256(text.encode()).hexdigest()
    if lacking := unit.require.missing(runner.pause):
        verdict = _failed(unit, "insufficient_resources", lacking)
        return _record(unit, case_id, verdict, None, netlist_sha256=digest, result_key=key)
    for _ in range(2):
        ended = cold.simulate(
            runner, case_dir, closure.facts, result_file, unit.settings, closure.files
        )
        verdict = judge(
            case_dir,
            ended,
            closure.facts,
            declared=unit.plan.measures,
            result_file=result_file,
            limits=unit.settings.limits,
        )
        if not verdict.failure:
            break
        if fault := short_of_space(case_dir):
            raise MachineFault(fault)
        if ended.signal or ended.exit_code or not _was_cut_short(case_dir, result_file):
            break
        # ngspice says nothing of a disk that was full for a moment; the netlist's own doing recurs.
    return _record(
        unit,
        case_id,
        verdict,
        ended,
        seed=_as_number(closure.facts.own_seed),
        netlist_sha256=digest,
        result_key=key,
    )


def _was_cut_short(case_dir: Path, result_file: str) -> bool:
    if FINISHED not in read_log(case_dir / LOG):
        return True
    try:
        check_raw(case_dir / result_file)
    except RawError:
        return True
    return False


def _unrendered(unit: Unit, case_id: int, fault: str) -> Record:
    return _record(unit, case_id, _failed(unit, "template_error", fault), None)


def _failed(unit: Unit, failure: str, message: str) -> Verdict:
    return Verdict("failed", failure, message, (), dict.fromkeys(unit.plan.measures))


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
    # Of a failed case no file is offered as its result, though it may hold half a waveform.
    result_file = plan.result_file(case_id) if verdict.status == "completed" else None
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
        result_file=result_file,
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
        result_bytes=size_of(unit.directory / case_name(case_id) / result_file)
        if result_file
        else None,
    )


def _as_number(seed: str | None) -> int | str | None:
    return int(seed) if seed is not None and seed.isdigit() else seed
