"""Jinja templates of netlists: the names they may use, the files they bring in, rendering."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.filters import FILTERS
from jinja2.sandbox import ImmutableSandboxedEnvironment

from snakespice.base.quantity import Value
from snakespice.templates.bounds import explain


class TemplateFault(Exception):
    """A template that cannot be rendered; the message is `file:line: what is wrong`."""


class Dut(str):
    """The device under test in a template: prints its netlist's path."""

    netlist: str
    schematic: str


class Names(dict[str, Any]):
    """A mapping whose items are attributes too, and win over the methods of dict."""

    def __getattribute__(self, name: str) -> Any:
        return self[name] if name in self else super().__getattribute__(name)


class ProjectLoader(jinja2.BaseLoader):
    """Finds templates in the main template's directory, then in the project; never outside.

    `read` has the SHA-256 of each that was read.
    """

    def __init__(self, directory: Path, root: Path) -> None:
        self._places = [directory.resolve(), root.resolve()]
        self.read: dict[str, str] = {}

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, None]:
        """Return text and path, and no check of freshness.

        Raises TemplateNotFound, with why, and TemplateSyntaxError for what is no text.
        """
        path = self.find(template)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise jinja2.TemplateNotFound(template, f"{path}: {error.strerror}") from None
        if b"\0" in data:  # UTF-16, for example, or no text at all
            wrong = "it is not text in UTF-8; save it so"
            raise jinja2.TemplateSyntaxError(wrong, 1, template, str(path))
        self.read[str(path)] = hashlib.sha256(data).hexdigest()
        return decoded(data)[0], str(path), None

    def find(self, name: str) -> Path:
        """Return the path of a template. Raises TemplateNotFound."""
        outside = ""
        for place in self._places:
            path = Path(os.path.realpath(place / name))
            if not any(path.is_relative_to(allowed) for allowed in self._places):
                outside = ", only outside the project"
            elif path.is_file():
                return path
        raise jinja2.TemplateNotFound(name, f'there is no template "{name}" here{outside}')


def decoded(data: bytes) -> tuple[str, int]:
    """Return the text of a template, and the first line that is not UTF-8, or 0.

    Old netlists are in Latin-1, for a µ or a ° in a comment. In it every byte is a character.
    """
    try:
        return data.decode("utf-8-sig"), 0
    except UnicodeDecodeError as error:
        return data.decode("latin-1"), data.count(b"\n", 0, error.start) + 1


def _to_float(value: Any, default: float | None = None) -> float:
    """Jinja's `float`, except that what is no number is an error where no default is given."""
    try:
        return float(value)
    except (TypeError, ValueError):
        if default is None:
            raise
        return default


def _to_int(value: Any, default: int | None = None, base: int = 10) -> int:
    """Jinja's `int`, except that what is no number is an error where no default is given."""
    try:
        return int(str(value), base) if base != 10 else int(value)
    except (TypeError, ValueError):
        if default is None:
            raise
        return default


