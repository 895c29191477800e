"""The measures of a testbench: those that ngspice takes, and expressions of its waveforms."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakespice.config import names
from snakespice.config.scope import ConfigScope
from snakespice.expressions.declared import DeclaredExpression
from snakespice.expressions.functions import (
    SOURCES,
    Function,
    Unreadable,
    library_functions,
    read_functions,
)
from snakespice.expressions.syntax import Expression, parse
from snakespice.expressions.text import WrongExpression

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Measures:
    """What a testbench measures.

    `columns` are all numbers in the order in which they are declared, `units` those that are known
    of them. The others than `expressions` gives ngspice takes. `files` are the user's own, in
    Python.
    """

    columns: tuple[str, ...]
    units: Mapping[str, str]
    expressions: Mapping[str, DeclaredExpression]
    files: tuple[Path, ...]


def read_measures(
    data: list[str] | dict[str, Any],
    files: list[str],
    parameters: Collection[str],
    scope: ConfigScope,
) -> Measures:
    """Return the measures that `measures` and `measure_files` of a testbench declare.

    What is wrong with them is noted.
    """
    entries = dict.fromkeys(data) if isinstance(data, list) else data
    paths, own = _read_files(files, scope)
    functions = {**library_functions(), **own} if own or _has_expressions(entries) else {}
    columns: dict[str, str] = {}
    expressions = {}
    for place, (name, entry) in enumerate(entries.items()):
        key = ("measures", place if isinstance(data, list) else name)
        if not _NAME.fullmatch(name):
            wrong = f'"{name}" cannot be the name of a measure: it is a column'
            scope.add(key, wrong, "letters, digits and underscores")
        text = (entry or {}).get("expr")
        if text is None and name in own and own[name].stands_alone:
            text = f"{name}()"
        units = {"": ""}
        if text is not None:
            expression = _expression(text, functions, parameters, key, scope)
            if expression is None:
                continue
            units = dict(expression.units)
            expressions[name] = DeclaredExpression(
                text,
                {part: f"{name}_{part}" if part else name for part in units},
                tuple(sorted(expression.vectors)),
                {file: str(scope.path(file)) for file in sorted(expression.files)},
            )
        unit = (entry or {}).get("unit")
        if unit is not None:
            units = _with_unit(units, unit, key, scope)
        columns |= {f"{name}_{part}" if part else name: units[part] for part in units}
    _check_columns(list(columns), parameters, scope)
    known = {column: unit for column, unit in columns.items() if unit}
    return Measures(tuple(columns), known, expressions, paths)


def _has_expressions(entries: Mapping[str, Any]) -> bool:
    return any(entry and "expr" in entry for entry in entries.values())


def _read_files(
    files: list[str], scope: ConfigScope
) -> tuple[tuple[Path, ...], dict[str, Function]]:
    """Return the measure files and the functions in them, which have names of their own."""
    paths: list[Path] = []
    found: dict[str, Function] = {}
    for place, text in enumerate(files):
        key = ("measure_files", place)
        path = scope.file(key, text)
        if path is None:
            continue
        paths.append(path)
        try:
            functions = read_functions(path)
        except (Unreadable, OSError) as fault:
            scope.add(key, f"{text}: {fault}")
            continue
        if not functions:
            scope.add(
                key, f"{text} has no function marked @measure", "mark one, or remove the file"
            )
        for name in functions:
            if name in SOURCES or name in library_functions() or name in found:
                scope.add(key, f'{text}: there is a function "{name}" already', "rename it")
        found |= functions
    return tuple(paths), found


def _expression(
    text: str,
    functions: Mapping[str, Function],
    parameters: Collection[str],
    key: tuple[str | int, ...],
    scope: ConfigScope,
) -> Expression | None:
    """Return an expression; None after noting what is wrong with it."""
    try:
        expression = parse(text, functions, parameters)
    except WrongExpression as fault:
        for mistake in fault.mistakes:
            where = f"column {mistake.column}: {mistake.wrong}"
            scope.add((*key, "expr"), where, mistake.remedy)
        return None
    for file in sorted(expression.files):
        scope.file((*key, "expr"), file)
    return expression


def _with_unit(
    units: Mapping[str, str], unit: str, key: tuple[str | int, ...], scope: ConfigScope
) -> dict[str, str]:
    """Return the unit that is given, if the function does not say another."""
    place = (*key, "unit")
    if list(units) != [""]:
        scope.add(place, "several numbers have the units that their function names", "remove it")
        return dict(units)
    own = units[""]
    if own not in ("", unit):
        scope.add(place, f'is "{unit}", and the function gives {own}', f"write {own}")
    return {"": unit}


def _check_columns(columns: list[str], parameters: Collection[str], scope: ConfigScope) -> None:
    """Note measures that would share a column of measures.csv."""
    for name in columns:
        if name in parameters or name == "case_id":
            wrong = f'"{name}" is already a column of measures.csv'
            scope.add(("measures",), wrong, "rename the measure")
    for one, other in names.case_twins(columns):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        scope.add(("measures",), wrong, "rename one")
