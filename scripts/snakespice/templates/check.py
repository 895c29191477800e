"""What a template gets wrong, found by reading it, before any case is rendered."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import jinja2
from jinja2 import meta, nodes

from snakespice.base.problems import Problem, Problems, nearest, shown
from snakespice.templates import bounds
from snakespice.templates.braces import advise_braces
from snakespice.templates.includes import variables_in_includes
from snakespice.templates.template import (
    Dut,
    ProjectLoader,
    context,
    decoded,
    environment,
    parse,
    references,
)
from snakespice.templates.usage import find_slip

_DEFAULT = ("default", "d")


def check_template(
    template: Path,
    project_root: Path,
    parameters: Iterable[str],
    dut: Mapping[str, str],
    problems: Problems,
) -> None:
    """Note what a template gets wrong, and what it includes, with file and line.

    Noted are: what does not parse, unknown filters, missing includes, and variables, `parameters`,
    `config` and `dut` items that nothing defines, unless `is defined` or `default` guards them.
    """
    names = context(
        dict.fromkeys(parameters, ""),
        dut=dut,
        case_id=1,
        seed=1,
        result_file="",
        filename_log="",
        project_root=project_root,
    )
    checker = _Checker(environment(template.parent, project_root), names, problems)
    checker.check(template.name, set(names), template, 1)


def _bound_names(tree: nodes.Template) -> set[str]:
    """Return the names that a template itself defines: set, for, macro and import."""
    bound = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    bound |= {node.name for node in tree.find_all(nodes.Macro)}
    bound |= {node.target for node in tree.find_all(nodes.Import)}
    for node in tree.find_all(nodes.FromImport):
        bound |= {name if isinstance(name, str) else name[1] for name in node.names}
    return bound


def _guarded(tree: nodes.Template) -> tuple[set[int], set[str]]:
    """Return what may be undefined: nodes by identity under `default`, names asked `is defined`."""
    defaults = {id(node.node) for node in tree.find_all(nodes.Filter) if node.name in _DEFAULT}
    tests = [node for node in tree.find_all(nodes.Test) if node.name in ("defined", "undefined")]
    asked = {node.node.name for node in tests if isinstance(node.node, nodes.Name)}
    return defaults | {id(node.node) for node in tests}, asked


class _Checker:
    """Checks a template and, once each, those that it brings in."""

    def __init__(
        self, env: jinja2.Environment, names: Mapping[str, Any], problems: Problems
    ) -> None:
        self._env, self._names, self._problems = env, names, problems
        self._items = {name: set(names[name]) for name in ("parameters", "config")}
        if isinstance(names.get("dut"), Dut):
            self._items["dut"] = set(vars(names["dut"]))
        self._seen: set[tuple[Path, bool]] = set()

    def check(self, name: str, known: set[str], by: Path, line: int) -> None:
        """Check the template `name`, in which `known` is defined; `by` brings it in, at `line`."""
        try:
            path, tree = parse(self._env, name)
            if (path, bool(known)) in self._seen:
                return
            self._seen.add((path, bool(known)))
            with bounds.limited():  # Jinja computes what is constant
                unknown = meta.find_undeclared_variables(tree)
        except (MemoryError, bounds.TooLong) as error:
            self._problems.add(shown(by), "", f"has a constant that {bounds.explain(error)}")
            return
        except jinja2.TemplateNotFound as error:
            self._problems.add(shown(by), f"line {line}", error.message or f"{name} is missing")
            return
        except jinja2.TemplateSyntaxError as error:
            file = Path(error.filename or by)
            wrong = f"is not a valid template: {error.message}"
            remedy = advise_braces(_line(file, error.lineno), self._env)
            self._problems.add(shown(file), f"line {error.lineno}", wrong, remedy)
            return
        self._check_names(tree, path, unknown, known)
        self._check_text(path)
        bound = _bound_names(tree)
        for node, names in references(tree):
            there = [below for below in names if self._is_there(below)]
            optional = isinstance(node, nodes.Include) and node.ignore_missing
            isolated = isinstance(node, (nodes.Import, nodes.FromImport)) and not node.with_context
            for below in there or ([] if optional else names):
                self.check(below, set() if isolated else known | bound, path, node.lineno)

    def _check_text(self, path: Path) -> None:
        text, not_utf8 = decoded(path.read_bytes())
        if not_utf8:
            what = "is not UTF-8 and read as Latin-1; better save it as UTF-8"
            self._problems.notes.append(Problem(shown(path), f"line {not_utf8}", what))
        for number, line in enumerate(text.splitlines(), start=1):
            for name in sorted(variables_in_includes(line) - os.environ.keys()):
                wrong = f"the environment variable {name} is not set"
                self._problems.add(shown(path), f"line {number}", wrong, f"export {name}=...")

    def _is_there(self, name: str) -> bool:
        try:
            return bool(cast(ProjectLoader, self._env.loader).find(name))
        except jinja2.TemplateNotFound:
            return False

    def _check_names(
        self, tree: nodes.Template, path: Path, unknown: set[str], known: set[str]
    ) -> None:
        may_lack, asked = _guarded(tree)
        wrong: dict[tuple[str, str], int] = {}  # with the first line of each
        for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)):
            if id(node) in may_lack:
                continue
            if isinstance(node, nodes.Name):
                if node.ctx == "load" and node.name in unknown - known - asked:
                    remedy = nearest(node.name, sorted(known or self._names))
                    if (slip := find_slip(node.name, [path])) and slip.is_param:
                        remedy = f"for the .param of line {slip.line} write {{{node.name}}}"
                    if node.name in self._names:
                        remedy = "bring this file in by `import ... with context`"
                    wrong.setdefault((f'"{node.name}" is not defined', remedy), node.lineno)
                continue
            assert isinstance(node, (nodes.Getattr, nodes.Getitem))
            owner, item = node.node, _item(node)
            if isinstance(owner, nodes.Name) and owner.name in unknown & known & set(self._items):
                items = self._items[owner.name]
                methods = str if owner.name == "dut" else dict
                if item and item not in items and not hasattr(methods, item):
                    text = f'"{owner.name}.{item}" is not defined'
                    wrong.setdefault((text, nearest(item, sorted(items))), node.lineno)
        for (text, remedy), line in wrong.items():
            self._problems.add(shown(path), f"line {line}", text, remedy)


def _line(file: Path, number: int) -> str:
    """Return a line of a template, nothing where it has no such line."""
    try:
        lines = decoded(file.read_bytes())[0].splitlines()
    except OSError:
        return ""
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _item(node: nodes.Getattr | nodes.Getitem) -> str | None:
    """Return the literal name in `x.name` or `x["name"]`, None where it is computed."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    key = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return key if isinstance(key, str) else None
