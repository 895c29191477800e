"""Expressions: what is let through, and that nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from snakespice.expressions.functions import library_functions
from snakespice.expressions.syntax import Expression, parse
from snakespice.expressions.text import WrongExpression

PARAMETERS = ("R", "C", "corner", "pi2")


def read(text: str) -> Expression:
    return parse(text, library_functions(), PARAMETERS)


def refusal(text: str) -> str:
    with pytest.raises(WrongExpression) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'settling_time(v("out"), band=0.001)',
        'sndr(v("out"), f0=10k)',
        'maximum(v("a", "b")) / R ** 2 - 1.5meg * C',
        'average(v("out", plot="tran") > 0.5 * R)',
        'psrr(v("out", plot="ac1"), v("out", plot="ac2"), f=1k)',
        'value_at(signal("@m1[gm]"), x=R)',
        'maximum(db(v("out")) + phase(v("in")) / pi)',
        'maximum(real(j * v("out")))',
        '(corner == "tt") * 2',
        "-R",
        "1u < C <= 2u",
        'crossing(\n  v("out"),\n  0.5, edge="rise"\n)',
        "saturation_margin('m1', 'm.x1.m2')",
        "saturation_margin()",
    ],
)
def test_what_a_designer_writes_is_read(text: str) -> None:
    assert read(text).text == text


def test_what_it_reads_is_known_before_anything_runs() -> None:
    found = read(
        'distance_max(v("Out", "0") - v("a","b"), reference("g.csv", "x")) * R + '
        'saturation_margin("m1") + average(i("V1")) + average(signal("@M1[gm]"))'
    )
    assert found.vectors == {
        *("v(out)", "v(a)", "v(b)", "i(v1)"),
        *("@m1[gm]", "@m1[vds]", "@m1[vdsat]"),
    }
    assert found.parameters == {"R"}
    assert found.files == {"g.csv"}
    assert "distance_max" in found.functions


def test_unit_is_that_of_the_function_it_consists_of() -> None:
    assert read('settling_time(v("out"))').units == {"": "s"}
    assert read('2 * settling_time(v("out"))').units == {"": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'setling_time(v("out"))',
            'column 1: there is no function "setling_time" (did you mean "settling_time"?)',
        ),
        (
            '2 * maximum(v("out")) + tua',
            'column 25: there is no parameter "tua"',
        ),
        ("2 * Rr", 'column 5: there is no parameter "Rr" (did you mean "R"?)'),
        (
            'settling_time(v("out"), bnd=0.1)',
            'column 25: settling_time has no argument "bnd" (did you mean "band"?)',
        ),
        (
            "settling_time(R, 3, 4, 5, 6)",
            "column 27: settling_time takes 4 arguments without a name, here is one more"
            " (as settling_time(signal, band=..., initial=..., final=..., start=...))",
        ),
        ("value_at(v('a'))", 'column 1: value_at lacks "x" (as value_at(signal, x))'),
        ("maximum(3)", 'column 9: "signal" of maximum must be a waveform, not a number'),
        (
            "maximum('out')",
            'column 9: "signal" of maximum must be a waveform, not a text in quotes',
        ),
        ("v(out)", 'column 3: "node" of v must be a text in quotes (write "out")'),
        ("v(R)", 'column 3: "node" of v must be a text in quotes (write "R")'),
        (
            'crossing(v("a"), 1, edge="up")',
            'column 26: "edge" of crossing cannot be "up" (one of "rise", "fall", "either")',
        ),
        ("10M * R", "column 1: 10M is milli to SPICE (write 10Meg or 10e6, or 10m)"),
        ("R * 20MHz", "column 5: 20MHz is milli to SPICE (write 20Meg or 20e6, or 20m)"),
        ("1k5", "column 1: cannot be read: "),
        ("2j", 'column 1: "2j" is not a SPICE number (write j as a factor)'),
        ("R R", "column 3: cannot be read: "),
        ("R +", "column 4: cannot be read: "),
        ("2 * (R", "column 5: cannot be read: '(' was never closed"),
        ("", "column 1: is empty"),
        ("'tt'", "column 1: is a text, not a number"),
        ("'a' + R", "column 1: is a text, with which nothing can be computed"),
        ("'a' == 'b'", "column 1: a text can only be equal to a parameter, or not (== and !=)"),
        ("corner < 'b'", "column 1: a text can only be equal to a parameter, or not (== and !=)"),
        ("maximum", 'column 1: "maximum" is a function (call it: maximum(...))'),
        ("10k * maximum(R, zz)", "column 18: maximum takes 1 arguments"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_right_name(
    text: str, message: str
) -> None:
    assert refusal(text).startswith(message)


def test_all_mistakes_are_told_at_once() -> None:
    assert refusal('maxmum(v("a")) + Q + minimum(1)').count("column") == 3


@pytest.mark.parametrize(
    "text",
    [
        '__import__("os").system("id")',
        'open("/etc/passwd")',
        'eval("1")',
        'exec("import os")',
        "().__class__.__bases__[0].__subclasses__()",
        'v("out").__class__',
        'v("out").x',
        'v("out")[0]',
        "maximum.__globals__",
        '"{0.__class__}".format(R)',
        'f"{R}"',
        "lambda: 0",
        "(lambda: 0)()",
        "[x for x in (1, 2)]",
        "{1: 2}",
        "[1, 2]",
        "(1, 2)",
        "R if R else C",
        "R and C",
        "not R",
        "~R",
        "R // 2",
        "R % 2",
        "R @ C",
        "R << 2",
        "(x := 1)",
        "maximum(*R)",
        "maximum(**R)",
        'maximum(v("a"), **R)',
        "R is C",
        "R in C",
        "None",
        "True",
        "...",
        'b"a"',
        "yield",
        "await R",
        "print(R)",
        'getattr(R, "x")',
        "globals()",
        "R; C",
        "R\n\nimport os",
        "exit()",
        "breakpoint()",
        'v("a")("b")',
        "maximum(maximum)(R)",
    ],
)
def test_nothing_else_of_python_is_let_through(text: str) -> None:
    assert "column" in refusal(text)


def test_deep_nesting_and_length_are_refused() -> None:
    assert "too many nested" in refusal("(" * 900 + "1" + ")" * 900)
    assert "more than 2000" in refusal("1+" * 2000 + "1")
    assert "column" in refusal("-" * 1900)


@given(some.text(alphabet="vi()\"'R+-*/.,= 1k_[]{}:@é\\\n", max_size=40))
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        read(text)
    except WrongExpression as fault:
        assert all(1 <= mistake.column <= len(text) + 1 for mistake in fault.mistakes)
