"""The binding to libngspice: load it, give it commands, receive what it says.

The interface is described in the ngspice manual, chapter "ngspice as shared library". Of it only
commands are used, so that everything runs in the calling thread and the process may be forked.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

_NAMES = ("libngspice.so.0", "libngspice.so", "libngspice.0.dylib", "libngspice.dylib")
_VERSION = re.compile(rb"ngspice-\d\S*")

# use_errno leaves errno alone: ngspice may print a line and only then say what went wrong.
_Say = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, use_errno=True
)
_Leave = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)


class LibraryMissing(Exception):
    """libngspice cannot be found, does not load, or is not the ngspice that is asked for."""


def find_library(ngspice: str) -> str:
    """Return the path of libngspice, best the one that was installed with the program `ngspice`.

    Raises LibraryMissing.
    """
    prefix = Path(os.path.realpath(ngspice)).parent.parent
    directories = [*prefix.glob("lib/*-linux-gnu"), prefix / "lib", prefix / "lib64"]
    for directory in directories:
        for name in _NAMES:
            if (directory / name).exists():
                return str(directory / name)
    if found := ctypes.util.find_library("ngspice"):
        return found
    raise LibraryMissing("libngspice is not installed (Debian, Ubuntu: libngspice0)")


class Library:
    """libngspice, loaded and initialised. Its state is the process's: one is enough.

    `say` receives every line that it prints, without the newline; blank lines it swallows.
    `leave` is called instead of exit(), with the exit code, and must not return.
    """

    def __init__(
        self, path: str, *, version: str, say: Callable[[bytes], None], leave: Callable[[int], None]
    ) -> None:
        try:
            library = ctypes.PyDLL(path)  # no other thread waits for Python meanwhile
        except OSError as fault:
            raise LibraryMissing(f"libngspice does not load: {fault}") from fault
        banner: list[bytes] = []
        self.say = banner.append
        self.leave = leave
        self._callbacks = (
            _Say(lambda line, _ident, _user: self._hear(line)),
            _Leave(lambda status, _now, _quit, _ident, _user: self._leave(status)),
        )
        self._command = library.ngSpice_Command
        with _NoStartUpFiles():
            library.ngSpice_Init(self._callbacks[0], None, self._callbacks[1], None, None, None)
        self.say = say
        found = _VERSION.search(b" ".join(banner))
        if found is None or found[0] != version.encode():
            name = found[0].decode("ascii", "replace") if found else "of an unknown version"
            raise LibraryMissing(f"{path} is {name}, and the program is {version}")

    def command(self, text: str) -> None:
        """Run one command."""
        self._command(text.encode())

    def _hear(self, line: bytes) -> int:
        self.say(line[7:] if line.startswith((b"stdout ", b"stderr ")) else line)
        return 0

    def _leave(self, status: int) -> int:
        self.leave(status)
        return 0


class _NoStartUpFiles:
    """While this holds, no `.spiceinit` is found: neither in the working directory nor at home."""

    def __enter__(self) -> None:
        self._before = os.environ.get("HOME"), os.environ.get("SPICE_USERINIT_DIR"), os.getcwd()
        self._empty = tempfile.mkdtemp(prefix="snakespice-")
        os.environ["HOME"] = self._empty
        os.environ.pop("SPICE_USERINIT_DIR", None)
        os.chdir(self._empty)

    def __exit__(self, *_: object) -> None:
        home, directory, working = self._before
        os.chdir(working)
        os.rmdir(self._empty)
        for name, value in (("HOME", home), ("SPICE_USERINIT_DIR", directory)):
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
