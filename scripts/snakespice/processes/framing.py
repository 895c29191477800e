"""Messages through a pipe: each is its length, then its bytes.

The fork server has this in its memory, too, so it imports little: see `engines.fork_server`.
"""

from __future__ import annotations

import os
import struct

from snakespice.base.system import write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = struct.Struct("I")
_READ_BYTES = 1 << 16


def send(pipe: int, content: bytes) -> None:
    """Send a message, as soon as the pipe has room for all of it."""
    write_whole(pipe, _LENGTH.pack(len(content)) + content)


def receive(pipe: int) -> bytes:
    """Wait for a message; raise EOFError when no more can come."""
    (length,) = _LENGTH.unpack(_read_whole(pipe, _LENGTH.size))
    return _read_whole(pipe, length)


class MessageReader:
    """Reads the messages of one pipe as they come in, without waiting for the end of any."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._pending = bytearray()

    def read(self) -> Iterator[bytes]:
        """Read once and yield the messages that are complete now; raise EOFError as `receive`."""
        data = os.read(self._pipe, _READ_BYTES)
        if not data:
            raise EOFError
        self._pending += data
        while len(self._pending) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._pending)
            end = _LENGTH.size + length
            if len(self._pending) < end:
                return
            content = bytes(self._pending[_LENGTH.size : end])
            del self._pending[:end]
            yield content


def _read_whole(pipe: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(pipe, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data
