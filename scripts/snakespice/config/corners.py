"""A sweep's `corners`: named sets of parameters, and groups of them that are crossed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from snakespice.base.problems import nearest, shown
from snakespice.base.quantity import match_key
from snakespice.config.column import Listed
from snakespice.config.names import value_fault
from snakespice.config.product import Axis
from snakespice.config.schema import check, describe
from snakespice.config.scope import ConfigScope
from snakespice.config.space import Corners, Space
from snakespice.config.yamlfile import as_written, load_yaml

_NAME = re.compile(r"[A-Za-z0-9_.+-]+")
_PROCESS = "process"  # a key of corners, unless the testbench has a parameter of this name


@dataclass(frozen=True)
class _Corner:
    """A corner as it is written; `group` is the name of the group that it comes from."""

    label: str
    values: dict[str, str]
    fixed: bool
    group: str | None

    def key(self, names: Sequence[str], defaults: dict[str, str]) -> tuple[object, ...]:
        """Return what is equal for corners that are the same."""
        values = defaults | self.values
        return (self.fixed, *(match_key(values[name]) for name in names))


def read_corners(
    written: Any,
    defaults: dict[str, str] | None,
    swept: Sequence[str],
    scope: ConfigScope,
) -> Corners | None:
    """Return the corners of a sweep; None after noting what is wrong, and where there are none.

    `defaults` are the parameters of the testbench, None where it could not be read; `swept` are
    those that vary beside the corners.
    """
    if not written:
        return None
    before = len(scope.problems.found)
    if isinstance(written, str):
        written, scope = _from_file(written, scope)
    else:
        scope = scope.below("corners")
    if len(scope.problems.found) > before:
        return None
    found = [one for name in written for one in _read(name, written[name], defaults, scope)]
    names = tuple(dict.fromkeys(name for corner in found for name in corner.values))
    for name in names:
        if name in swept:
            wrong = f'"{name}" is set by corners, and varies beside them'
            scope.add((), wrong, "keep one of the two")
    if defaults is None or len(scope.problems.found) > before:
        return None
    labels = _labels(found, names, defaults, scope)
    kept = [corner for corner in found if labels[corner.label] == corner.label]
    columns = ([(defaults | corner.values)[name] for corner in kept] for name in names)
    groups: dict[str, list[str]] = {}
    for corner in found:
        if corner.group:
            groups.setdefault(corner.group, []).append(labels[corner.label])
    return Corners(
        tuple(corner.label for corner in kept),
        Axis(names, tuple(map(Listed, columns)), len(kept)),
        frozenset(corner.label for corner in kept if corner.fixed),
        groups,
    )


def _from_file(text: str, scope: ConfigScope) -> tuple[Any, ConfigScope]:
    """Return the corners in a file and where they stand, after noting what is wrong with them."""
    file = scope.file(("corners",), text)
    if file is None:
        return None, scope
    written = load_yaml(file, scope.problems, shown(file))
    scope = ConfigScope(scope.problems, file.parent, lambda _: shown(file))
    if written is not None and not isinstance(written, dict):
        scope.add((), f"is {describe(written)}, must be a mapping")
    elif written is not None:
        for fault in check({"testbench": "", "corners": written}, "sweep"):
            scope.add(fault.path[1:], fault.wrong, fault.remedy)
    return written, scope


def _read(
    name: str, written: Mapping[str, Any], defaults: Mapping[str, str] | None, scope: ConfigScope
) -> Iterator[_Corner]:
    """Yield the corner of this name, or all of the group; note what is wrong."""
    if not _NAME.fullmatch(name):
        scope.add((name,), "cannot be the name of a corner", "use letters, digits and _ . + -")
    values = dict(written)
    fixed = False
    if _PROCESS in values and _PROCESS not in (defaults or {}):
        fixed = (value := values.pop(_PROCESS)) == "fixed"
        if not fixed:
            scope.add((name, _PROCESS), f"is {describe(value)}, must be: fixed")
    crossed = values.pop("cross", None)
    several = {key: [value] for key, value in values.items()} | (crossed or {})
    for key, items in several.items():
        path = (name, "cross", key) if crossed and key in crossed else (name, key)
        if defaults is not None and key not in defaults:
            scope.add(path, "has no default in the testbench", nearest(key, list(defaults)))
        for value in items:
            scope.add_fault(path, value_fault(value))
    for row in product(*several.values()):
        texts = dict(zip(several, map(as_written, row), strict=True))
        if crossed:
            label = f"{name}[{','.join(texts[key] for key in crossed)}]"
            yield _Corner(label, texts, fixed, name)
        else:
            yield _Corner(name, texts, fixed, None)


def _labels(
    found: Sequence[_Corner], names: Sequence[str], defaults: dict[str, str], scope: ConfigScope
) -> dict[str, str]:
    """Return the label of each corner, which for one of a group is that of its equal outside.

    Two corners outside of groups that are equal are noted.
    """
    first: dict[tuple[object, ...], str] = {}
    labels: dict[str, str] = {}
    for corner in sorted(found, key=lambda corner: corner.group is not None):
        other = first.setdefault(corner.key(names, defaults), corner.label)
        labels[corner.label] = other
        if corner.group is None and other != corner.label:
            scope.add((), f'"{other}" and "{corner.label}" are the same corner', "keep one")
    return labels


def chosen_corners(
    written: str | Sequence[str] | None, spaces: Sequence[Space], scope: ConfigScope
) -> tuple[str, ...] | None:
    """Return the labels of the corners that a run is asked for; None for all.

    A name can be that of a group. One that is no corner of any sweep is noted.
    """
    if written is None:
        return None
    # The label of a corner of a group has commas between its brackets.
    names = re.split(r",(?![^\[]*\])", written) if isinstance(written, str) else list(written)
    known: dict[str, Sequence[str]] = {}
    for corners in (space.corners for space in spaces):
        if corners:
            known |= {label: [label] for label in corners.labels} | dict(corners.groups)
    for name in names:
        if name.strip() not in known:
            wrong = f'"{name.strip()}" is no corner of any sweep'
            scope.add(("corners",), wrong, nearest(name.strip(), list(known)))
    found = (label for name in names for label in known.get(name.strip(), ()))
    return tuple(dict.fromkeys(found))
