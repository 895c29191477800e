"""Measures: the numbers that ngspice prints for `.meas` cards and `meas` and `print` commands.

Format: ngspice manual, chapter ".MEAS"; a taken measure is `name = value ...`, a name longer
than 20 characters runs into the `=`; a failed one is announced in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from snakespice.base.quantity import parse_number
from snakespice.netlist.netlist import Measure

_TAKEN = re.compile(r"^([a-z_@][\w.#\[\]@()]*) *= +(\S+)", re.IGNORECASE)
_FAILED = re.compile(r"^\s*\.?meas(?:ure)? +\w+ +(\S+) .*failed!", re.IGNORECASE)
_FAILED_NAME = re.compile(r"^\s*(?:Error: )?measure\s+'?([^\s']+)'?\s+.*(?:failed|out of interval)")

_NO_VECTOR = re.compile(r"^Error: no such vector as '?(\S+?)'?\.?$", re.MULTILINE)
_WINDOW = re.compile(r"\b(from|to|at)\s*=\s*(\S+)")
PRINTED = 1e-6  # the precision of the places that ngspice prints with a measure


def read_measures(
    log: str, declared: Iterable[str], measures: Iterable[Measure]
) -> tuple[dict[str, float | None], list[str]]:
    """Return name -> number, or None where it was not taken, and a warning for each of those.

    `declared` are names that must be there, `measures` those of the netlist; declared ones come
    first and as they are written, the others in lower case. One that is printed several times has
    its last outcome.
    """
    texts = {measure.name: measure.text for measure in measures}
    names = {name.lower(): name for name in declared}
    names |= {name: name for name in texts if name not in names}
    values: dict[str, float | None] = dict.fromkeys(names.values())
    reasons: dict[str, str] = {}
    taken: dict[str, list[float | None]] = {}
    error = ""
    missing = [vector.lower() for vector in _NO_VECTOR.findall(log)]
    some_failed = "failed" in log.lower() or "out of interval" in log
    for line in log.splitlines():
        match = _TAKEN.match(line) if "=" in line else None
        if match and (name := names.get(match[1].lower())):
            why = _untrue(line, texts.get(name.lower(), ""), missing)
            values[name] = None if why else _number(match[2])
            reasons[name] = why or f"ngspice says {match[2]}"
            taken.setdefault(name, []).append(values[name])
        elif (
            some_failed
            and (failed := _FAILED.match(line) or _FAILED_NAME.match(line))
            and (name := names.get(failed[1].split("=")[0].lower()))
        ):
            values[name] = None
            reasons[name] = error or line.strip()
        if line.startswith("Error: "):
            error = line.strip()
        elif match:
            error = ""
    warnings = [
        f"measure {name} could not be taken: {reasons.get(name) or 'the log does not name it'}"
        for name, value in values.items()
        if value is None
    ]
    warnings += [
        f"measure {name} was taken {len(outcomes)} times; the last is reported"
        for name, outcomes in taken.items()
        if len(set(outcomes)) > 1
    ]
    return values, warnings


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
        return f"there are no data in its window ({line.strip()})"
    asked = {key: _asked(value) for key, value in _WINDOW.findall(text)}
    low, high = asked.get("from"), asked.get("to")
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
