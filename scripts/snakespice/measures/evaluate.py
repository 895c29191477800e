"""An expression that was checked, worked out for a case. See expressions.syntax for what it can be.

Only what is written here is done for a node of the tree: there is no way from an expression to
anything else of Python.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from snakespice.expressions.functions import SOURCES, Function, Kind
from snakespice.expressions.syntax import Expression
from snakespice.measures.signal import Misuse, NotTaken, Signal
from snakespice.measures.waveforms import Case

_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CONSTANTS = {"pi": math.pi, "j": 1j}

Call = tuple[Function, Callable[..., Any]]


class At(Exception):
    """What went wrong, with the column of the expression where it did."""

    def __init__(self, column: int, fault: Exception) -> None:
        self.column = column
        self.fault = fault
        super().__init__(f"column {column}: {fault}")


def evaluate(expression: Expression, case: Case, functions: Mapping[str, Call]) -> dict[str, float]:
    """Return the numbers of an expression by name; by the empty name where it has one only.

    Raises NotTaken where it cannot be taken of this case, and At with the column where the
    expression is wrong (Misuse), where a function raised, or the raw file cannot be read.
    """
    walk = _Walk(expression, case, functions)
    with np.errstate(all="ignore"):
        result = walk.value(expression.tree)
    if isinstance(result, Mapping):
        numbers = dict(result)
        if set(numbers) != set(expression.units):
            names = ", ".join(expression.units)
            fault = Misuse(f"gives {', '.join(map(str, numbers))}; its mark names {names}")
            raise At(expression.column(expression.tree), fault)
    else:
        numbers = {"": result}
    try:
        return {name: _number(number) for name, number in numbers.items()}
    except Misuse as fault:
        raise At(expression.column(expression.tree), fault) from None


class _Walk:
    """Works out a tree; values are numbers, texts and signals."""

    def __init__(self, expression: Expression, case: Case, functions: Mapping[str, Call]) -> None:
        self._expression = expression
        self._case = case
        self._functions = functions

    def value(self, node: ast.expr) -> Any:
        """Return the value of a node."""
        if isinstance(node, ast.Constant):
            return node.value
        try:
            if isinstance(node, ast.Name):
                return self._name(node.id)
            if isinstance(node, ast.UnaryOp):
                operand = _computable(self.value(node.operand))
                return -operand if isinstance(node.op, ast.USub) else operand
            if isinstance(node, ast.BinOp):
                left, right = self.value(node.left), self.value(node.right)
                return _compute(_BINARY[type(node.op)], left, right)
            if isinstance(node, ast.Compare):
                return self._comparison(node)
            if isinstance(node, ast.Call):
                return self._call(node)
        except (NotTaken, At, MemoryError):
            raise
        except Exception as fault:
            raise At(self._expression.column(node), fault) from fault
        raise AssertionError(f"{ast.dump(node)} was let through")

    def _name(self, name: str) -> Any:
        parameters = self._case.parameters
        return parameters[name] if name in parameters else _CONSTANTS[name]

    def _comparison(self, node: ast.Compare) -> Any:
        values = [self.value(operand) for operand in (node.left, *node.comparators)]
        result: Any = 1.0
        for op, left, right in zip(node.ops, values, values[1:], strict=False):
            if isinstance(left, str) or isinstance(right, str):
                found = _BINARY[type(op)](left, right)
            else:
                found = _compute(_BINARY[type(op)], left, right)
            result = result * (found if isinstance(found, Signal) else float(found))
        return result

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id  # type: ignore[attr-defined]
        placed = [self.value(argument) for argument in node.args]
        named = {str(word.arg): self.value(word.value) for word in node.keywords}
        if name in SOURCES:
            return getattr(self._case, name)(*placed, **named)
        function, call = self._functions[name]
        kinds = [a.kind for a in function.arguments if not a.is_named and a.kind is not Kind.CASE]
        for place, kind in enumerate(kinds[: len(placed)]):
            placed[place] = _fitting(placed[place], kind)
        by_name = {a.name: a.kind for a in function.arguments}
        named = {key: _fitting(value, by_name[key]) for key, value in named.items()}
        for argument in function.arguments:
            if argument.kind is Kind.CASE:
                placed.insert(0, self._case)
        return call(*placed, **named)


def _compute(compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    try:
        return compute(_computable(left), _computable(right))
    except ZeroDivisionError:
        raise NotTaken("a number is divided by 0") from None
    except OverflowError:
        raise NotTaken("a number is too large") from None


def _computable(value: Any) -> Any:
    if isinstance(value, str):
        raise Misuse(f'"{value}" is a text, with which nothing can be computed')
    return value


def _fitting(value: Any, kind: Kind) -> Any:
    """Return an argument as a function takes it: a signal of one point is a number, too."""
    if kind is Kind.NUMBER and isinstance(value, Signal):
        return _number(value)
    if kind is Kind.SIGNAL and not isinstance(value, Signal):
        raise Misuse(f"{value} is no waveform")
    return value


def _number(value: Any) -> float:
    """Return a value that has to be one finite real number."""
    if isinstance(value, Signal):
        if len(value) > 1:
            raise Misuse(
                f"{value.name} is a waveform of {len(value)} points over {value.axis}, no number:"
                " take maximum(...), average(...) or value_at(...) of it"
            )
        value = value.y[0]
    if isinstance(value, (complex, np.complexfloating)):
        if value.imag:
            raise Misuse("is a complex number: take mag, phase, real or imag of it")
        value = value.real
    if isinstance(value, str):
        raise Misuse(f'"{value}" is a text, no number')
    number = float(value)
    if not math.isfinite(number):
        raise NotTaken(f"is {number}")
    return number
