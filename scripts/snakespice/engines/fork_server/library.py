"""The binding to libngspice: load it, give it commands, receive what it prints.

The interface is described in the ngspice manual, chapter "ngspice as shared library". Only commands
are used (no background thread), so everything happens in the calling thread, and the process can be
forked: a fork has that thread alone.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# use_errno leaves errno alone: ngspice may print a line and only then say what went wrong.
_SendChar = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, use_errno=True
)
_ControlledExit = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)
_NAME = b"ngspice-"
# ngspice reads commands from a `.spiceinit` in the working directory and at home, and the library
# has no option against that. Here nobody can put one.
_EMPTY = "/dev/fd"


class LibraryUnusable(Exception):
    """libngspice does not load, or is not of the version that is asked for."""


class Library:
    """libngspice, loaded and initialised. Its state is the process's: one is enough.

    Initialising it leaves the process in another working directory.

    `on_line` receives every line that it prints, without the newline; blank lines it swallows.
    `on_exit` is called instead of exit(), with the exit code, and must not return: ngspice is not
    in a state to go on.
    """

    def __init__(
        self,
        path: str,
        *,
        version: str,
        on_line: Callable[[bytes], None],
        on_exit: Callable[[int], None],
    ) -> None:
        try:
            # PyDLL keeps Python's lock for a call: there is no other thread to have it meanwhile.
            library = ctypes.PyDLL(path)
        except OSError as fault:
            raise LibraryUnusable(f"libngspice does not load: {fault}") from fault
        banner: list[bytes] = []
        self.on_line = banner.append
        self.on_exit = on_exit
        # Kept here: the library has their addresses only, and Python would free them.
        self._callbacks = (
            _SendChar(lambda line, _ident, _user: self._hear(line)),
            _ControlledExit(lambda status, _now, _quit, _ident, _user: self._exit(status)),
        )
        self._command = library.ngSpice_Command
        home = os.environ["HOME"]
        os.environ["HOME"] = _EMPTY
        os.environ.pop("SPICE_USERINIT_DIR", None)
        os.chdir(_EMPTY)
        library.ngSpice_Init(self._callbacks[0], None, self._callbacks[1], None, None, None)
        os.environ["HOME"] = home
        self.on_line = on_line
        words = b" ".join(banner).split()
        found = next((word for word in words if word.startswith(_NAME)), b"")
        if found != version.encode():
            name = found.decode("ascii", "replace") or "of an unknown version"
            raise LibraryUnusable(f"{path} is {name}, and the program is {version}")

    def command(self, text: str) -> None:
        """Run one command."""
        self._command(text.encode())

    def _hear(self, line: bytes) -> int:
        self.on_line(line[7:] if line.startswith((b"stdout ", b"stderr ")) else line)
        return 0

    def _exit(self, status: int) -> int:
        self.on_exit(status)
        return 0
