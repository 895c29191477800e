"""The record of a case of a sweep: it counts only if it is whole and is this case's."""

from __future__ import annotations

import os
from pathlib import Path

from snakespice.base.files import UnusableFile, size_of
from snakespice.base.layout import RECORD, case_name
from snakespice.record.record import Record
from snakespice.record.store import read_record
from snakespice.sweep.plan import Plan


def read_case(directory: Path, plan: Plan, case_id: int) -> Record | None:
    """Return the record of a case, None where there is none.

    Raises UnusableFile for a damaged or another case's, and where the raw file is not as recorded.
    """
    return read_record_with_key(directory, plan, case_id, plan.case_key(case_id))


def read_record_with_key(directory: Path, plan: Plan, case_id: int, key: str) -> Record | None:
    """Return what `read_case` does, of a case whose parameters have this key."""
    case_dir = f"{directory}/{case_name(case_id)}"
    record = read_record(f"{case_dir}/{RECORD}")
    if record is None:
        return None
    if (record.case_id, record.case_key) != (case_id, key):
        raise UnusableFile(f"it is that of case {record.case_id} with other parameters")
    if record.waveform_store and not os.path.isfile(f"{directory}/{record.waveform_store}"):
        raise UnusableFile(f"{record.waveform_store}, which has its waveforms, is missing")
    if record.result_file:
        size = size_of(f"{case_dir}/{record.result_file}")
        if size is None or size != record.result_bytes:
            there = "missing" if size is None else f"of {size} bytes"
            raise UnusableFile(f"{record.result_file} is {there}, not of {record.result_bytes}")
    return record
