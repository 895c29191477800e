"""SPICE numbers: what `4.7k` is worth, and parameter values that compute with it in templates."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

# Decimal exponents of the scales. `mil` is a thousandth of an inch, no power of ten: see _MIL.
_EXPONENT = {
    "t": 12,
    "g": 9,
    "meg": 6,
    "k": 3,
    "": 0,
    "m": -3,
    "u": -6,
    "µ": -6,
    "n": -9,
    "p": -12,
    "f": -15,
    "mil": 0,
}
_MIL = 25.4e-6  # m
# A number in lower case: mantissa, exponent, scale, unit.
# ngspice skips any letters after the scale; only units are let through, so that `1Ok` is no number.
# The scale is atomic, `(?>...)`: as in ngspice a letter that can be a scale is one, and is never
# given back to be the first of a unit. `1farad` is 1e-15 to ngspice; otherwise it would be 1 here.
# (As `arad` is no unit, it is refused.)
_NUMBER = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:e([+-]?[0-9]+))?"
    r"(?>(meg|mil|[tgkmuµnpfa])?)"
    r"(?:ohms?|ω|v|volts?|a|amps?|f|farad|h|henry|hz|s|sec|w|watts?|m|c|deg|degc|db)?"
)

_KELVIN = "\u212a"  # in lower case it becomes a `k`, which it is not to ngspice
_INTEGER = re.compile(r"[+-]?[0-9]+")  # no suffix and no point: whole in a template, too


def parse_number(text: str) -> float:
    """Return what ngspice reads in `text`, without unit (`10pF` is 1e-11, `1M` is 1e-3).

    Raises ValueError where `text` is no number, or one that is read in more than one way: the
    suffix `a` is a unit (ampere) up to ngspice 41 and atto (1e-18) from 42 on.
    """
    match = _NUMBER.fullmatch(text.lower())
    if not match or _KELVIN in text:
        raise ValueError(f'"{text}" is not a SPICE number')
    mantissa, exponent, scale = match[1], int(match[2] or 0), match[3] or ""
    if scale == "a":
        raise ValueError(f'"{text}" means ampere to ngspice 41, and atto to 42: write 1 or 1e-18')
    # One conversion from decimal, so that `4.7n` equals `4.7e-9` to the last bit.
    number = float(f"{mantissa}e{exponent + _EXPONENT[scale]}")
    if scale == "mil":
        number *= _MIL
    if math.isinf(number):
        raise ValueError(f'"{text}" is too large a number')
    return number


def match_key(text: str) -> float | str:
    """Return a key that is equal for texts that mean the same: `1k`, `1000` and `1e3`."""
    try:
        return parse_number(text)
    except ValueError:
        return str(text)


def format_number(number: float) -> str:
    """Return the shortest decimal text that reads back as `number`, integers without `.0`."""
    text = repr(number)
    return text.removesuffix(".0")


_Operator = Callable[[Any, Any], Any]


def _forward(compute: _Operator) -> Any:
    def method(self: Value, other: object) -> Any:
        number = _operand(other)
        return NotImplemented if number is None else compute(self.number, number)

    return method


def _reflected(compute: _Operator) -> Any:
    def method(self: Value, other: object) -> Any:
        number = _operand(other)
        return NotImplemented if number is None else compute(number, self.number)

    return method


class Value(str):
    """A parameter value: prints exactly as written, computes as the SPICE number that it is.

    Arithmetic, ordering, truth (`0` is false) and `==` with a number use the number: an int where
    an integer is written, else a float. `==` with text compares text, and `+` with text joins
    text. Computing with a value that is no number raises TypeError.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    @property
    def number(self) -> int | float:
        """The SPICE number, without unit. Raises TypeError where the text is none."""
        try:
            return int(str(self)) if _INTEGER.fullmatch(self) else parse_number(self)
        except ValueError as error:
            raise TypeError(f"{error}; it cannot be used to compute") from None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Value):
            return match_key(self) == match_key(other)
        if isinstance(other, (int, float)):
            return match_key(self) == other
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __lt__ = _forward(operator.lt)
    __le__ = _forward(operator.le)
    __gt__ = _forward(operator.gt)
    __ge__ = _forward(operator.ge)
    __sub__, __rsub__ = _forward(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _forward(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _forward(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _forward(operator.floordiv), _reflected(operator.floordiv)
    __pow__, __rpow__ = _forward(operator.pow), _reflected(operator.pow)
    __mod__ = _forward(operator.mod)

    def __add__(self, other: object) -> Any:
        if isinstance(other, str) and not isinstance(other, Value):
            return str.__add__(self, other)
        return _forward(operator.add)(self, other)

    def __radd__(self, other: object) -> Any:
        if isinstance(other, str):
            return str.__add__(other, self)
        return _reflected(operator.add)(self, other)

    def __rmod__(self, other: object) -> Any:
        if isinstance(other, str):  # "%.3g" % value is formatting
            return str.__mod__(other, (self,))
        return _reflected(operator.mod)(self, other)

    def __neg__(self) -> int | float:
        return -self.number

    def __pos__(self) -> int | float:
        return self.number

    def __abs__(self) -> int | float:
        return abs(self.number)

    def __round__(self, digits: int | None = None) -> int | float:
        return round(self.number, digits)

    def __float__(self) -> float:
        return float(self.number)

    def __int__(self) -> int:
        return int(self.number)

    def __index__(self) -> int:
        if isinstance(self.number, int):
            return self.number
        raise TypeError(f'"{self}" is not an integer')

    def __bool__(self) -> bool:
        return match_key(self) not in ("", 0)

    def __format__(self, spec: str) -> str:
        try:
            return str.__format__(self, spec)
        except ValueError:  # a spec for numbers, such as ".3e"
            return format(self.number, spec)


def _operand(other: object) -> int | float | None:
    """Return `other` as a number, None where it is not for `Value` to compute with it."""
    if isinstance(other, str):
        return Value(other).number
    return other if isinstance(other, (int, float)) else None
