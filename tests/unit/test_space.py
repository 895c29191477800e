"""The parameter space against the plain enumeration of it."""

from __future__ import annotations

import itertools
import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakespice.quantity import match_key
from snakespice.space import Axis, Column, Generated, Listed, Space


def axis(name: str, *values: str) -> Axis:
    return Axis((name,), (Listed(values),))


def generated(**spec: Any) -> list[str]:
    column = Generated(spec)
    return [column[index] for index in range(len(column))]


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


def test_ten_million_cases_are_instant() -> None:
    long = {"type": "range", "start": "0", "stop": "1", "num": 1_000_000}
    corners = axis("corner", *(f"c{n}" for n in range(10)))
    rules = [{"x": "0.5", "corner": "c3"}, {"x": "1"}, {"corner": "c9", "x": "0"}]
    began = time.perf_counter()
    for exclude in ([], rules):
        space = Space([Axis(("x",), (Generated(long),)), corners], exclude)
        for number in (1, len(space) // 2, len(space)):
            space.case(number)
        assert len(space) == 10_000_000 - (len(exclude) and 11)
        assert len(json.dumps(space.to_json())) < 1000
    assert time.perf_counter() - began < 0.5


def test_many_rules_on_a_long_table() -> None:
    rows = 20_000
    table = Axis(("a", "b"), (Listed(map(str, range(rows))), Listed(["x"] * rows)))
    picked = random.Random(1).sample(range(rows), 500)
    began = time.perf_counter()
    space = Space([table, axis("c", "1", "2")], [{"a": str(n), "c": "2"} for n in picked])
    assert len(space) == 2 * rows - 500
    assert space.case(len(space))["a"] == str(rows - 1)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ({"type": "range", "start": -40, "stop": 125, "num": 4}, "-40 15 70 125"),
        ({"type": "range", "start": "0.1", "stop": "0.5", "num": 5}, "0.1 0.2 0.3 0.4 0.5"),
        ({"type": "range", "start": "1k", "stop": 0, "num": 3}, "1000 500 0"),
        ({"type": "range", "start": "5", "stop": "9", "num": 1}, "5"),
        ({"type": "step", "start": "0", "stop": "1", "step": "0.3"}, "0 0.3 0.6 0.9"),
        ({"type": "step", "start": "0", "stop": "0.3", "step": "0.1"}, "0 0.1 0.2 0.3"),
        ({"type": "step", "start": "3", "stop": "1", "step": "-1"}, "3 2 1"),
        ({"type": "step", "start": "1k", "stop": "1k", "step": "1"}, "1000"),
        ({"type": "logspace", "start": "1", "stop": "1meg", "num": 3}, "1 1000 1000000"),
        (
            {"type": "logspace", "start": "100p", "stop": "10n", "num": 5},
            "1e-10 3.16227766017e-10 1e-09 3.16227766017e-09 1e-08",
        ),
        ({"type": "logspace", "start": "-1", "stop": "-100", "num": 3}, "-1 -10 -100"),
    ],
)
def test_generated_values(spec: dict[str, Any], values: str) -> None:
    assert generated(**spec) == values.split()


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        ({"type": "range", "start": "1Ok", "stop": 2, "num": 2}, 'start: "1Ok" is not a SPICE'),
        ({"type": "range", "start": 1, "stop": 1, "num": 2}, "lie so close"),
        ({"type": "logspace", "start": 1, "stop": 1.0000000000001, "num": 9}, "lie so close"),
        ({"type": "range", "start": 0, "stop": "5e-324", "num": 3}, "lie so close"),
        ({"type": "logspace", "start": "1e-322", "stop": 1, "num": 9}, "too small"),
        ({"type": "logspace", "start": 0, "stop": 1, "num": 2}, "touch or cross zero"),
        ({"type": "logspace", "start": -1, "stop": 1, "num": 2}, "touch or cross zero"),
        ({"type": "range", "start": 0, "stop": 1, "num": 10**20}, "more than 1,000,000,000"),
        ({"type": "step", "start": 0, "stop": 1, "step": 0}, "does not lead"),
        ({"type": "step", "start": 0, "stop": 1, "step": -1}, "does not lead"),
    ],
)
def test_generators_that_cannot_be(spec: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Generated(spec)


@given(st.integers(1, 400), st.floats(-1e6, 1e6), st.floats(0.1, 1e6), st.booleans())
def test_every_generated_value_is_found(num: int, low: float, span: float, log: bool) -> None:
    start = abs(low) + 1e-3 if log else low
    kind = "logspace" if log else "range"
    column = Generated({"type": kind, "start": repr(start), "stop": repr(start + span), "num": num})
    for index in {0, num // 2, num - 1}:
        assert column.find(match_key(column[index])) == [index]
    assert column.find("tt") == ()
    assert column.find(start - span) == []
