"""Measures: the numbers that ngspice prints for `.meas` cards and `meas` and `print` commands.

Format: ngspice manual, chapter ".MEAS"; a taken measure is `name = value ...`, a name longer
than 20 characters runs into the `=`; a failed one is announced in words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

_TAKEN = re.compile(r"^([a-z_@][\w.#\[\]@()]*) *= +(\S+)", re.IGNORECASE)
_FAILED = re.compile(r"^\s*\.?meas(?:ure)? +\w+ +(\S+) .*failed!", re.IGNORECASE)
_FAILED_NAME = re.compile(r"^\s*(?:Error: )?measure\s+'?([^\s']+)'?\s+.*(?:failed|out of interval)")


def read_measures(log: str, names: Iterable[str]) -> tuple[dict[str, float | None], list[str]]:
    """Return name -> number, or None where it was not taken, and a warning for each of those.

    A measure that is printed several times has its last outcome. Names are compared without
    regard to case, as ngspice prints them lower-case.
    """
    wanted = {name.lower(): name for name in names}
    values: dict[str, float | None] = dict.fromkeys(wanted.values())
    reasons: dict[str, str] = {}
    times: dict[str, int] = {}
    reason = ""
    for line in log.splitlines():
        if match := _TAKEN.match(line):
            name = wanted.get(match[1].lower())
            if name is not None:
                values[name] = _number(match[2])
                reasons[name] = "" if values[name] is not None else f"ngspice says {match[2]}"
                times[name] = times.get(name, 0) + 1
        elif match := _FAILED.match(line) or _FAILED_NAME.match(line):
            name = wanted.get(match[1].split("=")[0].lower())
            if name is not None:
                values[name] = None
                reasons[name] = reason or line.strip()
        if line.lower().startswith("error: "):
            reason = line.strip()
        elif not line.strip():
            reason = ""
    warnings = [
        f"measure {name} could not be taken: {reasons.get(name) or 'the log does not name it'}"
        for name, value in values.items()
        if value is None
    ]
    warnings += [
        f"measure {name} was taken {count} times; the last is reported"
        for name, count in times.items()
        if count > 1
    ]
    return values, warnings


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
