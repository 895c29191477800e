"""Paths in `.include` and `.lib` lines, and the environment variables in them."""

from __future__ import annotations

import os
import re

INCLUDE_LINE = re.compile(
    r"""^([ \t]*\.(?:include|inc|lib)[ \t]+)(?:"([^"\n]*)"|'([^'\n]*)'|(\S+))(.*)$""",
    re.IGNORECASE | re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class UnsetVariable(Exception):
    """A path names an environment variable that is not set: no fault of the case."""


def expand(path: str) -> str:
    """Replace `$NAME` and `${NAME}` by the environment variables; UnsetVariable when one is not."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            raise UnsetVariable(f'"{path}": the environment variable {name} is not set')
        return os.environ[name]

    return _VARIABLE.sub(value, path)


def variables_in_includes(source: str) -> set[str]:
    """Return the environment variables in the `.include` and `.lib` lines of a template."""
    lines = (match[0] for match in INCLUDE_LINE.finditer(source))
    return {name[1] or name[2] for line in lines for name in _VARIABLE.finditer(line)}
