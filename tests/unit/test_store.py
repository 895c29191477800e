"""Where records stand: at their place, and for some time beside it."""

from __future__ import annotations

import os
from pathlib import Path

from sweeps import plan_of, record_of

from snakespice.base.files import write_json
from snakespice.record.store import (
    read_record,
    remove_record,
    withdraw_record,
    write_record,
    write_spare,
)

RECORD = record_of(plan_of(["1k"]), 1)
OLDER = record_of(plan_of(["1k"]), 1, attempt=7)


def test_a_withdrawn_record_is_a_spare_one(tmp_path: Path) -> None:
    path = tmp_path / "run_status.json"
    withdraw_record(path)
    write_json(path, {})
    withdraw_record(path)
    assert os.listdir(tmp_path) == [".run_status.json"]


def test_a_spare_record_holds_until_there_is_another(tmp_path: Path) -> None:
    path = tmp_path / "run_status.json"
    write_spare(path, OLDER)
    assert read_record(path) == OLDER
    write_record(path, RECORD)
    assert read_record(path) == RECORD
    path.unlink()
    assert read_record(path) is None, "an older spare has come back"


def test_a_record_that_is_spared_survives_its_removal(tmp_path: Path) -> None:
    path = tmp_path / "run_status.json"
    write_record(path, OLDER, spared=True)
    write_record(path, RECORD, spared=True)
    path.unlink()
    assert read_record(path) == RECORD
    remove_record(path)
    assert os.listdir(tmp_path) == []
