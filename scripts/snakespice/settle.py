"""One case of a unit: kept from an earlier run, or simulated and judged; and its record."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from snakespice.admission import Requirement
from snakespice.case import Case
from snakespice.diagnosis import Verdict, judge
from snakespice.engines.cold import Settings
from snakespice.engines.driver import FINISHED
from snakespice.keep import Keep
from snakespice.layout import LOG, NETLIST, RECORD, case_name
from snakespice.log import read_log
from snakespice.netlist import Closure, UnsetVariable, real_directory
from snakespice.plan import Plan, key_of
from snakespice.process import Ended, Runner
from snakespice.raw import RawError, check_raw
from snakespice.record import (
    Record,
    RecordFault,
    has_record,
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
_COPIES = Path("/tmp")  # ngspice copies what it is to do there first, and does nothing if it cannot


class Stale(Exception):
    """A netlist or ngspice is not what it was; the message says which and what to do."""


class MachineFault(Exception):
    """The machine cannot do it now, so nothing was learnt of the circuit; the message says why."""


class Engine(Protocol):
    """A way to drive ngspice."""

    name: str

    def simulate(self, runner: Runner, case: Case) -> Ended:
        """Simulate a case; leave its log and raw file in its directory."""


class How(NamedTuple):
    """By which engine a case was simulated; why by the cold one, where the warm one was wished."""

    engine: str | None = None
    reason: str | None = None


NOT_SIMULATED = How()


@dataclass(frozen=True)
class Unit:
    """The cases that one job simulates and what it needs; `index` is that of the netlists.

    `engine` is auto, cold or warm; `program` is what changes when another ngspice takes the place
    of the one that is to be run.
    """

    plan: Plan
    directory: Path
    cases: Sequence[int]
    index: dict[str, Any]
    engine: str
    settings: Settings
    require: Requirement
    keep: Keep
    attempt: int
    program: tuple[int, int, int]

    @property
    def has_guests(self) -> bool:
        """Whether cases are simulated in their workers' directories: no file of them stays."""
        return self.keep.nothing and len(self.cases) > 1

    def home(self, number: int) -> str:
        """Return the directory of a case's own; there are many, and pathlib is slow."""
        return f"{self.directory}/{case_name(number)}"


class Done(NamedTuple):
    """What is told of a case that is done: little, as it goes from process to process.

    `parameters` are those of a failed one. `kept`: it is as an earlier run has left it.
    """

    case_id: int
    failure: str | None
    error_message: str | None
    parameters: Mapping[str, str]
    kept: bool

    @classmethod
    def of(cls, record: Record, *, kept: bool) -> Done:
        """Take from its record what is told."""
        told = record.parameters if record.failure else {}
        return cls(record.case_id, record.failure, record.error_message, told, kept)


def identity(program: str) -> tuple[int, int, int]:
    """Return what changes when another program takes the place of this one."""
    there = os.stat(program)
    return there.st_ino, there.st_size, there.st_mtime_ns


def look(unit: Unit, number: int) -> Done | tuple[Case, str]:
    """Return the case as it is to be simulated and its netlist, or that it is done already.

    Raises Stale when its netlist was changed since it was rendered.
    """
    directory = Path(unit.home(number))
    if fault := unit.index["faults"].get(str(number)):
        directory.mkdir(exist_ok=True)
        verdict = _failed(unit, "template_error", fault)
        return _done(unit, _record(unit, number, verdict))
    text, closure = netlist(unit, number)
    result_file = unit.plan.result_file(number)
    key = result_key(text, closure, result_file, unit.settings)
    case = Case(number, directory, closure, result_file, unit.index["netlists"][str(number)], key)
    there = os.listdir(directory)
    if has_record(there):
        try:
            earlier = read_record(directory / RECORD)
        except RecordFault:
            earlier = None
        if earlier and _still_holds(earlier, unit, case):
            return _kept(unit, case, earlier)
        remove_record(directory / RECORD)
    return case, text


