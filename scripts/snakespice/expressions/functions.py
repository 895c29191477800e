"""Which functions an expression can call, and how: read from their source, nothing is imported.

The Snakefile checks expressions before anything runs, and must load neither numpy nor what a user
wrote. So the functions marked `@measure` or `@operation` are found in the text of the library and
of `measure_files`, and their annotations say what they take and give.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

LIBRARY = Path(__file__).resolve().parents[1] / "measures" / "library"
_MARKS = frozenset({"measure", "operation"})


class Kind(Enum):
    """What a value is: a waveform, a number, either, a text, all signals of a case, or unknown."""

    SIGNAL = "a waveform"
    NUMBER = "a number"
    EITHER = "a waveform or a number"
    TEXT = "a text in quotes"
    CASE = "the case"
    ANY = "anything"


@dataclass(frozen=True)
class Argument:
    """One argument; `choices` are the texts that it may have, if they are limited."""

    name: str
    kind: Kind
    is_required: bool
    is_named: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """A function that expressions can call.

    `more` is what further arguments are, where it takes any number of them. `gives` is what it
    returns; EITHER is a waveform if it is given one. `units` has an entry for each number that it
    returns, by name, or one by the empty name. `reads` are the vectors that it reads of each device
    that it is given by name, `@{}[vds]`.
    """

    name: str
    arguments: tuple[Argument, ...]
    gives: Kind
    file: Path | None = None
    more: Argument | None = None
    units: Mapping[str, str] | None = None
    reads: tuple[str, ...] = ()
    version: int = 1
    summary: str = ""

    @property
    def stands_alone(self) -> bool:
        """Whether it is a measure by its own name: all that it needs is the case."""
        return all(
            not argument.is_required or argument.kind is Kind.CASE for argument in self.arguments
        )


class Unreadable(Exception):
    """A file holds no Python, or a mark that cannot be understood; the message says where."""


def _text(name: str, *, is_required: bool, is_named: bool = False) -> Argument:
    return Argument(name, Kind.TEXT, is_required, is_named)


_WHICH = (
    _text("plot", is_required=False, is_named=True),
    Argument("curve", Kind.NUMBER, is_required=False, is_named=True),
)
_NODES = (_text("node", is_required=True), _text("minus", is_required=False))
_FILE = (_text("file", is_required=True), _text("name", is_required=True))
# What an expression reads; see measures.waveforms.
SOURCES = {
    "v": Function("v", (*_NODES, *_WHICH), Kind.SIGNAL),
    "i": Function("i", (_text("device", is_required=True), *_WHICH), Kind.SIGNAL),
    "signal": Function("signal", (_text("name", is_required=True), *_WHICH), Kind.SIGNAL),
    "reference": Function("reference", _FILE, Kind.SIGNAL),
}


@cache
def library_functions() -> Mapping[str, Function]:
    """Return the functions that come with snakespice, by name."""
    functions: dict[str, Function] = {}
    for path in sorted(LIBRARY.glob("*.py")):
        functions |= read_functions(path)
    return functions


def read_functions(path: Path) -> dict[str, Function]:
    """Return the marked functions of a file by their names.

    Raises Unreadable when it is no Python or a mark is not plain, and OSError.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None)
        raise Unreadable(f"line {line}: {getattr(fault, 'msg', fault)}") from fault
    choices = dict(_choices(tree))
    return {
        node.name: _function(node, mark, choices, path)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if _name(mark) in _MARKS
    }


def _name(mark: ast.expr) -> str:
    target = mark.func if isinstance(mark, ast.Call) else mark
    return ast.unparse(target).rpartition(".")[2]


def _choices(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names that stand for `Literal["a", "b"]` in a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found = _literals(node.value)
            if found:
                yield node.targets[0].id, found


def _literals(node: ast.expr) -> tuple[str, ...]:
    if not (isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal"):
        return ()
    items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return tuple(str(item.value) for item in items if isinstance(item, ast.Constant))


def _function(
    node: ast.FunctionDef, mark: ast.expr, choices: Mapping[str, tuple[str, ...]], path: Path
) -> Function:
    spec = node.args
    placed = [*spec.posonlyargs, *spec.args]
    optional = len(placed) - len(spec.defaults)
    arguments = [
        _argument(argument, choices, is_required=place < optional)
        for place, argument in enumerate(placed)
    ]
    arguments += [
        _argument(argument, choices, is_required=default is None, is_named=True)
        for argument, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)
    ]
    if spec.kwarg:
        raise Unreadable(f"line {node.lineno}: {node.name} takes **{spec.kwarg.arg}: name them")
    is_measure = _name(mark) == "measure"
    return Function(
        name=node.name,
        arguments=tuple(arguments),
        gives=Kind.NUMBER if is_measure else _kind(node.returns),
        file=path,
        more=_argument(spec.vararg, choices, is_required=False) if spec.vararg else None,
        units=_units(node, mark) if is_measure else None,
        reads=tuple(_given(node, mark, "reads", ())),
        version=_given(node, mark, "version", 1),
        summary=(ast.get_docstring(node) or "").partition("\n")[0],
    )


def _argument(
    node: ast.arg,
    choices: Mapping[str, tuple[str, ...]],
    *,
    is_required: bool,
    is_named: bool = False,
) -> Argument:
    note = node.annotation
    if note is not None and (allowed := choices.get(ast.unparse(note)) or _literals(note)):
        return Argument(node.arg, Kind.TEXT, is_required, is_named, allowed)
    kind = Kind.CASE if node.arg == "case" else _kind(note)
    return Argument(node.arg, kind, is_required, is_named)


def _kind(note: ast.expr | None) -> Kind:
    parts = set(ast.unparse(note).replace(" ", "").split("|")) if note else set()
    parts -= {"None"}
    if not parts or not parts <= {"Signal", "float", "int", "str"}:
        return Kind.ANY
    if parts == {"str"}:
        return Kind.TEXT
    if parts == {"Signal"}:
        return Kind.SIGNAL
    return Kind.EITHER if "Signal" in parts else Kind.NUMBER


def _units(node: ast.FunctionDef, mark: ast.expr) -> Mapping[str, str]:
    """Return the units that a mark names: `@measure("s")`, `@measure({"rms": "s", "pp": "s"})`."""
    unit = _given(node, mark, "unit", "")
    return unit if isinstance(unit, dict) else {"": unit}


def _given(node: ast.FunctionDef, mark: ast.expr, name: str, default: Any) -> Any:
    """Return what a mark says by this name; it has to be a plain value. The unit may come first."""
    if not isinstance(mark, ast.Call):
        return default
    given = {word.arg: word.value for word in mark.keywords}
    if mark.args:
        given["unit"] = mark.args[0]
    value = given.get(name)
    try:
        return default if value is None else ast.literal_eval(value)
    except ValueError as fault:
        raise Unreadable(f"line {node.lineno}: {name} of {node.name} is no plain value") from fault
