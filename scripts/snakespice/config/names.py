"""Which names and values can be what: a target, a column, a variable in a template."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from snakespice.base.quantity import parse_number
from snakespice.config.advice import generator_for, is_generator
from snakespice.config.yamlfile import as_written
from snakespice.record.record import COLUMNS

# The rules of the workflow, each a target that a sweep's name would hide.
TARGETS = frozenset(
    {"all", "everything", "plan", "render", "simulate", "aggregate", "judge", "gate", "report"}
)
# What a template finds beside the parameters, and the columns of run_status.csv.
RESERVED = frozenset(
    {"config", "dut", "filename_log", "filename_raw", "project_root", "root", *COLUMNS}
)
JINJA_WORDS = frozenset({"caller", "false", "loop", "none", "self", "super", "true"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NUMBER_WITH_BRACKET = re.compile(r"[+-]?\.?\d[^()\[\]{}]*[()\[\]{}]")
_SHAPE = "begin with a letter, then letters, digits and _"


def sweep_name_fault(name: str) -> tuple[str, str] | None:
    """Return why a sweep cannot have this name, and the remedy; None where it can."""
    if not _NAME.fullmatch(name):
        return f'"{name}" cannot be the name of a sweep: it is a target and a directory', _SHAPE
    if name in TARGETS:
        return f'"{name}" cannot be the name of a sweep: it is a rule of the workflow', "rename it"
    return None


def testbench_name_fault(name: str) -> tuple[str, str] | None:
    """Return why a testbench cannot have this name, and the remedy; None where it can."""
    if _NAME.fullmatch(name.replace("-", "_")):
        return None
    return f'"{name}" cannot be the name of a testbench', f"{_SHAPE} or -"


def parameter_name_fault(name: str) -> tuple[str, str] | None:
    """Return why a parameter cannot have this name, and the remedy; None where it can."""
    if not _NAME.fullmatch(name):
        return f'"{name}" cannot be the name of a parameter: it is a variable and a column', _SHAPE
    if keyword.iskeyword(name) or name in JINJA_WORDS:
        return f'"{name}" cannot be the name of a parameter: it is a word of Jinja', "rename it"
    if name in RESERVED:
        wrong = f'"{name}" cannot be the name of a parameter: it is a column or name of snakespice'
        return wrong, "rename it"
    return None


def case_twins(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return pairs of names that differ by case only, which ngspice takes for the same."""
    first: dict[str, str] = {}
    return [(first[n.lower()], n) for n in names if first.setdefault(n.lower(), n) != n]


def value_fault(value: object) -> tuple[str, str] | None:
    """Return why a parameter cannot have this value, and the remedy; None where it can."""
    text = as_written(value)
    if not text.isprintable() and (
        any(ord(char) < 32 and char != "\t" for char in text) or len(f"{text}.".splitlines()) > 1
    ):
        return f"{text!r} has a line break or control character", "write it on one line"
    if is_generator(text):
        remedy = f"a sweep can have {generator_for(text)} in place of a list"
        return f'"{text}" is one text and generates no values', remedy
    if _NUMBER_WITH_BRACKET.match(text):
        wrong = f'"{text}" begins like a number and has a bracket in it: the rest would be dropped'
        return wrong, "write the number alone; an expression begins with a brace, {2*(1+x)}"
    if isinstance(value, (int, float)):
        try:
            parse_number(text)
        except ValueError:
            wrong = f"{text} is the number {value + 0:g} to YAML, but not to ngspice"
            return wrong, "write it in full, or quote it if it is text"
    return None
