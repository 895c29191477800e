"""Which cases of a unit are still to be simulated, and with what netlist."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from snakespice.base.files import UnusableFile, names_in, size_of
from snakespice.base.layout import RECORD
from snakespice.netlist.case import Case
from snakespice.netlist.watched import InputChanged
from snakespice.record.record import MACHINE_FAULTS, NewerRecord, Record
from snakespice.record.store import has_record, read_record, remove_record
from snakespice.unit.case_result import CaseResult
from snakespice.unit.measuring import measured_again, stale_columns
from snakespice.unit.netlists import netlist_of
from snakespice.unit.recording import record_not_simulated, write_case_record
from snakespice.unit.rejudging import judge_anew
from snakespice.unit.result_key import result_key
from snakespice.unit.unit import Unit


def find_pending(unit: Unit, number: int) -> CaseResult | tuple[Case, str]:
    """Return the case that is to be simulated and its netlist, or its result if that still holds.

    Raises InputChanged when its netlist was changed since it was rendered, and NewerRecord.
    """
    directory = Path(unit.case_directory(number))
    if fault := unit.index["faults"].get(str(number)):
        directory.mkdir(exist_ok=True)
        return record_not_simulated(unit, number, "template_error", fault)
    text, closure = netlist_of(unit, number)
    result_file = unit.plan.result_file(number)
    case = Case(
        number,
        directory,
        closure,
        result_file,
        unit.index["netlists"][str(number)],
        result_key(text, closure, result_file, unit.settings, unit.inputs.start_up),
        inputs_key=unit.inputs.key_of(closure),
    )
    try:
        there = names_in(directory)
    except NotADirectoryError:
        raise InputChanged(f"{directory} is no directory any more: run again") from None
    if has_record(there):
        try:
            earlier = read_record(directory / RECORD)
        except NewerRecord as fault:
            raise NewerRecord(f"{directory / RECORD}: {fault}") from None
        except UnusableFile:
            earlier = None
        if earlier and _still_holds(earlier, unit, case):
            judged = judge_anew(unit, case, earlier)
            stale = stale_columns(unit, judged, unit.plan.parameters(number))
            if stale is not None:
                return _kept(unit, case, earlier, judged, stale)
        remove_record(directory / RECORD)
    return case, text


def _still_holds(record: Record, unit: Unit, case: Case) -> bool:
    """Whether simulating the case again would give what an earlier record says."""
    if record.case_id != case.number or record.result_key != case.result_key:
        return False
    if record.status != "completed":
        return record.failure not in MACHINE_FAULTS and record.limits == unit.limits
    if record.waveform_store and os.path.isfile(f"{unit.directory}/{record.waveform_store}"):
        return True
    if record.result_file is None:
        return not unit.keep.waveform("completed")
    size = size_of(case.file(record.result_file))
    return size is not None and size == record.result_bytes


def _kept(unit: Unit, case: Case, earlier: Record, judged: Record, stale: set[str]) -> CaseResult:
    """Bring an earlier record, judged anew, up to date: files and measures may have other names.

    The measures in the columns `stale` are taken again.
    """
    record = replace(judged, netlist_sha256=case.netlist_sha256, inputs_key=case.inputs_key)
    if earlier.result_file not in (None, case.result_file):
        os.rename(case.file(str(earlier.result_file)), case.file(case.result_file))
        if record.result_file:
            record = replace(record, result_file=case.result_file)
    record, wrong = measured_again(unit, case, record, stale)
    if record != earlier or not os.path.isfile(case.file(RECORD)):
        write_case_record(unit, record)
    is_new = record.verdict_version != earlier.verdict_version
    result = CaseResult.of(record, kept=True, was=earlier.status if is_new else None)
    return result._replace(measured_again=bool(stale), wrong=wrong)
