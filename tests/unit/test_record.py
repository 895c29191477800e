"""Records are there whole or not at all, and what cannot be used is told from what is not there."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from snakespice.base.files import (
    UnusableFile,
    explain,
    read_json,
    remove,
    write_json,
    written_aside,
)
from snakespice.record.store import read_record, withdraw_record, write_record
from snakespice.sweep.case_record import read_record_with_key
from snakespice.sweep.plan import Plan
from snakespice.sweep.repair import discard_damaged


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ZeroDivisionError), written_aside(path) as file:
        file.write("half")
        raise ZeroDivisionError
    assert read_json(path) == {"a": 1}
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_a_killed_writer_left_is_written_over_but_never_through(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / ".a.json.new").symlink_to(precious)
    write_json(path, {"a": 1})
    assert precious.read_text() == "mine"
    assert not path.is_symlink()


@pytest.mark.parametrize("content", ["", '{"a"', b"\xff\xfe\x00", "directory", "pipe", "link"])
def test_what_cannot_be_read_is_a_fault(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "run_status.json"
    if content == "directory":
        path.mkdir()
    elif content == "pipe":
        os.mkfifo(path)
    elif content == "link":
        path.symlink_to("/proc/self/mem")
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnusableFile):
        read_json(path)
    remove(path)
    assert read_json(path) is None


def test_a_withdrawn_record_is_a_spare_one(tmp_path: Path) -> None:
    path = tmp_path / "run_status.json"
    withdraw_record(path)
    write_json(path, {})
    withdraw_record(path)
    assert os.listdir(tmp_path) == [".run_status.json"]


def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    assert explain(fault, tmp_path) == f"disk full at {tmp_path}; make space and run again"
    fault = OSError(errno.EACCES, "Permission denied", "/x")
    assert explain(fault, tmp_path) == "/x: Permission denied"


@pytest.mark.parametrize("content", ["", "{\n", '{"netlists": {', "\0"])
def test_a_damaged_index_goes(tmp_path: Path, content: str) -> None:
    write_json(tmp_path / "netlists_1.json", {"netlists": {}})
    (tmp_path / "netlists_2.json").write_text(content)
    assert discard_damaged(tmp_path) == [tmp_path / "netlists_2.json"]
    assert os.listdir(tmp_path) == ["netlists_1.json"]


def test_a_completed_case_without_its_raw_file_does_not_count(tmp_path: Path) -> None:
    """A record can be written while somebody removes the directory."""
    path = Path(__file__).parents[1] / "data/results_0b80817/results/rc/case_1/run_status.json"
    record = read_record(path)
    assert record
    (tmp_path / "case_1").mkdir()
    write_record(tmp_path / "case_1/run_status.json", replace(record, result_bytes=None))
    with pytest.raises(UnusableFile, match="is missing"):
        read_record_with_key(tmp_path, cast(Plan, None), 1, record.case_key)
