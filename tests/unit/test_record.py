"""Records are there whole or not at all; older ones hold, newer ones are left alone."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from project import Project

from snakespice.base.files import (
    UnusableFile,
    explain,
    read_json,
    remove,
    write_json,
    written_aside,
)
from snakespice.record.record import SCHEMA_VERSION, NewerRecord, Record, from_json
from snakespice.record.store import withdraw_record
from snakespice.sweep.repair import discard_damaged

FORMATS = sorted(Path(__file__).with_name("formats").glob("run_status_*.json"))


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


@pytest.mark.parametrize("path", FORMATS, ids=lambda path: path.stem)
def test_records_of_every_released_format_are_read(path: Path) -> None:
    data = json.loads(path.read_text())
    record = from_json(data)
    for field in fields(Record):
        written = data.get(field.name, field.default)
        assert getattr(record, field.name) == written, field.name


def test_a_record_that_lacks_what_it_always_had_is_damaged() -> None:
    data = json.loads(FORMATS[0].read_text())
    for name in data.keys() - {"schema_version"}:
        with pytest.raises(UnusableFile, match=f"it has no {name}"):
            from_json({key: value for key, value in data.items() if key != name})


def test_what_a_newer_version_has_added_is_left_out() -> None:
    data = json.loads(FORMATS[0].read_text())
    assert from_json(data | {"nice_level": 3}) == from_json(data)


@pytest.mark.parametrize("version", [None, 0, -1, "1", 1.0, True])
def test_no_schema_version(version: object) -> None:
    with pytest.raises(UnusableFile, match="its schema version is"):
        from_json(json.loads(FORMATS[0].read_text()) | {"schema_version": version})


def rewrite(project: Project, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for path in project.directory.glob("results/rc/case_*/run_status.json"):
        path.write_text(json.dumps(change(json.loads(path.read_text()))))


def test_an_upgrade_simulates_nothing_and_its_table_is_whole(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run()
    assert project.starts()
    added = json.loads(FORMATS[0].read_text()).keys()
    rewrite(project, lambda record: {name: record[name] for name in added})
    project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [500, 1k, 2k, 3k]")
    project.run()
    assert project.starts() == 2
    rows = project.table()
    assert {row["status"] for row in rows} == {"completed"}
    versions = [row["verdict_version"] for row in rows]
    assert versions[2:] == ["0"] * 6 and "0" not in versions[:2]


@pytest.mark.parametrize("edit", ["sweep", "template"])
def test_a_run_over_results_of_a_newer_version_destroys_none(tmp_path: Path, edit: str) -> None:
    project = Project(tmp_path)
    project.run()
    project.starts()
    rewrite(project, lambda record: record | {"schema_version": SCHEMA_VERSION + 1})
    if edit == "sweep":
        project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [500, 1k, 2k, 3k]")
    else:
        project.edit("rc.spice.j2", "RC low-pass", "RC")
    project.run(expect=1)
    log = "plan" if edit == "sweep" else "simulate_block_1"
    said = (tmp_path / f"results/rc/logs/{log}.log").read_text()
    assert "case_1/run_status.json: a newer snakespice has written it (schema version 2" in said
    assert project.starts() == 0
    for case_id in range(1, 7):
        assert project.record(case_id)["schema_version"] == SCHEMA_VERSION + 1
    with pytest.raises(NewerRecord):
        from_json(project.record(1))