def is_guest(unit: Unit, case: Case) -> bool:
    """Whether a case is simulated in its worker's directory.

    What the commands of a netlist of its own leave beside that stays, so it has to be at home.
    """
    return unit.has_guests and not case.closure.facts.has_control


def begin(unit: Unit, runner: Runner, case: Case, engine: Engine) -> Done | Ended:
    """Simulate a case by `engine`, if the machine has room for it.

    Raises process.Abandoned when nobody waits for the result any longer.
    """
    if lacking := unit.require.missing(runner.pause):
        verdict = _failed(unit, "insufficient_resources", lacking)
        return _done(unit, _record(unit, case.number, verdict, case))
    return engine.simulate(runner, case)


def judged(unit: Unit, case: Case, ended: Ended) -> Verdict:
    """Judge a case that was simulated; raise Stale when ngspice was replaced meanwhile."""
    verdict = judge(case, ended, declared=unit.plan.measures, limits=unit.settings.limits)
    if identity(unit.settings.ngspice.path) != unit.program:
        raise Stale(f"{unit.settings.ngspice.path} was replaced; run again")
    return verdict


def confirmed(
    unit: Unit, runner: Runner, case: Case, engine: Engine, ended: Ended
) -> tuple[Ended, Verdict]:
    """Judge a case that `engine` has simulated, and see that a failure is the case's own.

    It is simulated once more where a disk that was full for a moment may have cut it short.

    Raises Stale as `judged` does, and MachineFault when the disk is full.
    """
    verdict = judged(unit, case, ended)
    if verdict.failure:
        _look_for_space(case)
        # ngspice says nothing of a full disk; the netlist's own doing recurs.
        if not ended.signal and not ended.exit_code and _was_cut_short(case):
            ended = engine.simulate(runner, case)
            verdict = judged(unit, case, ended)
            if verdict.failure:
                _look_for_space(case)
    return ended, verdict


def _look_for_space(case: Case) -> None:
    if fault := short_of_space(case.directory) or short_of_space(_COPIES):
        raise MachineFault(fault)


def simulate(unit: Unit, runner: Runner, case: Case, engine: Engine) -> tuple[Ended, Verdict]:
    """Simulate a case by `engine` and judge it; raises what `confirmed` raises."""
    return confirmed(unit, runner, case, engine, engine.simulate(runner, case))


def conclude(unit: Unit, case: Case, ended: Ended, verdict: Verdict, how: How) -> Done:
    """Write the record of a case that was simulated and judged.

    Raises OSError when a file cannot be written.
    """
    record = _record(unit, case.number, verdict, case, ended, how)
    home = unit.home(case.number)
    unit.keep.drop_files(case, home, verdict.status)
    if case.is_guest:
        unit.keep.send_home(case, lambda: netlist(unit, case.number)[0], home, verdict.status)
    return _done(unit, record)


def _done(unit: Unit, record: Record) -> Done:
    path = f"{unit.home(record.case_id)}/{RECORD}"
    write_record(path, record, spared=len(unit.cases) == 1)
    return Done.of(record, kept=False)


def netlist(unit: Unit, number: int) -> tuple[str, Closure]:
    """Return the netlist as it was rendered, and its closure.

    Where it is not kept, or lost, it is rendered again.

    Raises Stale when it was changed since.
    """
    directory = unit.home(number)
    path = f"{directory}/{NETLIST}"
    try:
        data = read_regular(path)
    except OSError:
        data = b""
    digest = unit.index["netlists"].get(str(number))
    if hashlib.sha256(data).hexdigest() == digest:
        text = data.decode()
        return text, Closure(text, real_directory(directory))
    # Jinja takes time to load, and many a unit does not need it.
    from snakespice.render import render_case
    from snakespice.template import TemplateFault

    with contextlib.suppress(FileExistsError):
        os.mkdir(directory)
    try:
        text, closure = render_case(unit.plan, directory, number)
    except (TemplateFault, UnsetVariable) as fault:
        raise Stale(f"{path} is not as it was rendered, and cannot be again: {fault}") from fault
    if not text.encode().startswith(data) or _sha256(text) != digest:
        raise Stale(f"{path} is not as it was rendered; delete it to have it rendered again")
    if os.path.isfile(path):
        write_text(path, text)
    return text, closure


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def result_key(text: str, closure: Closure, result_file: str, settings: Settings) -> str:
    """Return what stands for all that determines a result, whatever the case's number is."""
    parts = [
        text.replace(result_file, "case_#"),
        list(closure.files.values()),
        settings.spiceinit,
        settings.ngspice.version,
    ]
    return _sha256(json.dumps(parts))


