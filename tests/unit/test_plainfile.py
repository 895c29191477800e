"""Only plain files are opened where a simulation may have put something else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from snakespice.base.plainfile import open_regular, read_regular


@pytest.mark.parametrize("thing", ["link", "pipe", "directory", "link to nothing", "device"])
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path, thing: str) -> None:
    path, precious = tmp_path / "ngspice.log", tmp_path / "precious"
    precious.write_bytes(b"mine")
    if thing == "pipe":
        os.mkfifo(path)
    elif thing == "directory":
        path.mkdir()
    else:
        places = {
            "link": precious,
            "link to nothing": tmp_path / "new",
            "device": Path("/dev/null"),
        }
        path.symlink_to(places[thing])
    with pytest.raises(OSError, match=r"it is no regular file: .*ngspice\.log"):
        read_regular(path)
    for mode in ("rb", "wb", "ab"):
        with pytest.raises(OSError, match=r"regular file|directory"):
            open_regular(path, mode)
    assert precious.read_bytes() == b"mine"
    assert not (tmp_path / "new").exists()


def test_a_missing_file_is_called_so(tmp_path: Path) -> None:
    for read in (read_regular, open_regular):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")


@pytest.mark.parametrize("size", [0, 1, 10, 15, 20, 21, 1000, 300_000])
def test_of_a_large_file_the_beginning_and_the_end_are_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "ngspice.log"
    data = bytes(number % 251 for number in range(size))
    path.write_bytes(data)
    assert read_regular(path) == data
    assert read_regular(path, ends=10) == (data if size <= 20 else data[:10] + data[-10:])
