"""Simulate cases of a sweep again, from their kept netlists and in other places, and compare."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from snakespice.base.files import UnusableFile, read_json, write_text
from snakespice.base.layout import (
    MEASURES,
    NETLIST,
    PROVENANCE,
    SPICEINIT,
    TABLE,
    case_name,
    part_files,
)
from snakespice.base.plainfile import read_regular
from snakespice.engines.cold import ColdEngine
from snakespice.engines.ngspice import Ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import with_absolute_paths
from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner
from snakespice.processes.sandbox import find_sandbox
from snakespice.record.record import MACHINE_FAULTS, Record
from snakespice.sweep.case_record import read_case
from snakespice.sweep.index import read_index
from snakespice.sweep.inputs import read_inputs
from snakespice.sweep.plan import Plan
from snakespice.sweep.render import render_case
from snakespice.templates.includes import UnsetVariable
from snakespice.templates.template import TemplateFault
from snakespice.unit.inputs import start_up_reads
from snakespice.unit.judging import simulate
from snakespice.unit.result_key import result_key
from snakespice.verdict.compare import measure_differences, waveform_difference
from snakespice.verdict.raw import RawError

if TYPE_CHECKING:
    from snakespice.measures.measurer import Measurer

_sandbox = cache(find_sandbox)


@dataclass
class Check:
    """What was found out about one case: differences, and notes on what was not as it had been.

    `is_compared` is false if it has no result to compare with.
    """

    case_id: int
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_compared: bool = True


class Verifier:
    """Checks cases of the sweep in `directory` with the given ngspice.

    Nothing is written below `directory`. Limits, threads and sandbox are as in each record.
    `measurer` takes the measures by expression.
    """

    def __init__(
        self,
        directory: Path,
        plan: Plan,
        ngspice: Ngspice,
        runner: Runner,
        measurer: Measurer | None,
    ) -> None:
        self._directory = directory
        self._plan = plan
        self._ngspice = ngspice
        self._runner = runner
        self._measurer = measurer

    def check(self, case_id: int) -> Check:
        """Simulate a case again and compare; raise SandboxMissing or OSError if that fails."""
        check = Check(case_id)
        try:
            record = read_case(self._directory, self._plan, case_id)
        except UnusableFile as fault:
            check.differences.append(f"its record cannot be used: {fault}")
            return check
        if record is None or record.failure in MACHINE_FAULTS:
            check.is_compared = False
            return check
        with tempfile.TemporaryDirectory(prefix="snakespice-verify-") as scratch:
            self._compare(check, record, Path(scratch))
        return check

    def _compare(self, check: Check, record: Record, scratch: Path) -> None:
        try:
            text = self._netlist(record)
        except _NoNetlist as fault:
            if record.failure != "template_error":
                check.differences.append(str(fault))
            return
        if record.failure == "template_error":
            check.differences.append("its template could not be rendered, and now it can be")
            return
        settings = self._settings(record)
        check.notes += self._changes(record, text, settings)
        write_text(scratch / NETLIST, with_absolute_paths(text, self._home(record)))
        closure = ResolvedNetlist((scratch / NETLIST).read_text(), scratch)
        result_file = self._plan.result_file(record.case_id)
        case = Case(record.case_id, scratch, closure, result_file, "", "")
        _, now = simulate(self._runner, case, ColdEngine(settings), self._plan.ngspice_measures)
        if (record.status, record.failure) != (now.status, now.failure):
            was = record.failure or record.status
            told = f": {now.error_message}" if now.error_message else ""
            check.differences.append(f"it was {was} and is {now.failure or now.status}{told}")
            return
        measures = now.measures | self._by_expression(check, record, scratch / result_file)
        check.differences += measure_differences(record.measures, measures)
        if record.result_file is None:
            if record.status == "completed":
                check.notes.append("waveforms were not kept, so only measures are compared")
            return
        try:
            kept = self._home(record) / record.result_file
            if found := waveform_difference(kept, scratch / result_file):
                check.differences.append(found)
        except RawError as fault:
            check.differences.append(f"its waveforms cannot be read: {fault}")

    def _by_expression(self, check: Check, record: Record, raw: Path) -> dict[str, float | None]:
        """Return the measures by expression of a case that was simulated again."""
        if self._measurer is None:
            return {}
        parameters = self._plan.parameters(record.case_id)
        if record.status != "completed":
            return dict.fromkeys(self._measurer.columns)
        if self._measurer.keys(parameters) != record.measure_keys:
            check.notes.append("measures by expression have changed since")
            return {name: record.measures.get(name) for name in record.measure_keys}
        return self._measurer.take(raw, parameters).values

    def _home(self, record: Record) -> Path:
        return (self._directory / case_name(record.case_id)).resolve()

    def _netlist(self, record: Record) -> str:
        """Return the netlist that was simulated, as it was kept or is rendered again."""
        try:
            text = read_regular(self._home(record) / NETLIST).decode()
            origin = "as it is kept"
        except OSError:
            origin = "not kept, and as it can be rendered now"
            try:
                text, _ = render_case(self._plan, self._home(record), record.case_id)
            except (TemplateFault, UnsetVariable) as fault:
                raise _NoNetlist(
                    f"its netlist is not kept and cannot be rendered: {fault}"
                ) from fault
        digest = hashlib.sha256(text.encode()).hexdigest()
        if record.netlist_sha256 not in (None, digest):
            raise _NoNetlist(f"its netlist, {origin}, is not the one that was simulated")
        return text

    def _settings(self, record: Record) -> EngineSettings:
        limits = record.limits
        return EngineSettings(
            ngspice=self._ngspice,
            limits=Limits(limits["timeout"], int(limits["mem_mb"]), limits["max_output_mb"]),
            threads=record.threads,
            spiceinit=self._spiceinit(record),
            sandbox=_sandbox(self._ngspice.path) if limits["sandboxed"] else None,
        )

    def _spiceinit(self, record: Record) -> str:
        """Return the start-up commands, from beside the netlist or else from where they came."""
        files = [self._home(record) / SPICEINIT]
        provenance = read_json(self._directory / PROVENANCE)
        if isinstance(provenance, dict):
            files += map(Path, provenance["files"]["start_up"])
        return next((file.read_text() for file in files if file.is_file()), "")

    def _changes(self, record: Record, text: str, settings: EngineSettings) -> Iterator[str]:
        """Yield what the result depends on and is not as it was."""
        version = (record.simulator or {}).get("version", settings.ngspice.version)
        if version != settings.ngspice.version:
            yield f"simulated with {version}, and again with {settings.ngspice.version}"
        closure = ResolvedNetlist(text, self._home(record))
        then = replace(settings, ngspice=settings.ngspice._replace(version=version))
        result_file = self._plan.result_file(record.case_id)
        start_up = start_up_reads(settings.spiceinit, self._home(record))
        if result_key(text, closure, result_file, then, start_up) == record.result_key:
            return
        known = {digest for path in part_files(self._directory) for digest in _digests(path)}
        if record.inputs_key:
            known = {*read_inputs(self._directory, record.inputs_key).values()}
        files = closure.inputs | start_up
        changed = [path for path, digest in files.items() if digest not in known]
        yield from (f"{path} has changed since" for path in changed)
        if not changed:
            yield "the start-up commands (simulator.spiceinit) have changed since"


class _NoNetlist(Exception):
    """There is no netlist to simulate again; the message says why."""


def _digests(index: Path) -> Iterable[str]:
    includes: dict[str, str] = read_index(index)["includes"]
    return includes.values()


def table_differences(directory: Path, plan: Plan, cases: Iterable[int]) -> dict[int, list[str]]:
    """Return, for each of some cases, how the tables differ from its record."""
    wanted = set(cases)
    found: dict[int, list[str]] = {case_id: [] for case_id in wanted}
    for name in (TABLE, MEASURES):
        with (directory / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if (case_id := int(row["case_id"])) in wanted:
                    found[case_id] += _row_differences(directory, plan, case_id, name, row)
    return found


def _row_differences(
    directory: Path, plan: Plan, case_id: int, name: str, row: dict[str, str]
) -> Iterator[str]:
    try:
        record = read_case(directory, plan, case_id)
    except UnusableFile:
        return
    if name == TABLE:
        status = record.status if record else "pending"
        if row["status"] != status:
            yield f"{name} says that it is {row['status']}, its record that it is {status}"
        return
    for measure, value in (record.measures if record else {}).items():
        cell = row.get(measure, "")
        if (float(cell) if cell else None) != value:
            yield f"{name} says {cell or 'nothing'} of measure {measure}, its record {value}"
