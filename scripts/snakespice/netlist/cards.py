"""Cards: how ngspice cuts the text of a netlist into cards and commands.

A card goes on in lines that begin with `+`; comments and blank lines between them belong to none.
After ngspice 39's frontend/inpcom.c: inp_stitch_continuation_lines, inp_stripcomments_line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# A line that is skipped: blank, or a comment.
_SKIPPED = r"[ \t\r]*(?:[*#$][^\n]*)?"
_CARD = rf"[^\n]*(?:(?:\n{_SKIPPED})*\n[ \t\r]*\+[^\n]*)*"
_CARD_IN_BYTES = re.compile(_CARD.encode())
# A card, and behind it the comments and blank lines that could be between its lines.
_CARD_AND_COMMENTS = re.compile(rf"{_CARD}(?:\n{_SKIPPED}(?=\n|$))*\n?")
# Comments at the end of a line. In a `.control` section a dollar sign begins one only before a
# blank, as it stands before a variable otherwise.
_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")
_COMMENT_IN_CONTROL = re.compile(r";|//|\$ ")


def lines_of(text: str) -> list[str]:
    """Return the lines of a netlist with their ends: to Python many more characters end one."""
    return _LINE.findall(text)


def card_at(data: bytes, start: int) -> tuple[str, int]:
    """Return the card that begins at `start`, as it stands, and where it ends."""
    whole = _CARD_IN_BYTES.match(data, start)
    assert whole is not None
    return whole[0].decode("utf-8", "replace"), whole.end()


def split_cards(text: str) -> list[str]:
    """Return all cards of a text, each with the comments behind it."""
    return [card for card in _CARD_AND_COMMENTS.findall(text) if card]


def is_comment(line: str) -> bool:
    """Whether a line is a comment as a whole."""
    return line.lstrip().startswith(("*", "#", "$"))


def without_comment(line: str) -> str:
    """Return a line of a card without the comment at its end."""
    comment = _COMMENT.search(line)
    return line[: comment.start()] if comment else line


def one_line(card: str) -> str:
    """Return a card in one line, without comments."""
    if "\n" not in card:
        return without_comment(card).strip()
    return _joined(without_comment(line) for line in card.split("\n"))


def commands_of(body: str) -> Iterator[str]:
    """Yield the commands of a `.control` section's text, each in one line, without comments."""
    for card in split_cards(body):
        lines = [_COMMENT_IN_CONTROL.split(line, maxsplit=1)[0] for line in card.split("\n")]
        if command := _joined(lines):
            yield command


def _joined(lines: Iterator[str] | list[str]) -> str:
    kept = (line.strip() for line in lines)
    return " ".join(line.removeprefix("+").strip() for line in kept if not is_comment(line)).strip()
