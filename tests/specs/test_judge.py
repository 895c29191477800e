"""Single cases by their specifications: limits, overrides, guards, references, absent measures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made import cases

from snakespice.config.specification import Guard, Limits, Override, Spec
from snakespice.specs.cases import COMPLETED, FAILED, PENDING
from snakespice.specs.judge import FAIL, PASS, UNKNOWN, jointly, judge, relative_margin

NAN = math.nan


def outcomes(spec: Spec, values: list[float], status: list[int] | None = None) -> list[int]:
    return list(judge(cases({}, {spec.measure: values}, status), spec).outcome)


def test_limits_belong_to_what_passes() -> None:
    spec = Spec("gain", "gain", low=60, high=80)
    assert outcomes(spec, [59.99, 60, 70, 80, 80.01]) == [FAIL, PASS, PASS, PASS, FAIL]


def test_one_limit_is_enough() -> None:
    assert outcomes(Spec("g", "g", low=60), [59, 1e9]) == [FAIL, PASS]
    assert outcomes(Spec("g", "g", high=60), [-1e9, 61]) == [PASS, FAIL]


def test_without_a_number_nothing_passes_or_fails() -> None:
    spec = Spec("g", "g", low=60)
    # What a failed case measured before it failed is not believed.
    assert outcomes(spec, [NAN, 70, 70], [COMPLETED, FAILED, PENDING]) == [UNKNOWN] * 3


def test_absence_is_the_failure_where_the_specification_says_so() -> None:
    spec = Spec("settle", "settle", high=1e-6, null_fails=True)
    status = [COMPLETED, FAILED, PENDING]
    assert outcomes(spec, [NAN, NAN, NAN], status) == [FAIL, UNKNOWN, UNKNOWN]


def test_without_limits_nothing_is_judged() -> None:
    assert outcomes(Spec("g", "g", typ=3, null_fails=True), [1, NAN]) == [UNKNOWN, UNKNOWN]


def test_of_the_overrides_that_match_the_last_counts_and_inherits() -> None:
    spec = Spec(
        "power",
        "power",
        low=0,
        high=1e-3,
        per=(
            Override({"corner": "ff"}, None, 1.2e-3),
            Override({"corner": "ff", "vdd": "1980m"}, 0.1e-3, None),
        ),
    )
    parameters = {"corner": ["ss", "ff", "ff"], "vdd": ["1.98", "1.62", "1.98"]}
    judged = judge(cases(parameters, {"power": [1.1e-3, 1.1e-3, 1.1e-3]}), spec)
    # The last override names no maximum, so that is the specification's own, not that of ff.
    assert judged.outcome.tolist() == [FAIL, PASS, FAIL]
    assert [judged.limits(row) for row in range(3)] == [(0, 1e-3), (0, 1.2e-3), (0.1e-3, 1e-3)]


def test_a_guard_tightens_the_limits_and_the_margin() -> None:
    spec = Spec("offset", "offset", low=-5e-3, high=5e-3, guard=Guard(0.1, relative=True))
    judged = judge(cases({}, {"offset": [4.4e-3, 4.6e-3, -4.6e-3]}), spec)
    assert judged.outcome.tolist() == [PASS, FAIL, FAIL]
    assert judged.margin == pytest.approx([0.1e-3, -0.1e-3, -0.1e-3])
    assert judged.limits(0) == (-5e-3, 5e-3)
    absolute = Spec("gain", "gain", low=60, guard=Guard(2, relative=False))
    assert outcomes(absolute, [61.9, 62]) == [FAIL, PASS]


def test_a_case_is_compared_with_the_one_that_has_other_values() -> None:
    parameters = {"temp": ["-40", "27", "125"] * 2, "R": ["1k"] * 3 + ["2k"] * 3}
    values = [1.01, 1.0, 1.03, 2.0, 2.0, 1.9]
    percent = Spec("drift", "vref", unit="%", low=-2, high=2, relative_to={"temp": "27.0"})
    judged = judge(cases(parameters, {"vref": values}), percent)
    assert judged.value == pytest.approx([1, 0, 3, 0, 0, -5])
    assert judged.outcome.tolist() == [PASS, PASS, FAIL, PASS, PASS, FAIL]
    volts = Spec("drift", "vref", unit="V", high=0.02, relative_to={"temp": "27"})
    assert judge(cases(parameters, {"vref": values}), volts).value == pytest.approx(
        [0.01, 0, 0.03, 0, 0, -0.1]
    )


def test_what_has_nothing_to_be_compared_with_is_not_known() -> None:
    parameters = {"temp": ["-40", "27", "-40"], "R": ["1k", "1k", "2k"]}
    spec = Spec("drift", "vref", unit="%", high=2, relative_to={"temp": "27"})
    lacking = judge(cases(parameters, {"vref": [1, 1, 1]}), spec)
    assert lacking.outcome.tolist() == [PASS, PASS, UNKNOWN]
    failed = cases(parameters, {"vref": [1, 1, 1]}, [COMPLETED, FAILED, COMPLETED])
    assert judge(failed, spec).outcome.tolist() == [UNKNOWN] * 3
    zero = judge(cases(parameters, {"vref": [1, 0, 1]}), spec)
    assert zero.outcome.tolist() == [UNKNOWN] * 3
    elsewhere = Spec("drift", "vref", high=2, relative_to={"temp": "85"})
    assert (
        judge(cases(parameters, {"vref": [1, 1, 1]}), elsewhere).outcome.tolist() == [UNKNOWN] * 3
    )


def test_draws_are_compared_with_the_nominal_one_or_with_the_same_draw() -> None:
    table = cases(
        {"temp": ["27"] * 3 + ["125"] * 3}, {"v": [1, 1.1, 1.2, 2, 2.2, 2.5]}, draw=[0, 1, 2] * 2
    )
    nominal = Spec("spread", "v", relative_to={"draw": "0"}, high=1)
    assert judge(table, nominal).value == pytest.approx([0, 0.1, 0.2, 0, 0.2, 0.5])
    same = Spec("drift", "v", relative_to={"temp": "27"}, high=1)
    assert judge(table, same).value == pytest.approx([0, 0, 0, 1, 1.1, 1.3])


def test_another_corner_comes_with_all_that_it_sets() -> None:
    table = cases(
        {
            "corner_name": ["typ", "hot", "typ", "hot"],
            "temp": ["27", "125", "27", "125"],
            "R": ["1k", "1k", "2k", "2k"],
        },
        {"v": [1, 1.5, 3, 4]},
        corner_parameters=("temp",),
    )
    spec = Spec("drift", "v", relative_to={"corner_name": "typ"}, high=1)
    assert judge(table, spec).value == pytest.approx([0, 0.5, 0, 1])


def test_another_value_of_what_a_corner_sets_comes_with_another_corner() -> None:
    table = cases(
        {"corner_name": ["typ", "hot"], "temp": ["27", "125"], "vdd": ["1.8", "1.8"]},
        {"v": [1, 1.5]},
        corner_parameters=("temp",),
    )
    assert judge(table, Spec("d", "v", relative_to={"temp": "27"}, high=1)).value[1] == 0.5


def test_margins_are_to_the_nearer_limit() -> None:
    judged = judge(cases({}, {"x": [1, 9, 12, NAN]}), Spec("x", "x", low=0, high=10))
    assert judged.margin[:3] == pytest.approx([1, 1, -2])
    assert np.isnan(judged.margin[3])
    assert relative_margin(-2, Limits(0, 10)) == pytest.approx(-0.2)
    assert relative_margin(6, Limits(None, -60)) == pytest.approx(0.1)
    assert relative_margin(6, Limits(0, None)) is None


def test_together_a_fail_beats_what_is_not_known_and_that_a_pass() -> None:
    one = np.array([PASS, PASS, PASS, FAIL, UNKNOWN], np.int8)
    other = np.array([PASS, FAIL, UNKNOWN, UNKNOWN, UNKNOWN], np.int8)
    assert jointly([one, other]).tolist() == [PASS, FAIL, UNKNOWN, FAIL, UNKNOWN]


def test_a_specification_goes_through_json() -> None:
    import json

    spec = Spec(
        "x",
        "y",
        low=1,
        per=(Override({"a": "1"}, None, 3.0),),
        guard=Guard(0.1, True),
        criterion="yield",
        target=0.99,
        relative_to={"a": "1"},
        required=("hot",),
    )
    assert Spec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
