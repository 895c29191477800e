"""The index of the netlists of a part: read only where it is whole."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from snakespice.base.files import UnusableFile, write_json
from snakespice.sweep.index import file_digest, read_index

WHOLE: dict[str, Any] = {"netlists": {"1": "ab"}, "faults": {"2": "why"}, "includes": {"/x": "cd"}}


def test_an_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "netlists_1.json"
    write_json(path, WHOLE)
    assert read_index(path) == WHOLE


@pytest.mark.parametrize(
    "damage",
    [
        {"netlists": {"1": 5}},
        {"faults": {"2": None}},
        {"includes": {"/x": ["cd"]}},
        {"includes": {"/x": "cd", "/y": {}}},
        {"netlists": ["ab"]},
        {"faults": None},
    ],
)
def test_a_damaged_index_is_none(tmp_path: Path, damage: dict[str, object]) -> None:
    path = tmp_path / "netlists_1.json"
    write_json(path, WHOLE | damage)
    with pytest.raises(UnusableFile, match=r"netlists_1\.json is missing or damaged"):
        read_index(path)


@pytest.mark.parametrize("text", [None, "[]", "5", "{}", '{"netlists": {}, "faults": {}}'])
def test_what_is_no_index(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "netlists_1.json"
    if text:
        path.write_text(text)
    with pytest.raises(UnusableFile, match=r"netlists_1\.json is missing or damaged"):
        read_index(path)


def test_a_file_has_the_digest_of_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "c.spice"
    path.write_bytes(b"* a\n")
    (tmp_path / "link").symlink_to(path)
    digest = hashlib.sha256(b"* a\n").hexdigest()
    assert file_digest(path) == file_digest(str(tmp_path / "link")) == digest


@pytest.mark.parametrize("thing", ["none", "directory", "pipe", "a\0b"])
def test_what_is_no_file_is_missing(tmp_path: Path, thing: str) -> None:
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert file_digest(f"{tmp_path}/{thing}") == "missing"
