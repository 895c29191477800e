"""Generators: their values, what cannot be one, finding a value again, and where each is told."""

from __future__ import annotations

from typing import Any

import pytest
from guide import check_kinds
from hypothesis import given
from hypothesis import strategies as st

from snakespice.base.quantity import match_key
from snakespice.config.column import Generated
from snakespice.config.generators import GENERATORS


def generated(**spec: Any) -> list[str]:
    column = Generated(spec)
    return [column[index] for index in range(len(column))]


VALUES: list[tuple[dict[str, Any], str]] = [
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
]


@pytest.mark.parametrize(("spec", "values"), VALUES)
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
        (
            {"type": "logspce", "start": 1, "stop": 1000, "num": 3},
            r'type: "logspce" is none \(did you mean "logspace"\?\)',
        ),
    ],
)
def test_generators_that_cannot_be(spec: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Generated(spec)


def test_every_generator_is_tested_here() -> None:
    assert {spec["type"] for spec, _ in VALUES} == set(GENERATORS)


def test_registry_schema_and_guide_have_the_same_generators() -> None:
    check_kinds(GENERATORS, schema="sweep", union="generated", heading="Generated values")


@given(st.integers(1, 400), st.floats(-1e6, 1e6), st.floats(0.1, 1e6), st.booleans())
def test_every_generated_value_is_found(num: int, low: float, span: float, log: bool) -> None:
    start = abs(low) + 1e-3 if log else low
    kind = "logspace" if log else "range"
    column = Generated({"type": kind, "start": repr(start), "stop": repr(start + span), "num": num})
    for index in {0, num // 2, num - 1}:
        assert column.find(match_key(column[index])) == [index]
    assert column.find("tt") == ()
    assert column.find(start - span) == []
