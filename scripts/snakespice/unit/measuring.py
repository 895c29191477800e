"""Measures by expression of the cases of a unit: when they are taken, and when they still hold."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from snakespice.base.system import keep_free_memory
from snakespice.netlist.case import Case
from snakespice.netlist.watched import InputChanged
from snakespice.processes.limits import Limits
from snakespice.record.record import Record
from snakespice.sweep.plan import Plan
from snakespice.sweep.resolved import read_resolved
from snakespice.unit.unit import Unit
from snakespice.verdict.diagnosis import Verdict

if TYPE_CHECKING:
    from snakespice.measures.measurer import Measurer
    from snakespice.measures.sources import Sources
    from snakespice.measures.store import Place

_OF_MEASURE = re.compile(r"measure (\S+) could not be taken: ")

_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_KEPT_BYTES = 64 << 20

Values = dict[str, float | None]


def make_measurer(plan: Plan, limits: Limits, sources: Sources | None) -> Measurer | None:
    """Return what takes the measures by expression of a sweep, None where there are none.

    numpy is loaded here, and only then. `sources` are those of the measure files when the run
    began. Raises InputChanged where these have changed since, or cannot be imported.
    """
    if not plan.expressions:
        return None
    # A case has one core. numpy's own threads would take others'.
    os.environ |= dict.fromkeys(_THREADS, "1")
    from snakespice.measures.measurer import Measurer

    keep_free_memory(_KEPT_BYTES)
    files = plan.measure_files
    if files and (sources is None or sources.now() != sources):
        raise InputChanged(f"{', '.join(map(str, files))}, or what it imports, changed; run again")
    try:
        return Measurer(
            plan.expressions,
            plan.defaults,
            files=files,
            sources=sources if files else None,
            seconds=limits.timeout,
            megabytes=limits.mem_mb,
        )
    except Exception as fault:
        if not files:
            raise
        raise InputChanged(f"{', '.join(map(str, files))} cannot be imported: {fault}") from fault


def measurer_of(directory: Path, plan: Plan) -> Measurer | None:
    """Return what takes the measures by expression of the sweep in a directory, for use by hand.

    Raises UnusableFile where no run has left there what it went by, and InputChanged.
    """
    if not plan.expressions:
        return None
    resolved = read_resolved(directory)
    simulator = resolved.simulator
    limits = Limits(simulator.timeout, simulator.mem_mb, simulator.max_output_mb)
    return make_measurer(plan, limits, resolved.sources)


def measure(unit: Unit, case: Case, verdict: Verdict) -> tuple[Verdict, dict[str, str], str | None]:
    """Take the measures of a case that was simulated and judged.

    Return the verdict with them, their keys, and what is wrong with one of them, if that does not
    depend on the case.
    """
    if unit.measurer is None:
        return verdict, {}, None
    parameters = unit.plan.parameters(case.number)
    keys = unit.measurer.keys(parameters)
    if verdict.failure:
        values = _ordered(unit.plan, verdict.measures, verdict.measures)
        return replace(verdict, measures=values), keys, None
    taken = unit.measurer.take(case.file(case.result_file), parameters)
    measured = replace(
        verdict,
        measures=_ordered(unit.plan, verdict.measures | taken.values, verdict.measures),
        warnings=(*taken.warnings, *verdict.warnings),
    )
    return measured, keys, taken.wrong


def stale_columns(unit: Unit, record: Record, parameters: Mapping[str, str]) -> set[str] | None:
    """Return the measures by expression that are new or changed since an earlier record.

    None where the case has to be simulated for what it is to measure: ngspice has not taken a
    measure, or the waveforms that are needed are not there.
    """
    by_ngspice = record.measures.keys() - record.measure_keys.keys()
    if not _lower(unit.plan.ngspice_measures) <= _lower(by_ngspice):
        return None
    keys = unit.measurer.keys(parameters) if unit.measurer else {}
    stale = {column for column, key in keys.items() if record.measure_keys.get(column) != key}
    if record.status != "completed":
        # What was to be saved for a measure can be why there are no waveforms.
        is_due_to_them = record.failure == "output_error" and record.measure_keys != keys
        return None if is_due_to_them else set()
    if not stale or unit.measurer is None:
        return set()
    place = _place(unit, record)
    return stale if place and unit.measurer.can_take(place, stale) else None


def measured_again(
    unit: Unit, case: Case, record: Record, stale: Collection[str]
) -> tuple[Record, str | None]:
    """Return an earlier record with the measures that the case has now, and no others.

    Those in the columns `stale` are taken of its waveforms. With it comes what is wrong with one of
    them, if that does not depend on the case.
    """
    parameters = unit.plan.parameters(case.number)
    keys = unit.measurer.keys(parameters) if unit.measurer else {}
    values, warnings, wrong = record.measures, record.warnings, None
    place = _place(unit, record) if stale else None
    if place and unit.measurer:
        taken = unit.measurer.take(place, parameters, stale)
        values = values | taken.values
        warnings = [*taken.warnings, *(w for w in warnings if _measure_of(w) not in stale)]
        wrong = taken.wrong
    values = _ordered(unit.plan, values, (card.name for card in case.closure.facts.measures))
    warnings = [w for w in warnings if _measure_of(w) in {None, *values}]
    return replace(record, measures=values, measure_keys=keys, warnings=warnings), wrong


def _place(unit: Unit, record: Record) -> Place | None:
    from snakespice.measures.store import place_of

    return place_of(unit.directory, record)


def _ordered(plan: Plan, values: Mapping[str, float | None], others: Iterable[str]) -> Values:
    """Return values as a record has them: those that are declared, as they are written, come first.

    Then come the `others`.
    """
    lower = {name.lower(): value for name, value in values.items()}
    declared = _lower(plan.measures)
    names = [*plan.measures, *(name for name in others if name.lower() not in declared)]
    return {name: lower.get(name.lower()) for name in names}


def _measure_of(warning: str) -> str | None:
    match = _OF_MEASURE.match(warning)
    return match[1] if match else None


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
