"""Measures: the numbers that ngspice prints for `.meas` cards and `meas` and `print` commands.

Format: ngspice manual, chapter ".MEAS"; a taken measure is `name`, padded to 20 characters, and
`=  value ...`; a failed one is announced in words. `print` has one blank on each side of its `=`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from snakespice.base.quantity import parse_number
from snakespice.netlist.marks import SAYS, SNAKESPICE, TWIN
from snakespice.netlist.netlist import Measure
from snakespice.verdict import phrases
from snakespice.verdict.message import compose

_TAKEN = re.compile(phrases.MEASURE_TAKEN, re.IGNORECASE)
_FAILED = re.compile(phrases.MEASURE_FAILED, re.IGNORECASE)
_NO_VECTOR = re.compile(r"^Error: no such vector as '?(\S+?)'?\.?$", re.MULTILINE)
_OUTCOME = re.compile(phrases.MEASURE_OUTCOME, re.IGNORECASE)
_WHY = re.compile(r"^(?:Error: )?measure +\S+ +\S+ +: +(.+)|^Error: (no such .+)", re.IGNORECASE)
_FIRST = re.compile(r"^Error: no such vector|^\s*Undefined parameter|^\s*Formula\(\) error")
_WINDOW = re.compile(r"\b(from|to|at)\s*=\s*(\S+)")
_LET = re.compile(r"(?:let|set)\s+(\w+)[^=]*=(.*)", re.IGNORECASE)
_WORD = re.compile(r"\w+")
PRINTED = 1e-6  # the precision of the places that ngspice prints with a measure
_MOST_REASONS = 8  # lines


class Taken(NamedTuple):
    """What a log says of measures.

    `values`: name to number, or None where it was not taken. `warnings`: why not, and what else is
    odd. `unknown`: what could not be taken at least once, and what is computed from it; lower-case.
    """

    values: dict[str, float | None]
    warnings: list[str]
    unknown: frozenset[str]


def read_measures(
    log: str,
    declared: Iterable[str],
    measures: Iterable[Measure],
    commands: Sequence[str] = (),
) -> Taken:
    """Read the measures in a log.

    `declared` are names that must be there, `measures` those of the netlist; declared ones come
    first and as they are written, the others in lower case. One that is printed several times has
    its last outcome. `commands` are those of the netlist's `.control` sections.
    """
    texts = {measure.name: measure.text for measure in measures}
    names = {name.lower(): name for name in declared}
    names |= {name: name for name in texts if name not in names}
    reading = _Reading(log, names, texts)
    reading.read()
    values = {name: reading.value(name) for name in names.values()}
    unknown = _computed_from({name.lower() for name in reading.failed}, commands)
    warnings = [
        f"measure {name} could not be taken: {_reason(name, reading, unknown, commands)}"
        for name, value in values.items()
        if value is None
    ]
    warnings += [
        f"measure {name} was taken {len(outcomes)} times; the last is reported"
        for name, outcomes in reading.taken.items()
        if len(set(outcomes)) > 1
    ]
    return Taken(values, warnings, unknown)


def _reason(name: str, reading: _Reading, unknown: frozenset[str], commands: Sequence[str]) -> str:
    if why := reading.reasons.get(name):
        return why
    if name.lower() in unknown and (cause := _cause(name.lower(), unknown, commands)):
        return f"it is computed from {cause}"
    return "the log does not name it"


@dataclass
class _Reading:
    """A log, read line by line: the outcomes of each measure, and why it was not taken."""

    log: str
    names: dict[str, str]
    texts: dict[str, str]
    taken: dict[str, list[float | None]] = field(default_factory=dict)
    printed: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    twins: dict[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """Return the last outcome; what is printed counts where no measure of the name ran."""
        if name in self.taken:
            return self.taken[name][-1]
        return None if name in self.failed else self.printed.get(name)

    def read(self) -> None:
        """Read all lines."""
        self._missing = [vector.lower() for vector in _NO_VECTOR.findall(self.log)]
        some_failed = "failed!" in self.log
        lines = self.log.splitlines()
        since = 0  # where what is said of the next measure begins
        silent = False
        for number, line in enumerate(lines):
            if line.startswith(SNAKESPICE):
                silent = line.startswith(SAYS)
                since = number + 1
            elif silent:
                continue
            elif "=" in line and (match := _TAKEN.match(line)):
                name = match[1].lower()
                if name in self.names:
                    self._take(self.names[name], line, match[2], lines[since:number])
                elif name.startswith(TWIN):
                    self.twins.setdefault(name.removeprefix(TWIN), []).append(match[2])
                since = number + 1
            elif some_failed and (found := _FAILED.match(line)):
                if name := self.names.get(found[1].split("=")[0].lower(), ""):
                    self._fail(name, _why(lines, since, number))
                since = number + 1

    def _take(self, name: str, line: str, text: str, above: Sequence[str]) -> None:
        own = self.texts.get(name.lower())
        if not _OUTCOME.match(line):
            self.printed[name] = _number(text)
            return
        value, why = _number(self._exact(name, text)), _untrue(line, own or "", self._missing)
        if why or value is None:
            said = next((line.strip() for line in above if _FIRST.match(line)), "")
            why = why or said or f"ngspice says {text}"
            self._fail(name, why)
        else:
            self.taken.setdefault(name, []).append(value)

    def _fail(self, name: str, why: str) -> None:
        self.taken.setdefault(name, []).append(None)
        self.failed.add(name)
        self.reasons[name] = why

    def _exact(self, name: str, text: str) -> str:
        """Return the number with the digits that the same measure has as a card: see instrument."""
        value = _number(text)
        for exact in reversed(self.twins.get(name.lower(), [])):
            number = _number(exact)
            if value is not None and number is not None and f"{number:e}" == f"{value:e}":
                return exact
        return text


def _why(lines: Sequence[str], since: int, number: int) -> str:
    """Return what ngspice says of a measure that failed on the line `number`.

    The warm engine's log lacks blank lines and the beginning of some messages: what is said must
    be in both.
    """
    above = [line.strip() for line in lines[max(since, number - _MOST_REASONS) : number]]
    if first := next((line for line in above if _FIRST.match(line)), ""):
        return first.removeprefix("Error: ").rstrip(".")
    for line in reversed(above):
        if line and not line.endswith((":", "failed")):
            found = _WHY.match(line)
            return (found[1] or found[2]) if found else line
    return compose(lines, number)


def _computed_from(names: set[str], commands: Sequence[str]) -> frozenset[str]:
    """Return these names and those of what is computed from them."""
    found = set(names)
    if not found:
        return frozenset()
    for _ in range(2):  # in a loop what is used may be computed further down
        for command in commands:
            if (match := _LET.match(command)) and found & set(_WORD.findall(match[2].lower())):
                found.add(match[1].lower())
    return frozenset(found)


def _cause(name: str, unknown: frozenset[str], commands: Sequence[str]) -> str:
    for command in commands:
        if (match := _LET.match(command)) and match[1].lower() == name:
            words = _WORD.findall(match[2].lower())
            if cause := next((word for word in words if word in unknown), ""):
                return cause
    return ""


def _untrue(line: str, text: str, missing: list[str]) -> str:
    """Return why a printed value is none, or nothing.

    ngspice prints 0 for a measure of a vector that does not exist, and for one over a window
    outside of the data.
    """
    if vector := next((vector for vector in missing if vector in text), None):
        return f"there is no {vector}"
    printed = dict(_WINDOW.findall(line))
    if "nan" in printed.values():
        return f"there are no data in its window ({line.strip()})"
    numbers = {key: _number(value) for key, value in printed.items()}
    first, last, at = numbers.get("from"), numbers.get("to"), numbers.get("at")
    if first is not None and last is not None and first > last:
        # A sweep can go downwards, and has them so; without data the value is 0.
        taken = _TAKEN.match(line)
        is_zero = taken is not None and _number(taken[2]) == 0
        if is_zero or text.split()[1:2] != ["dc"]:
            return f"there are no data in its window ({line.strip()})"
    asked = {key: _asked(value) for key, value in _WINDOW.findall(text)}
    low, high = asked.get("from"), asked.get("to")
    if low is not None and high is not None and low > high:
        low, high = high, low
    outside = at is not None and (
        (low is not None and at < low - abs(low) * PRINTED)
        or (high is not None and at > high + abs(high) * PRINTED)
    )
    return f"it lies outside of its window ({line.strip()})" if outside else ""


def _asked(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