def _ordering(name: str) -> Callable[..., Any]:
    """Return Jinja's filter of that name comparing Values as numbers, not as lower-case text."""

    @wraps(FILTERS[name])
    def ordered(*args: Any, **options: Any) -> Any:
        return FILTERS[name](*args, **{"case_sensitive": True} | options)

    return ordered


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which no power is an integer of millions of digits."""

    intercepted_binops = frozenset({"**"})

    def call_binop(
        self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any
    ) -> Any:
        try:
            float(left) ** float(right)
        except OverflowError:
            raise OverflowError("a power of more than 308 digits") from None
        return super().call_binop(context, operator, left, right)


def environment(directory: Path, root: Path) -> jinja2.Environment:
    """Return the Jinja environment of the templates in `directory` of the project in `root`."""
    made = _Environment(
        loader=ProjectLoader(directory, root),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"float": _to_float, "int": _to_int}
    made.filters |= {name: _ordering(name) for name in ("min", "max", "sort")}
    return made


@cache
def shared_environment(directory: str, root: str) -> jinja2.Environment:
    """Return the environment that all cases of this process share."""
    return environment(Path(directory), Path(root))


def context(
    parameters: Mapping[str, str],
    *,
    dut: Mapping[str, str],
    case_id: int,
    seed: int,
    result_file: str,
    filename_log: str,
    project_root: Path,
) -> dict[str, Any]:
    """Return the names that a template sees, for one case.

    `parameters` are the testbench's defaults with the case's values over them, `result_file` is
    the name of the case's raw file.
    """
    values = {name: Value(text) for name, text in parameters.items()}
    names: dict[str, Any] = {
        **values,
        "parameters": Names(values),
        "seed": seed,
        "case_id": case_id,
        "result_file": result_file,
        "project_root": str(project_root),
        "config": Names(
            values,
            root=os.path.join(project_root, ""),
            filename_raw=result_file,
            filename_log=filename_log,
            case_id=case_id,
        ),
    }
    if dut:
        names["dut"] = Dut(dut["netlist"])
        vars(names["dut"]).update(dut)
    return names


def render(template: Path, names: Mapping[str, Any]) -> str:
    """Return the text of a template for one case; it is compiled once a process.

    `names` is what `context` returns. Raises TemplateFault.
    """
    root: str = names["project_root"]
    try:
        compiled = shared_environment(os.path.dirname(template), root).get_template(template.name)
        return compiled.render(names)
    except jinja2.TemplateSyntaxError as error:
        place = f"{_in_project(error.filename or template, root)}:{error.lineno}"
        raise TemplateFault(f"{place}: {error.message}") from None
    except Exception as error:  # an expression in a template can raise anything
        place, trace = _in_project(template, root), error.__traceback__
        while trace:  # the innermost template in the traceback is where it happened
            file = trace.tb_frame.f_code.co_filename
            if not file.endswith((".py", ">")):
                place = f"{_in_project(file, root)}:{trace.tb_lineno}"
            trace = trace.tb_next
        raise TemplateFault(f"{place}: {explain(error)}") from None


def templates_read(template: Path, project_root: Path) -> dict[str, str]:
    """Return path and SHA-256 of all that `render` has read for a template in this process."""
    loader = shared_environment(os.path.dirname(template), str(project_root)).loader
    return dict(cast(ProjectLoader, loader).read)


def _in_project(path: str | Path, root: str) -> str:
    real, real_root = os.path.realpath(path), os.path.realpath(root)
    return os.path.relpath(real, real_root) if real.startswith(real_root + os.sep) else str(path)


def template_sources(template: Path, project_root: Path) -> list[Path]:
    """Return the real paths of a template and of all that it includes by a literal name.

    What is missing or does not parse is left out: `check_template` reports it.
    """
    env = environment(template.parent, project_root)
    found: dict[Path, None] = {}

    def collect(name: str) -> None:
        try:
            path, tree = parse(env, name)
        except jinja2.TemplateNotFound:
            return
        except jinja2.TemplateSyntaxError as error:
            path, tree = Path(error.filename or name), nodes.Template([])
        if path not in found:
            found[path] = None
            for _, names in references(tree):
                for below in names:
                    collect(below)

    collect(template.name)
    return list(found)


def parse(env: jinja2.Environment, name: str) -> tuple[Path, nodes.Template]:
    """Return a template's path and syntax tree. Raises TemplateNotFound, TemplateSyntaxError."""
    assert env.loader is not None
    text, path, _ = env.loader.get_source(env, name)
    return Path(path or name), env.parse(text, name, path)


Reference = nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends


def references(tree: nodes.Template) -> list[tuple[Reference, list[str]]]:
    """Return the statements that bring in other templates, with the literal names in them."""
    kinds = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
    found = cast(Iterable[Reference], tree.find_all(kinds))
    return [(node, _literals(node.template)) for node in found]


def computes_names(tree: nodes.Template) -> bool:
    """Tell whether a template brings in others whose names are known when it is rendered only."""
    return any(
        not isinstance(part, nodes.Const)
        for node, _ in references(tree)
        for part in _alternatives(node.template)
    )


def _literals(name: nodes.Expr) -> list[str]:
    return [part.value for part in _alternatives(name) if isinstance(part, nodes.Const)]


def _alternatives(name: nodes.Expr) -> list[nodes.Expr]:
    return name.items if isinstance(name, (nodes.List, nodes.Tuple)) else [name]
