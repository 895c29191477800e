"""Files are there whole or not at all, and what cannot be used is told from what is not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from snakespice.base.files import (
    UnusableFile,
    explain,
    read_json,
    remove,
    write_json,
    written_aside,
)


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


def test_a_full_disk_is_called_so(tmp_path: Path) -> None:
    fault = OSError(errno.ENOSPC, "No space left on device")
    assert explain(fault, tmp_path) == f"disk full at {tmp_path}; make space and run again"
    fault = OSError(errno.EACCES, "Permission denied", "/x")
    assert explain(fault, tmp_path) == "/x: Permission denied"
