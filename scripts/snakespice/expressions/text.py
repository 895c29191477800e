"""The text of an expression: numbers, which SPICE writes as Python does not, and mistakes."""

from __future__ import annotations

import re
from typing import NamedTuple

from snakespice.base.quantity import parse_number

CONSTANTS = ("pi", "j")
_LONGEST = 2000  # characters
_TOKEN = re.compile(
    r""""[^"]*"|'[^']*'|(?<![\w.])(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[^\W\d_]*)(?!\w)"""
)


class Mistake(NamedTuple):
    """What is wrong with an expression, in which column of its text (from 1), and the remedy."""

    column: int
    wrong: str
    remedy: str = ""

    def __str__(self) -> str:
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"column {self.column}: {self.wrong}{remedy}"


class WrongExpression(Exception):
    """An expression is wrong, whatever the case; `mistakes` say where and why."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(str, mistakes)))


def with_plain_numbers(text: str) -> tuple[str, tuple[int, ...]]:
    """Return the text with numbers as Python has them: 10k is 10000.0.

    With it, for each byte of it and for its end, comes the place in the original.
    """
    if len(text) > _LONGEST:
        wrong = f"has {len(text)} characters, more than {_LONGEST}"
        raise WrongExpression([Mistake(1, wrong, "write a function into a measure file")])
    parts: list[str] = []
    places: list[int] = []
    mistakes = []

    def add(part: str, start: int, *, is_number: bool = False) -> None:
        parts.append(part)
        for offset, character in enumerate(part):
            places.extend([start if is_number else start + offset] * len(character.encode()))

    end = 0
    flat = re.sub(r"\s", " ", text)  # lines in YAML are none here
    for match in _TOKEN.finditer(flat):
        number = match["number"]
        if number is None:
            continue
        add(flat[end : match.start()], end)
        end = match.end()
        if fault := _number_fault(number):
            mistakes.append(Mistake(match.start() + 1, *fault))
        else:
            add(repr(parse_number(number)), match.start(), is_number=True)
    add(flat[end:], end)
    if mistakes:
        raise WrongExpression(mistakes)
    if not text.strip():
        raise WrongExpression([Mistake(1, "is empty")])
    plain = "".join(parts)
    shift = len(plain) - len(plain.lstrip())
    return plain.strip(), (*places[shift:], len(text))


def _number_fault(number: str) -> tuple[str, str] | None:
    suffix = number.lstrip("0123456789.")
    if suffix.startswith("M") and not suffix.lower().startswith(("meg", "mil")):
        digits = number.removesuffix(suffix)
        return f"{number} is milli to SPICE", f"write {digits}Meg or {digits}e6, or {digits}m"
    try:
        parse_number(number)
    except ValueError as fault:
        return str(fault), f"write {suffix} as a factor" if suffix in CONSTANTS else ""
    return None
