"""docs/measures.md, made from the docstrings of the library; run by itself it writes the page."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from snakespice.expressions.functions import LIBRARY, Function  # noqa: E402
from snakespice.measures.functions import library  # noqa: E402

PAGE = ROOT / "docs" / "measures.md"
ORDER = (
    *("basic", "transitions", "clocks", "spectral", "small_signal", "noise", "rf"),
    *("converters", "devices", "distance", "waveforms"),
)
HEAD = """# Measures of waveforms

Every function that an expression of a measure can call, with its definition; how expressions are
written is in the [user guide](../config/README.md#measures-of-waveforms). Between its points a
signal is a straight line unless something else is said. Behind `*` arguments go by their names.
*null where* tells when there is no such number: the measure is then empty in `measures.csv`, and
the case's warnings say why. What makes no sense whatever the data are (a spectrum over frequency,
say) is told in the first case, and the run stops.

This page is made from the code by `python tests/support/measure_reference.py`.
"""


def page() -> str:
    """Return the page as it has to be."""
    return "\n".join([HEAD, *(line for name in ORDER for line in _family(name))])


def _family(name: str) -> Iterator[str]:
    module = ast.parse((LIBRARY / f"{name}.py").read_text())
    title, _, rest = (ast.get_docstring(module) or "").partition("\n")
    yield f"## {title.rstrip('.')}\n"
    if rest.strip():
        yield f"{rest.strip()}\n"
    for function, call in library().values():
        if function.file and function.file.stem == name:
            yield from _entry(function, _written(function, call), inspect.getdoc(call) or "")


def _entry(function: Function, written: str, doc: str) -> Iterator[str]:
    text, _, raises = doc.partition("\nRaises:\n")
    unit = (function.units or {}).get("")
    yield f"### `{written}`\n"
    yield text.strip() + (f" Unit: {unit}." if unit else "") + "\n"
    nulls = [line.strip() for line in raises.splitlines() if line.strip()]
    reason = " ".join(nulls).partition("NotTaken: ")[2].partition(" Misuse: ")[0]
    if reason:
        yield f"*null where* {reason}\n"


def _written(function: Function, call: Callable[..., object]) -> str:
    """Return how a function is called: `crossing(signal, level, n=1, *, edge="either")`."""
    words = []
    for argument in inspect.signature(call).parameters.values():
        if argument.name == "case":
            continue
        if argument.kind is argument.KEYWORD_ONLY and "*" not in words and function.more is None:
            words.append("*")
        default = json.dumps(argument.default) if argument.default is not argument.empty else ""
        more = ", ..." if argument.kind is argument.VAR_POSITIONAL else ""
        words.append(f"{argument.name}={default}" if default else f"{argument.name}{more}")
    return f"{function.name}({', '.join(words)})".replace("null", "None")


if __name__ == "__main__":
    PAGE.write_text(page())
