"""The binding to libngspice: load it, give it commands, receive what it says.

The interface is described in the ngspice manual, chapter "ngspice as shared library". Of it only
commands are used, so that everything runs in the calling thread and the process may be forked.
"""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# use_errno leaves errno alone: ngspice may print a line and only then say what went wrong.
_Say = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, use_errno=True
)
_Leave = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)
_NAME = b"ngspice-"
# ngspice reads commands from a `.spiceinit` here and at home; where nobody can put one.
_EMPTY = "/dev/fd"


class Unsuitable(Exception):
    """libngspice does not load, or is not the ngspice that is asked for."""


class Library:
    """libngspice, loaded and initialised. Its state is the process's: one is enough.

    Initialising it leaves the process in another working directory.

    `say` receives every line that it prints, without the newline; blank lines it swallows.
    `leave` is called instead of exit(), with the exit code, and must not return.
    """

    def __init__(
        self, path: str, *, version: str, say: Callable[[bytes], None], leave: Callable[[int], None]
    ) -> None:
        try:
            library = ctypes.PyDLL(path)  # no other thread waits for Python meanwhile
        except OSError as fault:
            raise Unsuitable(f"libngspice does not load: {fault}") from fault
        banner: list[bytes] = []
        self.say = banner.append
        self.leave = leave
        self._callbacks = (
            _Say(lambda line, _ident, _user: self._hear(line)),
            _Leave(lambda status, _now, _quit, _ident, _user: self._leave(status)),
        )
        self._command = library.ngSpice_Command
        home = os.environ["HOME"]
        os.environ["HOME"] = _EMPTY
        os.environ.pop("SPICE_USERINIT_DIR", None)
        os.chdir(_EMPTY)
        library.ngSpice_Init(self._callbacks[0], None, self._callbacks[1], None, None, None)
        os.environ["HOME"] = home
        self.say = say
        words = b" ".join(banner).split()
        found = next((word for word in words if word.startswith(_NAME)), b"")
        if found != version.encode():
            name = found.decode("ascii", "replace") or "of an unknown version"
            raise Unsuitable(f"{path} is {name}, and the program is {version}")

    def command(self, text: str) -> None:
        """Run one command."""
        self._command(text.encode())

    def _hear(self, line: bytes) -> int:
        self.say(line[7:] if line.startswith((b"stdout ", b"stderr ")) else line)
        return 0

    def _leave(self, status: int) -> int:
        self.leave(status)
        return 0
