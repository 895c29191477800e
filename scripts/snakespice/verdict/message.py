"""One line for a person from what ngspice says in several."""

from __future__ import annotations

import re
from collections.abc import Sequence

from snakespice.verdict import phrases

MESSAGE_LIMIT = 400
_LONGEST_CARD = 160
_LINES_ABOVE = 4
_LINES_BELOW = 6
_CONTEXT = "|".join(f"(?:{pattern})" for pattern in phrases.CONTEXT)
_DIGITS = re.compile(r"\d+")
_GOES_ON = re.compile("|".join(f"(?:{pattern})" for pattern in phrases.GOES_ON))
_LINE_NUMBER = re.compile(r"^(?:Error in )?[Nn]etlist line no\.")
_ENDS = re.compile(
    r"^(?:Circuit:|snakespice:|Doing analysis|No\. of Data Rows|Note: |\s*Measurements for"
    r"|\s*Simulation interrupted|(?:binary|ASCII) raw file|ERROR: fatal error in ngspice|ngspice-)"
)


def compose(lines: Sequence[str], number: int) -> str:
    """Return the line joined to what it is about, above, and to what it announces, below."""
    first = last = number
    for above in range(number, max(number - _LINES_ABOVE, -1), -1):
        if re.search(_CONTEXT, lines[above]):
            first = above
            break
        if not lines[above].strip():
            break
    goes_on_anyhow = bool(
        lines[number].rstrip().endswith(":")
        or re.match(phrases.ERROR_ON_LINE, lines[first])
        or _LINE_NUMBER.match(lines[number])
        or lines[number].startswith("PPerror")
    )
    while last + 1 < min(len(lines), number + _LINES_BELOW) and lines[last + 1].strip():
        is_first = last == number and lines[number].rstrip().endswith((",", " line"))
        if not (goes_on(lines[last + 1]) or is_first or goes_on_anyhow):
            break
        if _ENDS.match(lines[last + 1]):
            break
        last += 1
    parts = [line.strip() for line in lines[first : last + 1]]
    return " ".join(map(_shortened, filter(None, parts)))


def placed(text: str, number: int) -> str:
    """Return a message with its place in the log; lines are counted from 0 here."""
    return f"{text[:MESSAGE_LIMIT]} (ngspice.log, line {number + 1})"


def goes_on(line: str) -> bool:
    """Whether a line goes on with the line above."""
    return bool(_GOES_ON.search(_DIGITS.sub("0", line)))


def _shortened(line: str) -> str:
    """Return a long line without its middle, so that what follows it has room."""
    if len(line) <= _LONGEST_CARD:
        return line
    half = _LONGEST_CARD // 2 - 2
    return f"{line[:half]} ... {line[-half:]}"
