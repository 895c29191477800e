"""What a template does with the names of its parameters, and what of them stands in it as text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import jinja2
from jinja2 import nodes

from snakespice.base.plainfile import read_regular
from snakespice.templates.includes import INCLUDE_LINE
from snakespice.templates.template import (
    Names,
    computes_names,
    environment,
    parse,
    template_sources,
)

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{[^{}\n]*\}|'[^'\n]*'")
_PARAM_CARD = re.compile(r"[ \t]*\.param\b", re.IGNORECASE)
_RANDOM = re.compile(
    r"\b(?:a?gauss|a?unif|limit|trnoise|trrandom|sgauss|sunif|rnd|poisson|exponential)\b",
    re.IGNORECASE,
)
_MOST_BYTES = 16 << 20  # of each end of a file: what is larger is no netlist by hand
_OWNERS = ("parameters", "config")
_ITEMS = (nodes.Getattr, nodes.Getitem)


@dataclass(frozen=True)
class Slip:
    """A place where a name of a parameter is ngspice's own and not Jinja's."""

    file: Path
    line: int
    is_param: bool  # `.param NAME=`, or else an expression with NAME


@dataclass(frozen=True)
class Usage:
    """A template and the files that it brings in, and the names that they look up."""

    files: tuple[Path, ...]
    names: frozenset[str]


def usage_of(template: Path, project_root: Path) -> Usage | None:
    """Return what a template looks up; None where it could be anything.

    That is so where `parameters` or `config` are used as a whole or with a computed name, where the
    name of an include is computed, and where something does not parse.
    """
    env = environment(template.parent, project_root)
    files = template_sources(template, project_root)
    names: set[str] = set()
    for path in files:
        try:
            tree = parse(env, _name_of(path, template, project_root))[1]
        except (jinja2.TemplateNotFound, jinja2.TemplateSyntaxError):
            return None
        found = _names_in(tree)
        if found is None:
            return None
        names |= found
    return Usage(tuple(files), frozenset(names))


def _name_of(path: Path, template: Path, project_root: Path) -> str:
    """Return a name by which the loader finds a template that it has found before."""
    for place in (template.parent.resolve(), project_root.resolve()):
        if path.is_relative_to(place):
            return str(path.relative_to(place))
    return str(path)


def _names_in(tree: nodes.Template) -> set[str] | None:
    names: set[str] = set()
    owners_of_items: set[int] = set()
    items = cast(Iterable[nodes.Getattr | nodes.Getitem], tree.find_all(_ITEMS))
    for node in items:
        if isinstance(node.node, nodes.Name) and node.node.name in _OWNERS:
            key = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg)
            if key is None or hasattr(Names, key):  # config.items() may look up any
                return None
            names.add(key)
            owners_of_items.add(id(node.node))
    for name in tree.find_all(nodes.Name):
        if name.name in _OWNERS and id(name) not in owners_of_items and name.ctx == "load":
            return None
        names.add(name.name)
    return None if computes_names(tree) else names


def _constant(node: nodes.Expr) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def find_slip(name: str, files: Sequence[Path]) -> Slip | None:
    """Return where files have a name as ngspice's own: in a `.param`, or else in an expression.

    The first file is a netlist, whose first line is its title.
    """
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)", re.IGNORECASE)
    param = re.compile(rf"(?<![\w.]){re.escape(name)}[ \t]*=(?!=)", re.IGNORECASE)
    expression: Slip | None = None
    for file in files:
        in_param = False
        for number, line in enumerate(literal_lines(file), start=1):
            is_title = number == 1 and file == files[0]
            if is_title or line.lstrip().startswith("*") or INCLUDE_LINE.match(line):
                continue
            in_param = bool(_PARAM_CARD.match(line)) or (in_param and line.startswith("+"))
            if in_param and param.search(line):
                return Slip(file, number, True)
            if any(word.search(text) for text in _EXPRESSION.findall(line)):
                expression = expression or Slip(file, number, False)
    return expression


def draws_at_random(files: Iterable[Path]) -> bool:
    """Tell whether one of these files may have ngspice draw random numbers."""
    return any(has_draws("\n".join(literal_lines(file))) for file in files)


def has_draws(netlist: str) -> bool:
    """Tell whether a netlist may have ngspice draw random numbers."""
    return _RANDOM.search(netlist) is not None


def literal_lines(file: Path) -> list[str]:
    """Return the lines of a file without what is in tags of Jinja; none if it cannot be read."""
    try:
        data = read_regular(os.path.realpath(file), ends=_MOST_BYTES)
    except (OSError, ValueError):
        return []
    text = data.decode("utf-8", "replace")
    return _TAG.sub(lambda tag: "\n" * tag[0].count("\n"), text).split("\n")
