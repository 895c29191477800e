"""What to write instead of `linspace(0, 1, 5)`, `0:0.1:1` or `1..5`, which are texts to YAML."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal

from snakespice.base.quantity import format_number, parse_number
from snakespice.config.generators import GENERATORS

# What others call a generator of ours.
_OTHER_NAMES = {
    **{"linspace": "range", "lin": "range", "linear": "range"},
    **{"geomspace": "logspace", "log": "logspace", "logarithmic": "logspace"},
    **{"arange": "step", "steps": "step"},
}
_CALL = re.compile(r"(?:np\.|numpy\.)?([a-z]+)\(([^()]*)\)")
_COLONS = re.compile(r"([^:\s]+):([^:\s]+)(?::([^:\s]+))?")
_DOTS = re.compile(r"(.+?)\s*\.\.\.?\s*(.+)")
_NUMPY_NUM = "50"  # what numpy takes where nothing says how many
_LARGEST_EXPONENT = 30  # of ten, in what numpy's logspace is given: more are values


def advise_values(text: str) -> str:
    """Return how to write the values of a parameter that somebody wrote as this text."""
    text = text.strip()
    if is_generator(text):
        return generator_for(text)
    if mapping := as_generator(text):
        return mapping
    inner = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
    parts = [part.strip() for part in inner.split(",")]
    if all(map(_is_number, inner.split())):
        parts = inner.split()
    plain = all(re.fullmatch(r"[\w.+-]+", part) for part in parts)
    quoted = text.replace("'", "''")
    return f"[{', '.join(parts)}]" if plain else f"['{quoted}']"


def generator_for(text: str) -> str:
    """Return the mapping that generates what a text means, or what one looks like."""
    return as_generator(text) or "{type: range, start: ..., stop: ..., num: ...}"


def as_generator(text: str) -> str | None:
    """Return the mapping that generates what `text` means in Python, numpy or Matlab; else None.

    It holds: the mapping was tried.
    """
    for form, read in _FORMS:
        if match := form.fullmatch(text.strip()):
            try:
                kind, *values = read(*match.groups(default=""))
                keys = ("start", "stop", "step" if kind == "step" else "num")
                mapping = dict(zip(keys, values, strict=True))
                GENERATORS.make({"type": kind, **mapping})
            except (ArithmeticError, KeyError, TypeError, ValueError):  # it means nothing after all
                return None
            return f"{{type: {kind}, {', '.join(f'{k}: {v}' for k, v in mapping.items())}}}"
    return None


def is_generator(text: str) -> bool:
    """Tell whether a text can only mean generated values: `linspace(0, 1, 5)`, `1..5`.

    `1:5` can also be a ratio.
    """
    if match := _CALL.fullmatch(text.strip()):
        return match[1] in _CALLS
    return ".." in text and as_generator(text) is not None


def kind_for(name: str) -> str | None:
    """Return what is called so elsewhere (`linspace`) and has another name here (`range`)."""
    return _OTHER_NAMES.get(name)


Generator = tuple[str, str, str, str]  # its type, start and stop, and step or num


def _call(name: str, inside: str) -> Generator:
    arguments = [argument.partition("=")[2] or argument for argument in inside.split(",")]
    return _CALLS[name](*(argument.strip() for argument in arguments))


def _range(first: str, stop: str = "", third: str = "1") -> Generator:
    """Python's range, which leaves out its stop; or, with other numbers, what it is called here."""
    if all(re.fullmatch(r"[+-]?\d*", text) for text in (first, stop, third)):
        return _arange(first, stop, third)
    return ("range" if third.isdigit() and int(third) > 1 else "step"), first, stop, third


def _arange(first: str, stop: str = "", step: str = "1") -> Generator:
    start, end = (first, stop) if stop else ("0", first)
    low, high, apart = map(_decimal, (start, end, step))
    last = low + apart * (math.ceil((high - low) / apart) - 1)
    return "step", start, format_number(float(last)), step


def _logspace(start: str, stop: str, num: str = _NUMPY_NUM) -> Generator:
    """Numpy's logspace, which is given exponents of ten; what cannot be exponents are values."""
    powers = [_decimal(start), _decimal(stop)]
    if max(map(abs, powers)) > _LARGEST_EXPONENT or not _is_plain(start + stop):
        return "logspace", start, stop, num
    first, last = (format_number(float(10**power)) for power in powers)
    return "logspace", first, last, num


def _linspace(start: str, stop: str, num: str = _NUMPY_NUM) -> Generator:
    return "range", start, stop, num


def _geomspace(start: str, stop: str, num: str = _NUMPY_NUM) -> Generator:
    return "logspace", start, stop, num


def _colons(first: str, second: str, third: str) -> Generator:
    """Matlab's start:stop and start:step:stop, with both ends."""
    return "step", first, third or second, second if third else "1"


def _dots(first: str, last: str) -> Generator:
    return "step", first, last, "1"


_CALLS: dict[str, Callable[..., Generator]] = {
    "linspace": _linspace,
    "geomspace": _geomspace,
    "logspace": _logspace,
    "arange": _arange,
    "range": _range,
}
_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Generator]], ...] = (
    (_CALL, _call),
    (_COLONS, _colons),
    (_DOTS, _dots),
)


def _decimal(text: str) -> Decimal:
    return Decimal(repr(parse_number(text)))


def _is_plain(text: str) -> bool:
    return not text.strip("+-.0123456789")


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True
