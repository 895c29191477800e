"""Rows of CSV that do no harm in a spreadsheet, which takes some texts for formulas.

A text that begins like a formula and is no number gets an apostrophe in front
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from snakespice.base.quantity import parse_number

_SIGNS = "=+-@\t\n\uff1d\uff0b\uff0d\uff20"  # the last four are wide = + - @
_FORMULA = tuple(_SIGNS)
# What was put in front is this; a text that looked as if it was gets one, too.
HARMLESS = rf"^'('*[{_SIGNS.replace('-', '')}-])"
_ALREADY = re.compile(HARMLESS)


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(_harmless, rows))
    return text.getvalue()


def as_written(cell: str) -> str:
    """Return the text that `as_csv` wrote as this one."""
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in _FORMULA)) else cell


def _harmless(row: Sequence[Any]) -> list[Any]:
    return [_text(cell) if isinstance(cell, str) else cell for cell in row]


def _text(cell: str) -> str:
    if "\r" in cell:  # csv leaves it without quotes
        cell = cell.replace("\r", " ")
    if cell[:1] == "'" and _ALREADY.match(cell):
        return f"'{cell}"
    if not cell.startswith(_FORMULA):
        return cell
    try:
        parse_number(cell)
    except ValueError:
        return f"'{cell}"
    return cell