def _still_holds(record: Record, unit: Unit, case: Case) -> bool:
    """Whether an earlier record is what simulating the case again would give."""
    if record.case_id != case.number or record.result_key != case.result_key:
        return False
    if not {name.lower() for name in unit.plan.measures} <= {n.lower() for n in record.measures}:
        return False
    if record.status != "completed":
        return record.failure not in MACHINE_FAULTS and record.limits == _limits(unit)
    if record.result_file is None:
        return not unit.keep.waveform("completed")
    return size_of(case.file(record.result_file)) == record.result_bytes


def _kept(unit: Unit, case: Case, earlier: Record) -> Done:
    """Return the earlier record as it is now true: file names may have changed since."""
    record = replace(earlier, netlist_sha256=case.netlist_sha256)
    if earlier.result_file not in (None, case.result_file):
        os.rename(case.file(str(earlier.result_file)), case.file(case.result_file))
        record = replace(record, result_file=case.result_file)
    if record != earlier or not os.path.isfile(case.file(RECORD)):
        _done(unit, record)
    return Done.of(record, kept=True)


def _limits(unit: Unit) -> dict[str, float]:
    """Return what a failure may be due to, and a completed case is not touched by."""
    limits = unit.settings.limits
    return {
        "timeout": limits.timeout,
        "mem_mb": limits.mem_mb,
        "max_output_mb": limits.max_output_mb,
        "sandboxed": int(unit.settings.sandbox is not None),
    }


def _was_cut_short(case: Case) -> bool:
    if FINISHED not in read_log(case.file(LOG)):
        return True
    try:
        check_raw(case.file(case.result_file))
    except RawError:
        return True
    return False


def _failed(unit: Unit, failure: str, message: str) -> Verdict:
    return Verdict("failed", failure, message, (), dict.fromkeys(unit.plan.measures))


def _record(
    unit: Unit,
    number: int,
    verdict: Verdict,
    case: Case | None = None,
    ended: Ended | None = None,
    how: How = NOT_SIMULATED,
) -> Record:
    """Return the record of a case; one that was not simulated has not `ended`."""
    plan, settings = unit.plan, unit.settings
    result_file = None
    # Of a failed case no file is offered as its result, though it may hold half a waveform.
    if case and verdict.status == "completed" and unit.keep.waveform("completed"):
        result_file = case.result_file
    started = ended.started if ended else datetime.now(UTC)
    own = plan.space.case(number)
    own_seed = case.closure.facts.own_seed if case and ended else None
    return Record(
        case_id=number,
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
        parameters=own,
        seed=int(own_seed) if own_seed and own_seed.isdigit() else own_seed,
        measures=verdict.measures,
        warnings=list(verdict.warnings),
        netlist_sha256=case.netlist_sha256 if case else None,
        simulator={"name": "ngspice", "version": settings.ngspice.version} if ended else None,
        engine=how.engine,
        engine_reason=how.reason,
        threads=settings.threads,
        limits=_limits(unit),
        host=platform.node(),
        case_key=key_of(plan.defaults | own),
        result_key=case.result_key if case else None,
        result_bytes=size_of(case.file(result_file)) if case and result_file else None,
    )
