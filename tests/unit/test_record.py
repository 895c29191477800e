"""What is a record and what is none; older ones are read, newer ones are told apart."""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from project import REPOSITORY
from sweeps import SOUND_RECORD

from snakespice.base.files import UnusableFile
from snakespice.record.record import SCHEMA_VERSION, NewerRecord, Record, from_json
from snakespice.record.store import read_record, write_record
from snakespice.sweep.case_record import read_record_with_key
from snakespice.sweep.plan import Plan

FORMATS = sorted((REPOSITORY / "tests/formats").glob("run_status_*.json"))


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_records_of_every_released_format_are_read(path: Path) -> None:
    data = json.loads(path.read_text())
    record = from_json(data)
    for field in fields(Record):
        default = field.default if field.default_factory is MISSING else field.default_factory()
        written = data.get(field.name, default)
        assert getattr(record, field.name) == written, field.name


def test_a_record_that_lacks_what_it_always_had_is_damaged() -> None:
    data = json.loads(FORMATS[0].read_text())
    for name in data.keys() - {"schema_version"}:
        with pytest.raises(UnusableFile, match=f"it has no {name}"):
            from_json({key: value for key, value in data.items() if key != name})


def test_what_a_newer_version_has_added_is_left_out() -> None:
    data = json.loads(FORMATS[0].read_text())
    assert from_json(data | {"not_yet_known": 3}) == from_json(data)


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.0, True])
def test_no_schema_version(version: object) -> None:
    with pytest.raises(UnusableFile, match="its schema version is"):
        from_json(json.loads(FORMATS[0].read_text()) | {"schema_version": version})


def test_a_record_of_a_newer_version_is_told_apart() -> None:
    data = json.loads(FORMATS[0].read_text()) | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(NewerRecord, match="a newer snakespice has written it"):
        from_json(data)


@pytest.mark.parametrize(
    "change",
    [
        {"measures": {"vmax": math.nan}},
        {"measures": {"vmax": math.inf}},
        {"measures": {"vmax": 10**400}},
        {"measures": {"vmax": "1"}},
        {"measures": {"vmax": True}},
        {"simulation_duration": math.nan},
        {"cpu_seconds": -math.inf},
        {"max_rss_mb": math.nan},
        {"limits": {"timeout": math.nan}},
        {"failure": "timeout"},
        {"status": "failed"},
        {"status": "pending", "failure": "timeout"},
        {"parameters": {"R": 1}},
        {"simulator": {"name": None}},
        {"warnings": [1]},
    ],
)
def test_values_that_no_case_has(change: dict[str, Any]) -> None:
    assert from_json(SOUND_RECORD)
    with pytest.raises(UnusableFile, match="its values contradict one another"):
        from_json(SOUND_RECORD | change)


def test_a_completed_case_without_its_raw_file_does_not_count(tmp_path: Path) -> None:
    """A record can be written while somebody removes the directory."""
    path = REPOSITORY / "tests/data/results_0b80817/results/rc/case_1/run_status.json"
    record = read_record(path)
    assert record
    (tmp_path / "case_1").mkdir()
    write_record(tmp_path / "case_1/run_status.json", replace(record, result_bytes=None))
    with pytest.raises(UnusableFile, match="is missing"):
        read_record_with_key(tmp_path, cast(Plan, None), 1, record.case_key)
