"""Numbers as designers write limits and read results: `1.2k`, `5mV`, `17.1 MHz`.

These are not SPICE's numbers (see `quantity`). Where people and SPICE read a text differently, as
`20M`, it is refused and has to be written in another way.
"""

from __future__ import annotations

import math
import re

_SCALES = {"T": 12, "G": 9, "Meg": 6, "k": 3, "": 0, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
# Other ways to write the same; the two signs for micro look alike.
_SAME = {"t": "T", "g": "G", "meg": "Meg", "MEG": "Meg", "K": "k"}
_SAME |= {"U": "u", "\u00b5": "u", "\u03bc": "u", "N": "n"}
_WITH_PREFIX = ("V", "A", "W", "Hz", "s", "F", "H", "S", "J", "Ohm", "ohm", "\u03a9")
_WITHOUT_PREFIX = ("dB", "dBm", "dBc", "%", "ppm", "deg", "\u00b0", "rad")
_PREFIXES = {9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "\u00b5", -9: "n", -12: "p", -15: "f"}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+))?\s*(.*)")
_DIGITS = 4


def parse_engineering(text: str, unit: str = "") -> tuple[float, str]:
    """Return the number in `text` and its unit, which is `unit` where it names none.

    Raises ValueError, which says how to write it, for text that is no number, that is read in more
    than one way, or that is in another unit.
    """
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError(f'"{text}" is not a number')
    mantissa, exponent, rest = match[1], int(match[2] or 0), match[3]
    known = (unit, *_WITH_PREFIX, *_WITHOUT_PREFIX)
    named = max((u for u in known if rest.endswith(u) and rest != "m"), key=len, default="")
    scale = rest.removesuffix(named).strip()
    if scale == "M":
        meant = f"{mantissa}e{exponent + 6}{named}"
        meant = meant if exponent else f"{mantissa}Meg{named} or {meant}"
        raise ValueError(f'"{text}" is mega to people and milli to SPICE: write {meant}')
    scale = _SAME.get(scale, scale)
    if scale not in _SCALES:
        hint = "a decimal point is a point" if "," in rest else f'"{rest}" is not known'
        raise ValueError(f'"{text}" is not a number and a unit: {hint}')
    if unit and named not in ("", unit):
        raise ValueError(f'"{text}" is not in {unit}, as the measure is')
    number = float(f"{mantissa}e{exponent + _SCALES[scale]}")
    if math.isinf(number):
        raise ValueError(f'"{text}" is too large a number')
    return number, unit or named


def format_engineering(number: float, unit: str = "") -> str:
    """Return a number for people, of four digits: `17.1 MHz`, `-4.2 mV`, `60.3 dB`, `1.2e-9`.

    NaN is an empty text.
    """
    if math.isnan(number):
        return ""
    if not math.isfinite(number) or not number:
        return f"{number:g} {unit}".rstrip()
    mantissa, power = f"{number:.{_DIGITS - 1}e}".split("e")
    exponent = int(power) // 3 * 3
    shifted = f"{float(f'{mantissa}e{int(power) - exponent}'):g}"
    if unit.startswith(_WITH_PREFIX) and not unit.startswith(_WITHOUT_PREFIX):
        if exponent in _PREFIXES:
            return f"{shifted} {_PREFIXES[exponent]}{unit}"
    elif -3 <= exponent <= 3:
        return f"{float(f'{mantissa}e{power}'):g} {unit}".rstrip()
    return f"{shifted}e{exponent} {unit}".rstrip()
