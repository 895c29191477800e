"""From a sweep's `parameters`, `zip`, `cases` and `exclude` to its Space."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from snakespice.base.problems import Problems, nearest, shown
from snakespice.base.quantity import match_key
from snakespice.config.advice import as_generator
from snakespice.config.column import Column, Generated, Listed
from snakespice.config.generators import MAX_CASES
from snakespice.config.names import value_fault
from snakespice.config.product import Axis
from snakespice.config.scope import ConfigScope, KeyPath
from snakespice.config.space import Corners, Random, Space
from snakespice.config.yamlfile import as_written

_MOST_ARGUMENTS = 4  # of what would generate values


def build_space(
    data: Mapping[str, Any],
    known: Sequence[str],
    table: Mapping[str, Column],
    corners: Corners | None,
    random: Random | None,
    scope: ConfigScope,
) -> Space | None:
    """Return the space of a sweep; None after noting what is wrong.

    `data` is the sweep as far as its schema holds, `known` are the names of all its parameters,
    `table` are the columns of its `cases`, if it has any.
    """
    before = len(scope.problems.found)
    columns: dict[str, Column] = {}
    for name, values in data["parameters"].items():
        if name in table:
            scope.add(("parameters", name), "is also a column of cases", "keep one of the two")
        elif column := _column(values, scope, ("parameters", name)):
            columns[name] = column
    groups = _groups(data["zip"], known, table, scope)
    axes = [Axis(tuple(table), tuple(table.values()))] if table else []
    for name in columns:
        group = groups.get(name, (name,))
        if name == group[0] and all(member in columns for member in group):
            axes.append(Axis(group, tuple(columns[member] for member in group)))
            _check_axis(axes[-1], scope)
    in_corners = corners.axis.names if corners else ()
    crossed = [corners.axis, *axes] if corners else axes
    rules = [
        rule
        for index, rule in enumerate(data["exclude"])
        if _rule_fits(rule, [*in_corners, *table, *known], crossed, scope, ("exclude", index))
    ]
    placed = {name for axis in axes for name in axis.names}
    if len(scope.problems.found) > before or not placed.issuperset(known):
        return None
    texts = [{name: as_written(value) for name, value in rule.items()} for rule in rules]
    space = Space(axes, texts, [*table, *columns], corners, random)
    if not space.count:
        scope.add(("exclude",), "leaves no case", "remove a rule")
    if space.count > MAX_CASES:
        scope.add(("parameters",), f"make {space.count:,} cases, more than {MAX_CASES:,}")
    return space if 0 < space.count <= MAX_CASES else None


def _column(values: Any, scope: ConfigScope, path: KeyPath) -> Column | None:
    if isinstance(values, dict):
        try:
            keys = {key: as_written(value) for key, value in values.items()}
            if "num" in values:
                keys["num"] = str(int(values["num"]))  # 5.0 is a whole number, too
            return Generated(keys)
        except ValueError as error:
            scope.add(path, str(error))
            return None
    texts = [as_written(value) for value in values]
    # YAML splits linspace(0, 1, 5) at its commas.
    if len(texts) <= _MOST_ARGUMENTS and (mapping := as_generator(", ".join(texts))):
        quoted = ", ".join(f'"{text}"' for text in texts)
        scope.add(path, f"is a list of {quoted} to YAML", f"write {mapping} in its place")
        return None
    faults = [scope.add_fault((*path, i), value_fault(value)) for i, value in enumerate(values)]
    return None if any(faults) else Listed(texts)


def _groups(
    zipped: Sequence[Sequence[str]],
    known: Sequence[str],
    table: Mapping[str, Column],
    scope: ConfigScope,
) -> dict[str, tuple[str, ...]]:
    """Return the zip group of each name in one, in the order in which the names are written."""
    groups: dict[str, tuple[str, ...]] = {}
    for index, group in enumerate(zipped):
        for name in group:
            if name in table:
                remedy = "it varies with the other columns already"
                scope.add(("zip", index), f'"{name}" is a column of cases', remedy)
            elif name not in known:
                wrong = f'"{name}" is no parameter of this sweep'
                scope.add(("zip", index), wrong, nearest(name, list(known)))
            elif name in groups:
                scope.add(("zip", index), f'"{name}" is in another group too', "join the groups")
        groups |= dict.fromkeys(group, tuple(sorted(group, key=[*known, *group].index)))
    return groups


def _check_axis(axis: Axis, scope: ConfigScope) -> None:
    """Note columns of unequal length, and rows that stand twice."""
    lengths = [len(column) for column in axis.columns]
    if len(set(lengths)) > 1:
        counts = ", ".join(f"{n} has {k} values" for n, k in zip(axis.names, lengths, strict=True))
        scope.add(("zip",), f"unequal lengths: {counts}", "give them as many values each")
        return
    if any(isinstance(column, Generated) for column in axis.columns):
        return  # has no value twice
    place: KeyPath = ("parameters", axis.names[0]) if len(lengths) == 1 else ("zip",)
    first: dict[tuple[float | str, ...], str] = {}
    for row in (axis[index] for index in range(lengths[0])):
        text = " ".join(row)
        key = tuple(map(match_key, row))
        if key not in first:
            first[key] = text
        elif first[key] == text:
            scope.add(place, f'duplicate cases: "{text}" stands twice', "keep one")
        else:
            same = f'"{first[key]}" and "{text}" are the same value'
            scope.add(place, f"duplicate cases: {same}", "keep one")


def _rule_fits(
    rule: Mapping[str, Any],
    known: list[str],
    axes: Sequence[Axis],
    scope: ConfigScope,
    path: KeyPath,
) -> bool:
    """Tell whether an exclude rule names parameters and values of the sweep; note where not."""
    wrong = False
    for name, value in rule.items():
        if name not in known:
            scope.add((*path, name), "is no parameter of this sweep", nearest(name, known))
        wrong |= name not in known or scope.add_fault((*path, name), value_fault(value))
    if wrong:
        return False
    texts = {name: as_written(value) for name, value in rule.items()}
    for axis in axes:
        part = {name: text for name, text in texts.items() if name in axis.names}
        if part and len(set(map(len, axis.columns))) == 1 and not axis.find(part):
            shown_part = ", ".join(f"{name}: {text}" for name, text in part.items())
            scope.add(path, f"excludes nothing: no case has {shown_part}", "correct or remove it")
    return True


def read_table(file: Path, known: Iterable[str] | None, problems: Problems) -> dict[str, Column]:
    """Return the columns of a CSV table of cases; empty after noting why there are none.

    `known` are the parameters of the testbench, None where it could not be read. Noted are: a file
    that is no CSV in UTF-8; doubled, unnamed or unknown columns; rows that are ragged, have empty
    cells or stand twice, and values with line breaks, by their line.
    """
    before = len(problems.found)
    name = shown(file)
    header: list[str] = []
    rows: list[list[str]] = []
    lines: dict[tuple[float | str, ...], int] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            for cells in reader:
                row = [cell.strip() for cell in cells]
                if not any(row):
                    continue
                if not header:
                    header = row
                    _check_header(header, known, name, problems)
                elif _check_row(row, header, name, reader.line_num, problems):
                    rows.append(row)
                    key = tuple(map(match_key, row))
                    if (line := lines.setdefault(key, reader.line_num)) != reader.line_num:
                        wrong = f"is the same case as line {line}"
                        problems.add(name, f"line {reader.line_num}", wrong, "keep one")
    except UnicodeDecodeError:
        problems.add(name, "", "is not UTF-8 text", "save it as UTF-8")
    except csv.Error as error:
        problems.add(name, f"line {reader.line_num}", f"is not valid CSV: {error}")
    except OSError as error:
        problems.add(name, "", f"cannot be read: {error.strerror}")
    if not rows and len(problems.found) == before:
        problems.add(name, "", "has no cases", "a line of names, then one line a case")
    if len(problems.found) > before:
        return {}
    return dict(zip(header, map(Listed, zip(*rows, strict=True)), strict=True))


def _check_header(
    header: list[str], known: Iterable[str] | None, file: Path, problems: Problems
) -> None:
    for index, name in enumerate(header):
        if not name:
            problems.add(file, "line 1", f"column {index + 1} has no name")
        elif name in header[:index]:
            problems.add(file, "line 1", f'column "{name}" stands twice', "keep one")
        elif known is not None and name not in known:
            remedy = nearest(name, list(known))
            if ";" in name or "\t" in name:
                remedy = "separate the columns by commas"
            problems.add(
                file, "line 1", f'column "{name}" is no parameter of the testbench', remedy
            )


def _check_row(
    row: list[str], header: list[str], file: Path, line: int, problems: Problems
) -> bool:
    before = len(problems.found)
    if len(row) != len(header):
        wrong = f"has {len(row)} cells, must have {len(header)}"
        problems.add(file, f"line {line}", wrong, "a value with a comma needs quotes")
        return False
    for name, cell in zip(header, row, strict=True):
        if not cell:
            problems.add(file, f"line {line}", f'has no value for "{name}"')
        elif fault := value_fault(cell):
            problems.add(file, f"line {line}", f'"{name}": {fault[0]}', fault[1])
    return len(problems.found) == before
