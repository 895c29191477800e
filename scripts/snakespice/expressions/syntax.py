"""Expressions of measures: `settling_time(v("out"), band=1m) * fclk`, read and checked.

The grammar is a small part of Python's: numbers as SPICE writes them, texts, parameters by name,
`+ - * / **`, comparison, and calls of functions that are listed. All else is refused here, and
measures.evaluate knows nothing else, so an expression can do nothing but compute.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from snakespice.expressions.functions import SOURCES, Argument, Function, Kind
from snakespice.expressions.text import CONSTANTS, Mistake, WrongExpression, with_plain_numbers

GROUND = ("0", "gnd")
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.UAdd)
_EQUAL = (ast.Eq, ast.NotEq)
_COMPARISONS = (*_EQUAL, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_WORDS: dict[type[ast.AST], str] = {
    ast.Attribute: "a dot behind a name",
    ast.Subscript: "an index in brackets",
    ast.BoolOp: "and, or",
    ast.IfExp: "if ... else",
    ast.Lambda: "lambda",
    ast.JoinedStr: "an f-text",
    ast.NamedExpr: "an assignment",
}
_ALLOWED = "only + - * / **, comparison, and functions of the list are"


@dataclass(frozen=True)
class Expression:
    """An expression that was checked.

    `vectors` are those of the raw file that it reads, as ngspice saves them; `files` the waveform
    files, and `functions` what it calls. `units` is as that of a function. `place` leads from the
    columns of `tree` to those of `text`.
    """

    text: str
    tree: ast.expr
    vectors: frozenset[str]
    parameters: frozenset[str]
    functions: frozenset[str]
    files: frozenset[str]
    units: Mapping[str, str]
    place: tuple[int, ...] = field(repr=False)

    def column(self, node: ast.expr) -> int:
        """Return the column of a node of the tree in the text, from 1."""
        return self.place[min(node.col_offset, len(self.place) - 1)] + 1


def parse(text: str, functions: Mapping[str, Function], parameters: Collection[str]) -> Expression:
    """Read an expression that may call `functions` and use `parameters`.

    Raises WrongExpression with all mistakes in it.
    """
    plain, place = with_plain_numbers(text)
    try:
        tree = ast.parse(plain, mode="eval").body
    except SyntaxError as fault:
        # Its offset counts characters from 1, and is 0 at the end.
        column = len(plain[: (fault.offset or len(plain) + 1) - 1].encode())
        wrong = f"cannot be read: {fault.msg}"
        raise WrongExpression([Mistake(place[min(column, len(place) - 1)] + 1, wrong)]) from None
    except (ValueError, MemoryError, RecursionError):
        raise WrongExpression([Mistake(1, "cannot be read: it is nested too deeply")]) from None
    check = _Check(text, place, functions, parameters)
    kind = check.kind(tree)
    if kind is Kind.TEXT:
        check.add(tree, "is a text, not a number")
    if check.mistakes:
        raise WrongExpression(check.mistakes)
    units: Mapping[str, str] | None = None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        units = {**SOURCES, **functions}[tree.func.id].units
    return Expression(
        text=text,
        tree=tree,
        vectors=frozenset(check.vectors),
        parameters=frozenset(check.used),
        functions=frozenset(check.called),
        files=frozenset(check.files),
        units=units or {"": ""},
        place=place,
    )


class _Check:
    """Walks an expression; collects what is wrong and what it uses."""

    def __init__(
        self,
        text: str,
        place: tuple[int, ...],
        functions: Mapping[str, Function],
        parameters: Collection[str],
    ) -> None:
        self.mistakes: list[Mistake] = []
        self.vectors: set[str] = set()
        self.files: set[str] = set()
        self.used: set[str] = set()
        self.called: set[str] = set()
        self._place = place
        self._functions = {**SOURCES, **functions}
        self._parameters = parameters
        self._root = True

    def add(self, node: ast.AST, wrong: str, remedy: str = "") -> None:
        """Note a mistake at a node."""
        offset = min(getattr(node, "col_offset", 0), len(self._place) - 1)
        self.mistakes.append(Mistake(self._place[offset] + 1, wrong, remedy))

    def kind(self, node: ast.expr) -> Kind:
        """Return what a node gives."""
        is_root, self._root = self._root, False
        match node:
            case ast.Constant(value=str()):
                return Kind.TEXT
            case ast.Constant(value=float()):  # whole numbers were made floats
                return Kind.NUMBER
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _OPERATORS):
                return self._joined([self._computable(operand)])
            case ast.BinOp(op=op, left=left, right=right) if isinstance(op, _OPERATORS):
                return self._joined([self._computable(left), self._computable(right)])
            case ast.Compare(ops=ops) if all(isinstance(op, _COMPARISONS) for op in ops):
                return self._comparison(node)
            case ast.Call():
                return self._call(node, is_root=is_root)
            case _:
                words = _WORDS.get(type(node), f'"{ast.unparse(node)[:40]}"')
                self.add(node, f"{words} is not allowed in an expression", _ALLOWED)
        return Kind.ANY

    def _computable(self, node: ast.expr) -> Kind:
        kind = self.kind(node)
        if kind is Kind.TEXT:
            self.add(node, "is a text, with which nothing can be computed")
        return kind

    def _comparison(self, node: ast.Compare) -> Kind:
        operands = [node.left, *node.comparators]
        kinds = [self.kind(operand) for operand in operands]
        for place, op in enumerate(node.ops):
            pair = kinds[place : place + 2]
            if Kind.TEXT in pair and not (isinstance(op, _EQUAL) and Kind.ANY in pair):
                self.add(node, "a text can only be equal to a parameter, or not (== and !=)")
        return self._joined([kind for kind in kinds if kind is not Kind.TEXT])

    @staticmethod
    def _joined(kinds: Collection[Kind]) -> Kind:
        if Kind.SIGNAL in kinds:
            return Kind.SIGNAL
        unknown = {Kind.ANY, Kind.EITHER} & set(kinds)
        return Kind.EITHER if unknown else Kind.NUMBER

    def _name(self, node: ast.Name) -> Kind:
        if node.id in self._parameters:
            self.used.add(node.id)
            return Kind.ANY
        if node.id in CONSTANTS:
            return Kind.NUMBER
        if node.id in self._functions:
            self.add(node, f'"{node.id}" is a function', f"call it: {node.id}(...)")
        else:
            known = [*self._parameters, *CONSTANTS]
            self.add(node, f'there is no parameter "{node.id}"', _hint(node.id, known))
        return Kind.ANY

    def _call(self, node: ast.Call, *, is_root: bool) -> Kind:
        if not isinstance(node.func, ast.Name):
            before = len(self.mistakes)
            self.kind(node.func)
            if len(self.mistakes) == before:
                self.add(node, "only functions of the list can be called")
            return Kind.ANY
        name = node.func.id
        function = self._functions.get(name)
        if function is None:
            remedy = _hint(name, list(self._functions))
            self.add(node, f'there is no function "{name}"', remedy or "the guide lists all")
            for argument in node.args:
                self.kind(argument)
            return Kind.ANY
        self.called.add(name)
        if function.units and "" not in function.units and not is_root:
            self.add(node, f"{name} gives several numbers", "let it stand alone")
        given = [
            (argument, value, self._given(function, argument, value))
            for argument, value in self._bound(node, function)
        ]
        self._note_reads(function, {a.name: v for a, v, _ in given}, [v for _, v, _ in given])
        if function.gives is Kind.EITHER:
            return self._joined(
                [kind for argument, _, kind in given if argument.kind is Kind.EITHER]
            )
        return function.gives

    def _bound(self, node: ast.Call, function: Function) -> Iterator[tuple[Argument, ast.expr]]:
        """Yield each argument with what it is given; note those that do not fit."""
        takes = [a for a in function.arguments if a.kind is not Kind.CASE]
        placed = [a for a in takes if not a.is_named]
        names = {a.name: a for a in takes}
        seen = set()
        for index, value in enumerate(node.args):
            if isinstance(value, ast.Starred):
                self.add(value, "* is not allowed in an expression", _ALLOWED)
            elif index < len(placed):
                seen.add(placed[index].name)
                yield placed[index], value
            elif function.more:
                yield function.more, value
            else:
                most = f"{function.name} takes {len(placed)} arguments without a name"
                self.add(value, f"{most}, here is one more", f"as {_shown(function)}")
        for word in node.keywords:
            if word.arg is None:
                self.add(word.value, "** is not allowed in an expression", _ALLOWED)
            elif word.arg not in names:
                remedy = _hint(word.arg, list(names)) or f"as {_shown(function)}"
                self.add(word, f'{function.name} has no argument "{word.arg}"', remedy)
            elif word.arg in seen:
                self.add(word, f'"{word.arg}" is given twice', "keep one")
            else:
                seen.add(word.arg)
                yield names[word.arg], word.value
        if missing := [a.name for a in takes if a.is_required and a.name not in seen]:
            self.add(node, f'{function.name} lacks "{missing[0]}"', f"as {_shown(function)}")

    def _given(self, function: Function, argument: Argument, value: ast.expr) -> Kind:
        """Return what is given for an argument; note it where it does not fit."""
        is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
        if argument.kind is Kind.TEXT and not is_text:
            is_parameter = isinstance(value, ast.Name) and value.id in self._parameters
            if is_parameter and function.name not in SOURCES:
                return self.kind(value)
            remedy = f'write "{ast.unparse(value)}"' if isinstance(value, ast.Name) else ""
            self.add(
                value, f'"{argument.name}" of {function.name} must be a text in quotes', remedy
            )
            return Kind.ANY
        kind = self.kind(value)
        wanted = argument.kind
        no_signal = wanted is Kind.SIGNAL and kind is Kind.NUMBER
        if no_signal or (kind is Kind.TEXT and wanted not in (Kind.TEXT, Kind.ANY)):
            what = f'"{argument.name}" of {function.name} must be {wanted.value}, not {kind.value}'
            self.add(value, what)
        if argument.choices and isinstance(value, ast.Constant) and is_text:
            text = str(value.value)
            if text not in argument.choices:
                allowed = ", ".join(f'"{choice}"' for choice in argument.choices)
                what = f'"{argument.name}" of {function.name} cannot be "{text}"'
                self.add(value, what, f"one of {allowed}")
        return kind

    def _note_reads(
        self, function: Function, by_name: Mapping[str, ast.expr], values: list[ast.expr]
    ) -> None:
        """Note what a function reads of the raw file, and of other files."""

        def text(node: ast.expr | None) -> str:
            return str(node.value).lower() if isinstance(node, ast.Constant) else ""

        if function.name == "v":
            nodes = [text(by_name.get("node")), text(by_name.get("minus"))]
            self.vectors |= {f"v({node})" for node in nodes if node and node not in GROUND}
        elif function.name == "i":
            self.vectors.add(f"i({text(by_name.get('device'))})")
        elif function.name == "signal":
            self.vectors.add(text(by_name.get("name")))
        elif function.name == "reference" and isinstance(by_name.get("file"), ast.Constant):
            self.files.add(str(by_name["file"].value))  # type: ignore[attr-defined]
        for pattern in function.reads:
            self.vectors |= {pattern.format(text(value)) for value in values if text(value)}


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    return f'did you mean "{close[0]}"?' if close else ""


def _shown(function: Function) -> str:
    """Return how a function is called: `value_at(signal, x)`."""
    arguments = [
        argument.name if argument.is_required else f"{argument.name}=..."
        for argument in function.arguments
        if argument.kind is not Kind.CASE
    ]
    return f"{function.name}({', '.join(arguments + ['...'] * bool(function.more))})"
