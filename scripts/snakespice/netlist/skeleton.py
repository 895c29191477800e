"""A netlist taken apart: its skeleton, and the numbers that could as well be parameters.

Where ngspice would not read a parameter just as it reads a number, the number belongs to the
skeleton. What is so was found by trying, with ngspice 39: see tests/warm/test_numbers.py.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from snakespice.netlist.analyses import ANALYSES
from snakespice.netlist.cards import is_comment, lines_of, split_cards, without_comment

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*"
_HOW = re.IGNORECASE | re.ASCII  # the sign for kelvin is a `k` to Unicode, and not to ngspice
_ASSIGNED = re.compile(rf"=(\s*)([+-]?{_NUMBER})(?=[\s;]|$)", _HOW)
_PLAIN = re.compile(rf"((?:^|(?<=[\s=(,])))([+-]?{_NUMBER})(?=[\s),;]|$)", _HOW)
_ARGUMENT = re.compile(rf"([(,]\s*)({_NUMBER})(?=\s*[),])", _HOW)
_TERM = re.compile(rf"((?<![\w.]))({_NUMBER})(?![\w.(])", _HOW)
_EXPRESSION = re.compile(r"\{[^{}]*\}|'[^']*'")
# After an operator, ngspice 39 carries a minus to the next number, past parameters on the way.
_CARRIED_SIGN = re.compile(r"[-+*/^?:<>=!&|%\\]\s*-")
_QUOTED = re.compile(r'"[^"]*"')
_OF_THE_SOLUTION = re.compile(r"\b(?:v|i)\s*\(|\b(?:temper|time|hertz|freq)\b", re.IGNORECASE)
_SEED = re.compile(r"\bseed\s*=\s*([1-9]\d*)(?=\s|$)", _HOW)
_ASSIGNING = frozenset(["param", "parameter", "subckt", "x"])
_DOT_CARDS = ANALYSES | frozenset(  # not .options: it reads numbers and expressions differently
    ["temp", "model", "ic", "nodeset", "if", "elseif", "meas", "measure"]
)
# In some modes ngspice picks the models of an instance while it reads it, if these are numbers.
_SIZE = re.compile(r"\b(?:w|l|nf)\s*=\s*$", _HOW)
_WORD = re.compile(r"[^\s(),=]+")
_NODES = dict.fromkeys("rclvifhdw", 2) | dict.fromkeys("egst", 4)
_OFTEN_SEEN = 1000  # characters; longer cards are not remembered from case to case
_NO_VALUES = 1000  # of other elements any number may be a node
# What ngspice takes for a title and nothing else; any other is part of what has to be the same.
_TITLE = re.compile(r"(?:[a-z]|\*(?!#))", _HOW)


@dataclass(frozen=True)
class Text:
    """A netlist taken apart: its skeleton, and the numbers that stand between its parts."""

    title: str
    parts: tuple[str, ...]
    kinds: str
    numbers: tuple[str, ...]
    seed: str | None
    obstacle: str

    @property
    def skeleton(self) -> bytes:
        """What stands for all but the title, if it is only that, the numbers and the seed."""
        title = "" if _TITLE.match(self.title) else f"{self.title}\n"
        whole = "\0".join((title, *self.parts, self.kinds, str(self.seed is None)))
        return hashlib.sha256(whole.encode()).digest()


class ParseMode(NamedTuple):
    """What decides how ngspice reads a card, beside the card.

    `has_sizes`: it picks the models of an instance by its size. `has_functions`: expressions may
    depend on the circuit's solution without saying so.
    """

    has_sizes: bool
    has_functions: bool


def split_numbers(text: str, reading: ParseMode) -> Text:
    """Take a netlist apart."""
    title, _, rest = text.partition("\n")
    parts, kinds, numbers = [""], [], []
    seeds: list[str] = []
    kind = ""
    depth = 0  # of definitions of subcircuits
    for card in split_cards(rest):
        kind = _kind(card.lstrip(), kind)
        if kind in ("subckt", "ends"):
            depth += 1 if kind == "subckt" else -1
        elif kind in ("option", "options"):
            card = _without_seeds(card, kind, seeds)
        pieces = _known_pieces if len(card) <= _OFTEN_SEEN else _pieces
        for before, number_kind, number in pieces(card, kind, depth > 0, reading):
            parts[-1] += before
            if number_kind:
                kinds.append(number_kind)
                numbers.append(number)
                parts.append("")
    obstacle = "it sets several seeds" if len(seeds) > 1 else ""
    if "*#" in rest and any(line.lstrip().startswith("*#") for line in rest.split("\n")):
        obstacle = "it has commands in *# lines"
    return Text(
        title,
        tuple(parts),
        "".join(kinds),
        tuple(numbers),
        seeds[0] if seeds else None,
        obstacle,
    )


def _without_seeds(card: str, kind: str, seeds: list[str]) -> str:
    """Move the seeds that a card sets to `seeds`."""
    lines = []
    for line in lines_of(card):
        if seed := not line.lstrip().startswith(("*", "#", "$")) and _SEED.search(
            without_comment(line)
        ):
            seeds.append(seed[1])
            line = line[: seed.start()] + line[seed.end() :]
            if line.split() == [f".{kind}"]:
                line = "*\n"
        lines.append(line)
    return "".join(lines)


def _pieces(
    card: str, kind: str, in_subcircuit: bool, reading: ParseMode
) -> tuple[tuple[str, str, str], ...]:
    """Take a card apart, as `_numbers` does a line; of comments nothing is left."""
    found: list[tuple[str, str, str]] = []
    is_fixed = _is_fixed(card, kind, reading.has_functions)
    nodes = _nodes(kind) if in_subcircuit else 0
    for line in lines_of(card):
        if is_comment(line):
            found.append(("*\n", "", ""))
        elif is_fixed:
            found.append((line, "", ""))
        else:
            start = len(line) - len(line.lstrip(" \t+"))
            ends = [word.end() for word in islice(_WORD.finditer(line, start), nodes)]
            nodes -= len(ends)
            found += _numbers(line, kind, ends[-1] if ends else 0, reading)
    return tuple(found)


_known_pieces = lru_cache(maxsize=4096)(_pieces)


def _nodes(kind: str) -> int:
    """Return how many words of a card, with the first, are no value.

    In a subcircuit, a parameter in the place of a node is a node of its own.
    """
    if kind in ("ic", "nodeset"):
        return _NO_VALUES
    return 1 + _NODES.get(kind, _NO_VALUES) if len(kind) == 1 else 0


def _is_fixed(card: str, kind: str, has_functions: bool) -> bool:
    """Tell whether another parser works out a card's numbers, which rounds in its own way.

    So it is with behavioural sources, and with all that ngspice makes one of.
    """
    if kind == "b":
        return True
    if kind in ("e", "f", "g", "h"):
        return any(mark in card for mark in "={'")
    if kind in ("r", "c", "l"):
        has_expression = "{" in card or "'" in card
        return bool(_OF_THE_SOLUTION.search(card)) or (has_functions and has_expression)
    return kind in ("meas", "measure") and "par(" in card.lower()


def _kind(line: str, previous: str) -> str:
    """Return the card's word without its dot, or the element's letter; `previous` of a `+` line."""
    first = line[:1].lower()
    if first == ".":
        return line[1:].split(None, 1)[0].lower() if line[1:].strip() else ""
    if first == "+":
        return previous
    return first if first.isalpha() else previous


def _numbers(line: str, kind: str, values: int, reading: ParseMode) -> list[tuple[str, str, str]]:
    """Take a line apart: (text before, kind of number, number), the last without a number.

    Kinds: `n` is the whole value of an assignment, `e` a term of an expression, `s` any other.
    Before the place `values` only what is assigned is one.
    """
    is_element = len(kind) == 1
    if not (is_element or kind in _ASSIGNING or kind in _DOT_CARDS):
        return [(line, "", "")]
    found: list[tuple[int, int, str]] = []
    quoted = [match.span() for match in _QUOTED.finditer(line)]
    expressions = [match.span() for match in _EXPRESSION.finditer(line)]
    conditional = kind in ("if", "elseif")
    if kind == "model" or not reading.has_functions:
        for start, end in [(0, len(line))] if conditional else expressions:
            if not (
                _OF_THE_SOLUTION.search(line, start, end) or _CARRIED_SIGN.search(line, start, end)
            ):
                found += [(*match.span(2), "e") for match in _TERM.finditer(line, start, end)]
    if kind in _ASSIGNING:
        outside = [(_ASSIGNED, "n")] + ([(_ARGUMENT, "e")] if kind.startswith("param") else [])
    else:
        outside = [] if conditional else [(_PLAIN, "s")]
    for pattern, number_kind in outside:
        found += [
            (*match.span(2), number_kind)
            for match in pattern.finditer(line)
            if not any(start <= match.start(2) < end for start, end in expressions)
            and (match.start(2) >= values or line[: match.start(2)].rstrip().endswith("="))
            and not (reading.has_sizes and kind == "x" and _SIZE.search(line, 0, match.start(2)))
        ]
    pieces, position = [], 0
    for start, end, number_kind in sorted(found):
        if start >= position and not any(first <= start < last for first, last in quoted):
            pieces.append((line[position:start], number_kind, line[start:end]))
            position = end
    return [*pieces, (line[position:], "", "")]
