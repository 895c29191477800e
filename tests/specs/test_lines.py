"""What specifications come to over many cases: statuses, statistics, worst cases, yields."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from made import cases

from snakespice.config.specification import Override, Spec, Waiver
from snakespice.draws.draws import Draws
from snakespice.draws.methods import METHODS
from snakespice.specs.cases import COMPLETED, FAILED, PENDING, Cases
from snakespice.specs.judge import jointly, judge
from snakespice.specs.line import Line
from snakespice.specs.lines import Terms, joint_line, lines_of

NAN = math.nan
TERMS = Terms(date(2026, 11, 29))


def lines(table: Cases, spec: Spec, terms: Terms = TERMS) -> list[Line]:
    return lines_of(table, judge(table, spec), terms)


def drawn(values: Any, status: list[int] | None = None, **more: Any) -> Cases:
    """Draws 1, 2 ... of one condition, without a nominal one."""
    return cases({}, {"x": values}, status, draw=np.arange(1, len(values) + 1), **more)


def test_every_case_must_pass_where_nothing_else_is_asked_for() -> None:
    table = cases({"R": ["1k", "2k", "3k"]}, {"gain": [70, 61, 55]})
    (line,) = lines(table, Spec("gain", "gain", unit="dB", low=60))
    assert (line.status, line.reason) == ("fail", "1 of 3 cases fail")
    assert (line.n, line.passed, line.min, line.max) == (3, 2, 55, 70)
    assert (line.worst_case, line.worst_value, line.worst_parameters) == (3, 55, "R=3k")
    assert line.margin == pytest.approx(-5)
    assert line.relative_margin == pytest.approx(-5 / 60)


@pytest.mark.parametrize(
    ("values", "status", "told"),
    [
        ([70, NAN], [COMPLETED, FAILED], "of 2 cases, 1 failed"),
        ([70, NAN], [COMPLETED, PENDING], "of 2 cases, 1 are pending"),
        ([70, NAN], [COMPLETED, COMPLETED], "of 2 cases, 1 completed without x"),
    ],
)
def test_what_is_not_known_is_never_a_pass(values: Any, status: list[int], told: str) -> None:
    (line,) = lines(cases({}, {"x": values}, status), Spec("x", "x", low=60))
    assert (line.status, line.reason) == ("incomplete", told)


def test_a_fail_is_final_whatever_is_missing() -> None:
    (line,) = lines(cases({}, {"x": [55, NAN]}, [COMPLETED, PENDING]), Spec("x", "x", low=60))
    assert line.status == "fail"


def test_a_measure_whose_absence_fails_is_the_worst_case() -> None:
    (line,) = lines(cases({}, {"x": [0.5, NAN]}), Spec("x", "x", high=1, null_fails=True))
    assert (line.status, line.worst_case, line.worst_value) == ("fail", 2, None)


def test_corners_have_lines_of_their_own() -> None:
    table = cases(
        {"corner_name": ["typ", "hot", "typ", "hot"], "temp": ["27", "125"] * 2, "R": list("1122")},
        {"x": [3, 2, 4, 0.5]},
        corner_parameters=("temp",),
    )
    over_all, *corners = lines(table, Spec("x", "x", low=1))
    assert [(line.condition, line.status) for line in corners] == [("typ", "pass"), ("hot", "fail")]
    assert (over_all.status, over_all.worst_case) == ("fail", 4)
    assert over_all.worst_parameters == "corner_name=hot, temp=125, R=2"


def test_a_corner_that_has_to_be_run_and_is_not_makes_the_line_incomplete() -> None:
    table = cases({"corner_name": ["typ"]}, {"x": [3]})
    spec = Spec("x", "x", low=1, required=("typ", "hot"))
    assert (lines(table, spec)[0].status, lines(table, spec)[0].reason) == (
        "incomplete",
        "not run: hot",
    )


def test_statistics_are_by_condition_and_never_over_corners() -> None:
    rng = np.random.default_rng(1)
    cold, hot = rng.normal(10, 1, 400), rng.normal(14, 1, 400)
    table = cases(
        {"temp": ["-40"] * 400 + ["125"] * 400},
        {"x": np.concatenate([cold, hot])},
        draw=np.tile(np.arange(1, 401), 2),
    )
    over_all, *below = lines(table, Spec("x", "x", low=0, high=20, criterion="sigma", target=4))
    assert over_all.sigma is None and over_all.cpk is None
    assert [line.sigma for line in below] == pytest.approx([cold.std(ddof=1), hot.std(ddof=1)])
    assert [line.mean for line in below] == pytest.approx([cold.mean(), hot.mean()])
    assert below[0].cpk == pytest.approx(cold.mean() / cold.std(ddof=1) / 3)
    assert below[1].cpk == pytest.approx((20 - hot.mean()) / hot.std(ddof=1) / 3)
    assert [line.status for line in below] == ["pass", "pass"]
    assert (over_all.status, over_all.n) == ("pass", 400)
    assert (
        lines(table, Spec("x", "x", low=0, high=20, criterion="sigma", target=8))[0].status
        == "fail"
    )


def test_a_target_within_the_interval_is_incomplete_and_says_how_many_draws_decide() -> None:
    values = np.random.default_rng(1).normal(0, 1, 100)
    distance = (4 - values.mean()) / values.std(ddof=1)
    near = Spec("x", "x", high=4, criterion="sigma", target=round(float(distance) - 0.2, 3))
    (line,) = lines(drawn(values), near)
    assert line.status == "incomplete"
    assert line.draws_to_decide is not None and line.draws_to_decide > 1000
    assert f"about {line.draws_to_decide} draws" in line.reason
    import dataclasses

    (judged,) = lines(drawn(values), dataclasses.replace(near, by_estimate=True))
    assert judged.status == "pass" and "by the estimate alone" in judged.reason


def test_cpk_is_a_third_of_the_distance_in_sigmas() -> None:
    values = np.random.default_rng(1).normal(0, 1, 1000)
    (line,) = lines(drawn(values), Spec("x", "x", high=5, criterion="cpk", target=1.33))
    assert line.status == "pass"
    assert line.criterion == "cpk 1.33"
    assert line.cpk == pytest.approx((5 - values.mean()) / values.std(ddof=1) / 3)


@pytest.mark.parametrize("lost", [FAILED, PENDING])
def test_sigma_without_some_of_its_draws_is_incomplete(lost: int) -> None:
    values = np.random.default_rng(1).normal(0, 1, 1000)
    status = [lost] + [COMPLETED] * 999
    (line,) = lines(drawn(values, status), Spec("x", "x", high=9, criterion="sigma", target=3))
    assert line.status == "incomplete" and "sigma is not known" in line.reason


def test_draws_that_are_plainly_not_normal_decide_on_a_yield_only() -> None:
    values = np.random.default_rng(1).exponential(1, 1000)
    (line,) = lines(drawn(values), Spec("x", "x", high=99, criterion="sigma", target=3))
    assert line.status == "incomplete" and "ask for a yield" in line.reason
    assert "Cpk means little" in line.note
    (line,) = lines(drawn(values), Spec("x", "x", high=99, criterion="yield", target=0.99))
    assert line.status == "pass"


def test_a_failed_simulation_counts_as_a_fail_of_the_yield() -> None:
    status = [FAILED] * 18 + [COMPLETED] * 982
    (line,) = lines(
        drawn(np.zeros(1000), status), Spec("x", "x", high=1, criterion="yield", target=0.9)
    )
    assert (line.n, line.passed, line.failed) == (1000, 982, 18)
    assert line.pass_yield == pytest.approx(0.982)
    assert (line.yield_low, line.yield_high) == pytest.approx((0.972, 0.989), abs=5e-4)
    assert (line.yield_of_completed, line.interval) == (1.0, "Clopper-Pearson")
    assert line.status == "pass"


def test_looking_early_costs() -> None:
    terms = Terms(TERMS.today, looks=3)
    values = np.array([2.0] * 18 + [0.0] * 982)
    (line,) = lines(drawn(values), Spec("x", "x", high=1, criterion="yield", target=0.97), terms)
    assert line.interval == "confidence sequence"
    assert (line.yield_low, line.yield_high) == pytest.approx((0.961, 0.994), abs=5e-4)
    assert line.status == "incomplete"
    spec = Spec("x", "x", high=4, criterion="sigma", target=3)
    values = np.random.default_rng(1).normal(0, 1, 200)
    once, often = (lines(drawn(values), spec, t)[0] for t in (TERMS, terms))
    assert often.cpk_low < once.cpk_low < once.cpk_high < often.cpk_high  # type: ignore[operator]


def test_pending_draws_leave_a_yield_open_unless_it_has_failed_already() -> None:
    spec = Spec("x", "x", high=1, criterion="yield", target=0.9)
    some = lines(drawn(np.zeros(100), [PENDING] * 10 + [COMPLETED] * 90), spec)[0]
    assert (some.status, some.reason) == ("incomplete", "10 of 100 draws are pending")
    values = np.array([2.0] * 40 + [0.0] * 60)
    lost = lines(drawn(values, [COMPLETED] * 90 + [PENDING] * 10), spec)[0]
    assert lost.status == "fail" and "even if all others pass" in lost.reason


def test_a_chip_passes_where_it_passes_at_every_condition() -> None:
    table = cases(
        {"temp": ["-40"] * 4 + ["125"] * 4},
        {"x": [0, 0, 0, 9, 0, 9, 0, NAN]},
        [COMPLETED] * 7 + [FAILED],
        draw=[1, 2, 3, 4] * 2,
    )
    over_all, cold, hot = lines(table, Spec("x", "x", high=1, criterion="yield", target=0.2))
    assert (cold.pass_yield, hot.pass_yield, over_all.pass_yield) == (0.75, 0.5, 0.5)
    assert (over_all.n, over_all.passed, over_all.failed) == (4, 2, 1)
    assert over_all.yield_of_completed == pytest.approx(2 / 3)


def test_the_nominal_draw_is_outside_all_statistics_but_is_judged() -> None:
    table = cases({"temp": ["27"] * 4}, {"x": [5, 1, 2, 3]}, draw=[0, 1, 2, 3])
    (line,) = lines(table, Spec("x", "x", high=4))
    assert (line.n, line.mean, line.max, line.typ) == (3, 2, 3, 5)
    assert (line.status, line.worst_case, line.pass_yield) == ("fail", 1, 1.0)
    (line,) = lines(table, Spec("x", "x", high=4, criterion="yield", target=0.1))
    assert (line.status, line.worst_case) == ("pass", 4)


def test_without_draws_a_criterion_of_draws_is_not_judged_and_the_line_says_so() -> None:
    (line,) = lines(cases({}, {"x": [1, 2]}), Spec("x", "x", high=3, criterion="sigma", target=3))
    assert (line.status, line.criterion) == ("pass", "every case")
    assert "no draws" in line.note


def test_a_specification_without_limits_is_reported() -> None:
    (line,) = lines(drawn(np.arange(100.0)), Spec("x", "x", typ=3))
    assert (line.status, line.limit_typ, line.mean) == ("reported", 3, None)
    assert (line.min, line.max) == (0, 99)


def test_overrides_are_the_limits_of_their_line() -> None:
    table = cases({"corner_name": ["ss", "ff"]}, {"x": [1.1, 1.1]})
    spec = Spec("x", "x", high=1, per=(Override({"corner_name": "ff"}, None, 1.2),))
    over_all, ss, ff = lines(table, spec)
    assert (over_all.limit_max, ff.limit_max, ss.limit_max) == (1, 1.2, 1)
    assert (over_all.status, ff.status, ss.status) == ("fail", "pass", "fail")


def test_a_margin_that_simulation_does_not_resolve_is_marked() -> None:
    near, far = (lines(cases({}, {"x": [x]}), Spec("x", "x", high=1))[0] for x in (0.9995, 0.99))
    assert "reltol" in near.note and near.status == "pass"
    assert far.note == ""


def test_a_waiver_is_told_and_ends() -> None:
    table = cases({}, {"x": [2]})
    for until, waived in (("2026-11-29", True), ("2026-11-28", False)):
        spec = Spec("x", "x", high=1, waive=Waiver("Ann", "next mask", until))
        (line,) = lines(table, spec)
        assert line.status == "fail"
        assert bool(line.waived) == waived
        assert ("no longer waived" in line.note) != waived


def test_the_joint_line_has_the_worst_status_and_the_yield_of_all() -> None:
    table = cases({}, {"x": [0, 9, 0, 0], "y": [0, 0, 9, NAN]}, draw=[1, 2, 3, 4])
    specs = [
        Spec("x", "x", high=1, criterion="yield", target=0.1),
        Spec("y", "y", high=1),
        Spec("info", "y"),
    ]
    judged = [judge(table, spec) for spec in specs]
    first = [lines_of(table, one, TERMS)[0] for one in judged]
    line = joint_line(table, first, jointly([one.outcome for one in judged[:2]]), TERMS)
    assert (line.spec, line.status, line.reason) == ("all", "fail", "fail: y")
    assert (line.n, line.passed, line.pass_yield, line.null) == (4, 1, 0.25, 1)
    assert (line.worst_case, line.note) == (2, "x")


def experiments(method: str, num: int, limit: float) -> list[tuple[bool, bool]]:
    """Whether 200 experiments have an interval, and whether it holds the true yield."""
    normal = {"type": "normal", "mean": "0", "sigma": "1"}
    described = {"method": method, "variables": {"a": normal, "b": normal}, "correlations": []}
    from scipy import stats

    truth = stats.norm.cdf(limit / math.sqrt(2))
    found = []
    for seed in range(200):
        draws = Draws(seed, described)
        values = np.array([draws.values(n) for n in range(1, num + 1)], float).sum(axis=1)
        table = drawn(values, group=METHODS[method].group)
        (line,) = lines(table, Spec("x", "x", high=limit, criterion="yield", target=0.9))
        if line.yield_low is None or line.yield_high is None:
            found.append((False, False))
        else:
            found.append((True, line.yield_low <= truth <= line.yield_high))
    return found


@pytest.mark.parametrize(("method", "limit"), [("random", 2.5), ("lhs", 1.5), ("sobol", 1.5)])
def test_the_interval_of_the_yield_covers(method: str, limit: float) -> None:
    found = experiments(method, 256, limit)
    assert all(there for there, _ in found)
    assert sum(held for _, held in found) >= 182


def test_even_draws_with_few_fails_have_no_interval() -> None:
    table = drawn(np.array([9.0] * 9 + [0.0] * 119), group=METHODS["lhs"].group)
    (line,) = lines(table, Spec("x", "x", high=1, criterion="yield", target=0.5))
    assert line.status == "incomplete"
    assert "use method: random" in line.reason
