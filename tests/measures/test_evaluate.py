"""Expressions worked out for a case, and how they end that cannot be."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from waveform_files import ac, case_of, dc, op, tran, write_raw

from snakespice.expressions.syntax import parse
from snakespice.measures.evaluate import At, evaluate
from snakespice.measures.functions import library, with_files
from snakespice.measures.signal import Misuse, NotTaken
from snakespice.measures.waveforms import Case

PARAMETERS: dict[str, float | str] = {"R": 1000.0, "C": 1e-9, "corner": "tt"}
T = np.linspace(0, 1e-3, 101)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """Return a case of five analyses, two of them .ac."""
    f = np.geomspace(1, 1e6, 61)
    path = write_raw(
        tmp_path / "r.raw",
        tran(time=T, **{"v(out)": 2 * T, "v(in)": 1 + 0 * T, "i(v1)": -T}),
        ac(frequency=f, **{"v(out)": 10 / (1 + 1j * f / 1e3), "v(in)": 1 + 0j * f}),
        ac(frequency=f, **{"v(out)": 0.1 / (1 + 1j * f / 1e3)}),
        dc("v-sweep", np.arange(5.0), **{"v(dac)": np.arange(5.0)}),
        op(**{"v(out)": 0.7, "@m1[vds]": 0.9, "@m1[vdsat]": 0.2, "i(@m2[id])": 1e-3}),
    )
    return case_of(path, PARAMETERS, {"own.csv": tmp_path / "own.csv"})


def value(text: str, case: Case) -> float:
    calls = library()
    expression = parse(text, {name: f for name, (f, _) in calls.items()}, case.parameters)
    return evaluate(expression, case, calls)[""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R * C * 2", 2e-6),
        ("2 ** 3 ** 2 - -1 + +1", 514),
        ("1 < 2 <= 2", 1),
        ("(2 < 1) + (corner == 'tt') * 10 + (corner != 'tt') * 100", 10),
        ('maximum(v("out", plot="tran"))', 2e-3),
        ('maximum(v("out", "in", plot="tran") * 1k)', -998),
        ('maximum(v("in", "0", plot="tran"))', 1),
        ('maximum(-v("0", "in", plot="tran"))', 1),
        ('minimum(i("V1"))', -1e-3),
        ('value_at(v("OUT", plot="tran"), 0.5m)', 1e-3),
        ('average(v("out", plot="tran") > 1m)', 0.495),
        ('gain_at(v("out", plot="ac1") / v("in", plot="ac1"), 1)', 20),
        ('psrr(v("out", plot="ac1"), v("out", plot="ac2"), f=1k)', 40),
        ('psrr(f=1k, signal=v("out", plot="ac1"), supply=v("out", plot="ac2"))', 40),
        ('v("out", plot="op") * 2', 1.4),
        ('maximum(axis(v("dac")))', 4),
        ('value_at(v("dac"), v("out", plot="op"))', 0.7),
        ('saturation_margin("M1")', 0.7),
        ("saturation_margin()", 0.7),
        ('signal("@m2[id]")', 1e-3),
        ('signal("i(@m2[id])")', 1e-3),
        ("mag(3 + 4 * j) + real(j) + 0 * pi", 5),
    ],
)
def test_an_expression_is_worth_what_it_says(text: str, expected: float, case: Case) -> None:
    assert value(text, case) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('2 + maximum(v("ouut"))', r"column 13: there is no v\(ouut\) \(did you mean v\(out\)\?\)"),
        ('maximum(i("v9"))', r"column 9: there is no i\(v9\) \(did you mean i\(v1\)\?\)"),
        ('maximum(v("in", plot="tran2"))', 'column 9: there is no plot "tran2" .there are: tran,'),
        (
            'maximum(v("out"))',
            r'column 9: v\(out\) is in several analyses: say which, plot="tran", plot="ac1",'
            ' plot="ac2", plot="op"',
        ),
        ('v("dac")', r"column 1: v\(dac\) is a waveform of 5 points over v-sweep, no number"),
        ('v("dac") + v("out", plot="tran")', r"column 1: .*v\(out\) has 101 points of time"),
        ('phase_margin(v("in", plot="tran"))', "column 1: .* must be over frequency"),
        ('maximum(v("out", plot="ac1"))', "column 1: .* is complex: take mag"),
        ('average(v("out", plot="op"))', "column 1: .*operating point"),
        ("R * j", "column 1: is a complex number: take mag"),
        ("corner * 2", 'column 1: "tt" is a text, with which nothing can be computed'),
        ("corner", 'column 1: "tt" is a text, no number'),
        ("maximum(corner)", "column 1: tt is no waveform"),
        ('maximum(reference("own.csv", "v(x)"))', 'column 9: .* cannot be read from "own.csv"'),
        ('maximum(v("0"))', "column 9: this is the voltage of ground"),
        ('maximum(v("dac", curve=2))', "column 9: there is one curve in plot dc, not 2"),
        ('crossing(v("dac"), 1, n=1.5)', "column 1: n is 1.5, must be"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_place(text: str, message: str, case: Case) -> None:
    with pytest.raises(At, match=f"^{message}") as caught:
        value(text, case)
    assert isinstance(caught.value.fault, Misuse)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('crossing(v("dac"), 9)', "crosses 9 never"),
        ("1 / 0", "divided by 0"),
        ("1 / (R - 1000)", "divided by 0"),
        ("9 ** 9 ** 9", "too large"),
        ("sqrt(-1)", "is nan"),
        ("ln(0)", "is -inf"),
        ('maximum(1 / v("dac"))', "is inf at v-sweep 0"),
        ('maximum(db(0 * v("dac")))', "is -inf at v-sweep 0"),
    ],
)
def test_what_cannot_be_taken_has_a_reason(text: str, message: str, case: Case) -> None:
    with pytest.raises(NotTaken, match=message):
        value(text, case)


OWN = """
import numpy as np
from helper import FACTOR
from snakespice import NotTaken, measure, operation


@measure("V")
def top(signal):
    return FACTOR * np.max(signal.y)


@measure({"low": "V", "high": "V"})
def both(case):
    y = case.v("out", plot="tran").y * case.parameters["R"]
    return {"low": y.min(), "high": y.max()}


@measure
def never(signal):
    raise NotTaken("it is a Monday")


@measure
def broken(signal):
    return 1 / len(signal.y[:0])


@operation
def twice(signal):
    return signal * 2
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text("FACTOR = 3\n")
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path / "own.py"


def test_functions_of_a_measure_file(own: Path, case: Case) -> None:
    calls = with_files([own])
    functions = {name: function for name, (function, _) in calls.items()}

    def values(text: str) -> dict[str, float]:
        return evaluate(parse(text, functions, PARAMETERS), case, calls)

    assert values('top(twice(v("dac"))) + 1') == {"": 25}
    assert values("both()") == {"low": 0, "high": pytest.approx(2)}
    with pytest.raises(NotTaken, match="Monday"):
        values('never(v("dac"))')
    with pytest.raises(At, match="column 5: division by zero") as caught:
        values('1 + broken(v("dac"))')
    assert isinstance(caught.value.fault, ZeroDivisionError)


def test_signals_are_read_once(case: Case) -> None:
    first, second = case.v("dac"), case.v("dac")
    assert first is second
    assert case.v("out", plot="tran").x is case.v("in", plot="tran").x
    assert math.isclose(first.x[-1], 4)
