"""Corners and draws in the parameter space: order, numbers that stay, values that are shared."""

from __future__ import annotations

import json
from typing import Any

import pytest

from snakespice.base.layout import part_cases, part_with, parts, unit_cases, units
from snakespice.config.column import Listed
from snakespice.config.product import Axis
from snakespice.config.space import Corners, Random, Space

NORMAL = {"type": "normal", "mean": "1", "sigma": "0.1"}


def corners(*labels: str, fixed: tuple[str, ...] = ()) -> Corners:
    """Corners that set temp to 0, 1 ..."""
    temps = [str(place) for place in range(len(labels))]
    return Corners(labels, Axis(("temp",), (Listed(temps),)), frozenset(fixed))


def random(num: int, *, independent: bool = False, **variables: Any) -> Random:
    described = {"method": "random", "variables": variables or {"x": NORMAL}, "correlations": []}
    return Random(1, num, independent, described)


R = Axis(("R",), (Listed(["1k", "2k"]),))


def rows(space: Space) -> list[tuple[int, dict[str, str], dict[str, str]]]:
    return list(space.labelled(range(1, len(space) + 1)))


def test_corners_vary_slowest_and_draws_fastest() -> None:
    space = Space([R], corners=corners("typ", "hot"), random=random(2))
    assert space.labels == ("corner_name", "draw")
    assert space.names == ("temp", "R", "x")
    assert [(*labels.values(), own["R"]) for _, labels, own in rows(space)] == [
        (corner, draw, r) for corner in ("typ", "hot") for r in ("1k", "2k") for draw in "012"
    ]
    assert [number for number, *_ in rows(space)] == list(range(1, 13))
    assert list(rows(space)[0][2]) == ["temp", "R", "x"]


