"""The encoding of templates: UTF-8, but comments may be in Latin-1, as they were once."""

from __future__ import annotations

import re

# Where a comment begins on a line of a netlist, or of a template.
_COMMENT = re.compile(rb"^\s*[*#]|;|//|[\s,]\$|\{#")


class NotUtf8(ValueError):
    """A line is neither UTF-8 nor a comment; `line` is its number."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__("it is not UTF-8 text there; save it as UTF-8 (iconv -f latin1 -t utf-8)")


def decode(data: bytes) -> str:
    """Return the text; where a comment, or the title, is not UTF-8, it is taken for Latin-1.

    Raises NotUtf8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        lines = data.split(b"\n")
    return "\n".join(_line(line, number) for number, line in enumerate(lines, start=1))


def _line(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        comment = _COMMENT.search(line)
        is_comment = comment is not None and comment.start() <= error.start
        if b"\0" in line or not (is_comment or number == 1):
            raise NotUtf8(number) from None
        return line.decode("latin-1")
