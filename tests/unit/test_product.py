"""Crossed axes, by way of a space that has nothing else, against the plain enumeration of it."""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakespice.base.quantity import match_key
from snakespice.config.column import Column, Generated, Listed
from snakespice.config.product import Axis
from snakespice.config.space import Space


def axis(name: str, *values: str) -> Axis:
    return Axis((name,), (Listed(values),))


def enumerated(space: Space) -> list[dict[str, str]]:
    """Every case by brute force."""
    kept = []
    for rows in itertools.product(*([a[i] for i in range(len(a))] for a in space.axes)):
        case = {
            name: value
            for one, row in zip(space.axes, rows, strict=True)
            for name, value in zip(one.names, row, strict=True)
        }
        excluded = any(
            all(match_key(case[name]) == match_key(value) for name, value in rule.items())
            for rule in space.exclude
        )
        if not excluded:
            kept.append({name: case[name] for name in space.names})
    return kept


def listed(space: Space) -> list[dict[str, str]]:
    return [case for _, case in space.cases(range(1, len(space) + 1))]


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Draw up to four axes of one or two columns each, with up to six exclude rules."""
    axes, values = [], {}
    for index in range(draw(st.integers(1, 4))):
        names = tuple(f"p{index}{letter}" for letter in "ab"[: draw(st.integers(1, 2))])
        rows = draw(st.integers(1, 5))
        columns: list[Column] = []
        for name in names:
            column: Column = (
                Generated({"type": "range", "start": "1", "stop": "2", "num": rows})
                if draw(st.booleans())
                else Listed(f"{draw(st.integers(1, 3))}k" for _ in range(rows))
            )
            columns.append(column)
            values[name] = [column[i] for i in range(rows)] + ["2000", "3k", "none"]
        axes.append(Axis(names, tuple(columns)))
    names_of_rules = st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=4, unique=True)
    exclude = [
        {name: draw(st.sampled_from(values[name])) for name in draw(names_of_rules)}
        for _ in range(draw(st.integers(0, 6)))
    ]
    return Space(axes, exclude, draw(st.permutations(sorted(values))))


@given(spaces())
def test_equals_enumeration(space: Space) -> None:
    expected = enumerated(space)
    assert len(space) == len(expected)
    # As items, because the order of the names counts too.
    assert [list(case.items()) for case in listed(space)] == [list(c.items()) for c in expected]


@given(spaces())
def test_survives_json(space: Space) -> None:
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert again.names == space.names
    assert listed(again) == listed(space)


def test_first_axis_varies_slowest() -> None:
    space = Space([axis("R", "1k", "2k"), axis("C", "1n", "2n")])
    assert [tuple(case.values()) for case in listed(space)] == [
        ("1k", "1n"),
        ("1k", "2n"),
        ("2k", "1n"),
        ("2k", "2n"),
    ]


def test_zipped_parameters_vary_together_and_columns_keep_written_order() -> None:
    group = Axis(("W", "L"), (Listed(["1u", "2u"]), Listed(["3u", "4u"])))
    space = Space([group, axis("R", "1k")], names=["W", "R", "L"])
    assert listed(space) == [
        {"W": "1u", "R": "1k", "L": "3u"},
        {"W": "2u", "R": "1k", "L": "4u"},
    ]
    assert list(space.case(1)) == ["W", "R", "L"]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_case_that_is_not_there(number: int) -> None:
    with pytest.raises(IndexError, match="there are 2"):
        Space([axis("R", "1k", "2k")]).case(number)


def test_exclude_compares_numbers_by_value_and_text_as_text() -> None:
    space = Space([axis("R", "1k", "2k"), axis("corner", "tt", "TT")], [{"R": "1000"}])
    assert [case["R"] for case in listed(space)] == ["2k", "2k"]
    space = Space([axis("corner", "tt", "TT")], [{"corner": "tt"}])
    assert listed(space) == [{"corner": "TT"}]


def test_everything_excluded() -> None:
    assert len(Space([axis("R", "1k"), axis("C", "1n")], [{"R": "1k"}])) == 0


def calls(work: Callable[[], object]) -> int:
    """Do it; return how many functions were called, as time says nothing on a busy machine."""
    number = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return number


def test_ten_million_cases_are_instant() -> None:
    long = {"type": "range", "start": "0", "stop": "1", "num": 1_000_000}
    corners = axis("corner", *(f"c{n}" for n in range(10)))
    rules = [{"x": "0.5", "corner": "c3"}, {"x": "1"}, {"corner": "c9", "x": "0"}]

    def look_at(exclude: list[dict[str, str]]) -> None:
        space = Space([Axis(("x",), (Generated(long),)), corners], exclude)
        for number in (1, len(space) // 2, len(space)):
            space.case(number)
        assert len(space) == 10_000_000 - (len(exclude) and 11)
        assert len(json.dumps(space.to_json())) < 1000

    assert calls(lambda: look_at([])) < 1000
    assert calls(lambda: look_at(rules)) < 1000


def test_many_rules_on_a_long_table() -> None:
    rows = 20_000
    table = Axis(("a", "b"), (Listed(map(str, range(rows))), Listed(["x"] * rows)))
    picked = random.Random(1).sample(range(rows), 500)
    rules = [{"a": str(n), "c": "2"} for n in picked]

    def look_at() -> None:
        space = Space([table, axis("c", "1", "2")], rules)
        assert len(space) == 2 * rows - 500
        assert space.case(len(space))["a"] == str(rows - 1)

    assert calls(look_at) < rows * len(rules) / 10