@pytest.mark.parametrize("num", [1, 127, 128, 129, 500, 512, 513])
def test_a_case_is_the_same_however_it_is_asked_for(num: int) -> None:
    space = Space([R], corners=corners("typ", "hot"), random=random(num))
    assert len(space) == sum(space.segments) == 4 * (num + 1)
    all_cases = rows(space)
    for number in {1, 2, len(space) // 2, len(space) - 1, len(space)}:
        assert space.case(number) == all_cases[number - 1][2]
        assert str(space.stream(number)) == f"({all_cases[number - 1][1]['draw']}, '')"
    middle = range(len(space) // 3, len(space) - 1)
    assert list(space.labelled(middle)) == all_cases[middle.start - 1 : middle.stop - 1]
    found = [(labels["corner_name"], own["R"], labels["draw"]) for _, labels, own in all_cases]
    assert len(set(found)) == len(found)


def test_the_draws_of_a_segment_are_at_all_corners_before_the_next_begins() -> None:
    space = Space([], corners=corners("typ", "hot"), random=random(300))
    assert space.segments == (2 * 129, 2 * 128, 2 * 44)


@pytest.mark.parametrize("method", ["random", "lhs", "sobol"])
def test_raising_num_adds_cases_behind_and_renumbers_none(method: str) -> None:
    described = {"method": method, "variables": {"x": NORMAL}, "correlations": []}
    fewer, more = (
        Space([R], corners=corners("a", "b"), random=Random(1, num, False, described))
        for num in (256, 1024)
    )
    assert rows(more)[: len(fewer)] == rows(fewer)
    assert more.segments[: len(fewer.segments)] == fewer.segments


def test_raising_num_from_anywhere_changes_no_case_whatever_its_number() -> None:
    fewer, more = (Space([R], corners=corners("a", "b"), random=random(n)) for n in (500, 700))

    def as_set(space: Space) -> set[str]:
        return {json.dumps([labels, own]) for _, labels, own in rows(space)}

    assert as_set(fewer) < as_set(more)
    assert len(as_set(more) - as_set(fewer)) == 4 * 200


def test_a_draw_is_the_same_at_every_condition_unless_it_is_independent() -> None:
    space = Space([R], corners=corners("typ", "hot"), random=random(20))
    by_draw: dict[str, set[str]] = {}
    for _, labels, own in rows(space):
        by_draw.setdefault(labels["draw"], set()).add(own["x"])
    assert all(len(values) == 1 for values in by_draw.values())
    assert by_draw["0"] == {"1"}
    apart = Space([R], corners=corners("typ", "hot"), random=random(20, independent=True))
    values = [own["x"] for _, labels, own in rows(apart) if labels["draw"] != "0"]
    assert len(set(values)) == len(values)


def test_another_corner_or_value_or_name_changes_no_draw() -> None:
    def values(space: Space) -> dict[tuple[str, ...], str]:
        return {(own["temp"], own["R"], labels["draw"]): own["x"] for _, labels, own in rows(space)}

    for independent in (False, True):
        drawn = random(50, independent=independent)
        before = values(Space([R], corners=corners("typ", "hot"), random=drawn))
        longer = Axis(("R",), (Listed(["500", "1k", "2k"]),))
        after = values(Space([longer], corners=corners("nominal", "hot", "cold"), random=drawn))
        assert before.items() < after.items()


def test_a_corner_can_hold_the_process() -> None:
    drawn = random(5, x=NORMAL, p=NORMAL | {"process": True})
    space = Space([], corners=corners("typ", "ss", fixed=("ss",)), random=drawn)
    held = [own["p"] for _, labels, own in rows(space) if labels["corner_name"] == "ss"]
    free = [own["p"] for _, labels, own in rows(space) if labels["corner_name"] == "typ"]
    assert set(held) == {"1"}
    assert len(set(free)) == 6


def test_excluded_combinations_are_left_out_for_every_draw() -> None:
    space = Space([R], [{"temp": "1", "R": "2000"}], corners=corners("a", "b"), random=random(200))
    assert len(space) == 3 * 201
    assert not [own for _, _, own in rows(space) if (own["temp"], own["R"]) == ("1", "2k")]


def test_the_cases_of_a_corner_are_a_range_in_each_segment() -> None:
    exclude = [{"temp": "1", "R": "2000"}, {"temp": "2"}]
    space = Space([R], exclude, corners=corners("a", "b", "c"), random=random(200))
    for label in "abc":
        numbers = [number for cases in space.cases_of_corner(label) for number in cases]
        assert numbers == [n for n, labels, _ in rows(space) if labels["corner_name"] == label]


def test_draws_alone_make_a_space() -> None:
    space = Space(
        [], random=Random(1, 3, False, {"method": "random", "variables": {}, "correlations": []})
    )
    assert rows(space) == [(n + 1, {"draw": str(n)}, {}) for n in range(4)]


def test_it_survives_json() -> None:
    space = Space(
        [R], [{"R": "1k", "temp": "0"}], corners=corners("a", "b", fixed=("b",)), random=random(3)
    )
    again = Space.from_json(json.loads(json.dumps(space.to_json())))
    assert rows(again) == rows(space)
    assert (again.names, again.labels, again.segments) == (
        space.names,
        space.labels,
        space.segments,
    )


@pytest.mark.parametrize("cases_per_job", [None, 1, 7, 100, 5000])
@pytest.mark.parametrize("segments", [(1,), (10,), (12000,), (129, 128, 256), (5160, 5120, 10240)])
def test_units_and_parts_are_ranges_within_segments(
    segments: tuple[int, ...], cases_per_job: int | None
) -> None:
    names = units(segments, cases_per_job)
    ranges = [unit_cases(name, segments, cases_per_job) for name in names]
    assert [n for unit in ranges for n in unit] == list(range(1, sum(segments) + 1))
    ends = {sum(segments[: place + 1]) for place in range(len(segments))}
    assert ends <= {unit[-1] for unit in ranges}
    whole = [
        part_cases(n + 1, segments, cases_per_job) for n in range(parts(segments, cases_per_job))
    ]
    assert [n for part in whole for n in part] == list(range(1, sum(segments) + 1))
    assert {part[-1] for part in whole} <= {unit[-1] for unit in ranges}
    for number in (1, sum(segments) // 2 + 1, sum(segments)):
        assert number in whole[part_with(number, segments, cases_per_job) - 1]


@pytest.mark.parametrize("cases_per_job", [None, 7, 100])
def test_a_segment_more_changes_no_unit_before_it(cases_per_job: int | None) -> None:
    before, after = (5160, 5120), (5160, 5120, 400_000)
    for name in units(before, cases_per_job):
        assert unit_cases(name, before, cases_per_job) == unit_cases(name, after, cases_per_job)


def test_a_unit_that_is_not_there_has_no_case() -> None:
    assert not unit_cases("block_9", (10,), None)
