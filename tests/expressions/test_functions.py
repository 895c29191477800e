"""Functions that expressions can call are found in the text of their files, and nothing is run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from snakespice.expressions.functions import (
    Kind,
    Unreadable,
    library_functions,
    read_functions,
)
from snakespice.measures.functions import library

OWN = '''
"""It would end the process if it were imported."""
raise SystemExit(1)

from snakespice import measure, operation
import typing

Side = typing.Literal
Edge = Literal["rise", "fall"]


@measure("s", version=2)
def jitter(signal: Signal, edge: Edge = "rise", *, band: float = 1e6) -> float:
    """How it shakes.

    More of that.
    """


@measure({"rms": "V", "pp": "V"})
def both(case): ...


@snakespice.measure
def plain(x, n: float | None = None): ...


@operation
def twice(x: Signal | float) -> Signal | float: ...


def unmarked(x): ...
'''


def found(tmp_path: Path, text: str = OWN) -> dict:  # type: ignore[type-arg]
    path = tmp_path / "own.py"
    path.write_text(text)
    return read_functions(path)


def test_marks_and_annotations_say_how_functions_are_called(tmp_path: Path) -> None:
    functions = found(tmp_path)
    assert list(functions) == ["jitter", "both", "plain", "twice"]
    jitter, both, plain, twice = functions.values()
    assert jitter.units == {"": "s"}
    assert jitter.version == 2
    assert jitter.summary == "How it shakes."
    assert [a.kind for a in jitter.arguments] == [Kind.SIGNAL, Kind.TEXT, Kind.NUMBER]
    assert jitter.arguments[1].choices == ("rise", "fall")
    assert [a.is_required for a in jitter.arguments] == [True, False, False]
    assert jitter.arguments[2].is_named
    assert both.units == {"rms": "V", "pp": "V"}
    assert both.stands_alone
    assert not plain.stands_alone
    assert [a.kind for a in plain.arguments] == [Kind.ANY, Kind.NUMBER]
    assert twice.gives is Kind.EITHER


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", "line 1: invalid syntax"),
        ("@measure(UNIT)\ndef f(x): ...\n", "line 2: unit of f is no plain value"),
        ("@measure\ndef f(**k): ...\n", r"line 2: f takes \*\*k: name them"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        found(tmp_path, text)


def test_what_is_read_is_what_is_imported() -> None:
    calls = library()
    assert calls.keys() == library_functions().keys()
    assert sum(function.units is not None for function, _ in calls.values()) >= 40


@pytest.mark.parametrize("name", sorted(library_functions()))
def test_every_function_has_its_definition_and_says_why_it_cannot_be_taken(name: str) -> None:
    function, call = library()[name]
    text = call.__doc__ or ""
    assert function.summary
    assert function.summary.endswith((".", ")"))
    takes_data = function.units is not None and name not in {
        *("minimum", "maximum", "peak_to_peak", "x_of_minimum", "x_of_maximum", "first", "last"),
        *("crossing_count", "peaking"),
    }
    assert not takes_data or "NotTaken" in text


def test_the_check_of_expressions_loads_no_numpy() -> None:
    code = (
        "import sys; from snakespice.expressions.functions import library_functions as f;"
        "from snakespice.expressions.syntax import parse; parse('1', f(), ());"
        "sys.exit('numpy' in sys.modules or 'snakespice.measures' in sys.modules)"
    )
    scripts = Path(__file__).parents[2] / "scripts"
    subprocess.run([sys.executable, "-c", code], cwd=scripts, check=True)
