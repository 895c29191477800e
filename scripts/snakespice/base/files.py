"""Files that are written aside and renamed, read with suspicion, and removed with all they hold."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from snakespice.base.plainfile import StrPath, read_regular
from snakespice.base.system import write_whole

LITTLE_SPACE_BYTES = 1 << 20  # with less than this no failure is the circuit's

_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",\n ", ": ")).encode


class UnusableFile(Exception):
    """A file of ours is there but cannot be used; the message says why."""


def read_json(path: StrPath) -> object:
    """Return what a JSON file holds, None where there is none; UnusableFile if it is damaged."""
    try:
        return json.loads(read_regular(path))
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise UnusableFile(f"it cannot be read: {fault.strerror}") from fault
    except (ValueError, RecursionError) as fault:
        raise UnusableFile(f"it is not JSON: {fault}") from fault


def write_json(path: StrPath, data: Mapping[str, object], *, synced: bool = False) -> None:
    """Write `data` as JSON, one line a value, atomically; see `write_text`."""
    write_text(path, f"{{\n {_encode(data)[1:-1]}\n}}\n", synced=synced)


def write_text(path: StrPath, text: str, *, synced: bool = False) -> None:
    """Write a text file aside and rename it, so that it is there whole or not at all.

    If it is `synced`, that holds after a power failure, too. It takes some milliseconds.
    """
    data = text.encode("utf-8", "backslashreplace")
    with path_aside(path) as temporary:
        handle = _new_file(temporary)
        try:
            write_whole(handle, data)
            if synced:
                os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def written_aside(path: StrPath) -> Iterator[IO[str]]:
    """Open a text file that, synced, takes the place of `path` at the end if all went well."""
    with path_aside(path) as temporary:
        handle = _new_file(temporary)
        with open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
            file.flush()
            os.fsync(handle)


@contextmanager
def bytes_written_aside(path: StrPath) -> Iterator[IO[bytes]]:
    """Open a file for bytes that, synced, takes the place of `path` at the end if all went well."""
    with path_aside(path) as temporary, open(_new_file(temporary), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def path_aside(path: StrPath) -> Iterator[str]:
    """Give the path for a file that takes the place of `path` at the end, if all went well.

    There is one writer at a time, so what a killed one has left behind is written over.
    """
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}.new")
    try:
        yield temporary
        try:
            os.replace(temporary, path)
        except IsADirectoryError:  # of a netlist's making
            move_out_of_the_way(path)
            os.replace(temporary, path)
    except BaseException as fault:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(fault, OSError):
            raise OSError(fault.errno, fault.strerror, os.fspath(path)) from fault
        raise


def _new_file(path: str) -> int:
    """Open a file that is not there yet; what stands in its place is removed."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        remove(path)
        return _new_file(path)


def size_of(path: StrPath) -> int | None:
    """Return the size of a file in bytes, None where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def remove(path: StrPath) -> None:
    """Remove a file, and also what stands in its place, if there is anything."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError:
        if not os.path.isdir(path):
            raise
        shutil.rmtree(path)


def move_out_of_the_way(path: StrPath, to: Path | None = None) -> Path:
    """Rename what is not ours, to a name like `to` that nothing has yet; return the new place."""
    first = to or Path(f"{os.fspath(path)}.set_aside")
    place, number = first, 2
    while os.path.lexists(place):
        place, number = first.with_name(f"{first.name}.{number}"), number + 1
    os.rename(path, place)
    return place


def names_in(directory: StrPath) -> list[str]:
    """Return the names in a directory; NotADirectoryError where it is a link to one."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.listdir(handle)
    finally:
        os.close(handle)


def remove_all(directory: StrPath, names: Iterable[str]) -> None:
    """Remove from a directory what has one of these names; mostly nothing has."""
    there = os.listdir(directory)
    for name in names:
        if name in there:
            remove(os.path.join(directory, name))


def short_of_space(directory: Path) -> str | None:
    """Return a message when the disk of `directory` has no room left, else None."""
    try:
        there = os.statvfs(directory)
    except OSError:
        return None
    free = there.f_bavail * there.f_frsize
    if free < LITTLE_SPACE_BYTES:
        return f"disk full at {directory}: {free // 1024} kB are free; make space and run again"
    if there.f_files and not there.f_favail:
        return f"disk full at {directory}: no inode is free; make space and run again"
    return None


def explain(fault: OSError, directory: Path) -> str:
    """Return what an error of the operating system means, and where; `directory` if it is mum."""
    place = fault.filename or directory
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"disk full at {place}; make space and run again"
    return f"{place}: {fault.strerror or fault}"
