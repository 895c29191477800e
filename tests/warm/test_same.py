"""The warm engine gives what the cold one gives, to the last byte, or refuses."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import both  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import pytest

from snakespice.engines.grouping import group_cases
from snakespice.engines.warm import CannotRunWarm

Values = list[dict[str, str]]

# Values whose binary form is not exact, so that a rounding on the way would show.
R: Values = [{"R": value} for value in ("1k", "3.3k", "4.7e3", "0.123456789meg", "5610")]
RT: Values = [
    {"R": "3.3k", "T": "27"},
    {"R": "1.1k", "T": "-40"},
    {"R": "7.77k", "T": "125"},
    {"R": "3.3k", "T": "85.5"},
]

RC = """* RC, R=<R>
.param r_val=<R> c_val=1.7n
V1 in 0 DC 0.3 AC 1 PULSE(0 1 1u 10n 10n 20u 40u)
R1 in out {r_val} tc1=100u
C1 out 0 {c_val}
.save v(in) v(out)
"""
FEATURES = {
    "param": (RC + ".tran 50n 10u\n.meas tran vmax max v(out)\n.end\n", R),
    "param_and_temperature": (RC + ".param t=<T>\n.temp {t}\n.tran 50n 10u\n.end\n", RT),
    "literal_temperature": (RC + ".temp <T>\n.tran 50n 10u\n.end\n", RT),
    "title_varies": (RC.replace("* RC", "Some Title: ") + ".op\n.end\n", R),
    "literal_element_value": (
        "t\nV1 in 0 1.1\nR1 in out <R>\nR2 out 0 2.2k tc1=1m\n.op\n.end\n",
        R,
    ),
    "instance_parameter": (
        "t\nV1 in 0 1.1\nX1 in out div R=<R>\nX2 out 0 div R=2.2k\n"
        ".subckt div a b R=1k\n.param half={R/3}\nR1 a m {half}\nR2 m b {R-half}\n.ends\n"
        ".op\n.end\n",
        R,
    ),
    "subcircuit_param": (
        "t\nV1 in 0 1.1\nX1 in 0 div\n.subckt div a b\n.param r_in=<R>\nR1 a m {r_in}\n"
        "R2 m b {2*r_in}\n.ends\n.op\n.end\n",
        R,
    ),
    "expressions": (
        "t\n.param a={<R>*1.3} b='<R>/7' c={sqrt(a)+b}\nV1 in 0 {c}\nR1 in 0 {b*(1+<R>)}\n"
        ".op\n.end\n",
        R,
    ),
    "model": (
        "t\n.param n_val=<N>\nI1 0 a 1m\nD1 a 0 dm\n.model dm d(is=<IS> n={n_val} rs=0.1)\n"
        ".dc I1 0 1m 0.05m\n.meas dc vd find v(a) at=0.7m\n.end\n",
        [
            {"N": "1.0", "IS": "1e-14"},
            {"N": "1.37", "IS": "3.3e-15"},
            {"N": "1.9", "IS": "7f"},
        ],
    ),
    "if": (
        "t\n.param sel=<S> r_val=<R>\nV1 in 0 1.1\n.if (sel==1)\nR1 in out {r_val}\n"
        ".elseif (sel==2)\nR1 in out {2*r_val}\n.else\nR1 in out 47\n.endif\nR2 out 0 3.3k\n"
        ".op\n.end\n",
        [{"S": s, "R": r} for s, r in (("1", "1k"), ("2", "3.3k"), ("3", "1k"), ("2", "1k"))],
    ),
    "analysis_cards": (
        RC + ".ac dec 7 <F> {1e3*<F>}\n.tran <STEP> 10u\n"
        ".meas ac g find vdb(out) at=20k\n.meas tran vmax max v(out)\n.end\n",
        [
            {"R": "1k", "F": "100", "STEP": "50n"},
            {"R": "3.3k", "F": "130", "STEP": "70n"},
            {"R": "1.2k", "F": "1.7k", "STEP": "33n"},
        ],
    ),
    "measures": (
        RC + ".param level=<L>\n.tran 50n 10u\n.meas tran t1 when v(out)=<L> rise=1\n"
        ".meas tran t2 when v(out)=level rise=1\n.meas tran w find v(out) at=<AT>\n"
        ".meas tran p param='t1*2+w'\n.end\n",
        [
            {"R": "1k", "L": "0.5", "AT": "3u"},
            {"R": "3.3k", "L": "0.3", "AT": "4.3u"},
            {"R": "1k", "L": "0.7", "AT": "3u"},
        ],
    ),
    "monte_carlo": (
        "t\n.param r_val=<R>\n.param r1={agauss(r_val, 0.1*r_val, 3)} r2={aunif(1k, 100)}\n"
        ".param r3={gauss(2k, 0.1, 1)}\nV1 in 0 1.1\nR1 in a {r1}\nR2 a b {r2}\nR3 b 0 {r3}\n"
        ".op\n.end\n",
        [{"R": "1k"}] * 4 + R,
    ),
    "own_seed": (
        "t\n.options seed=<S> reltol=1e-4\nV1 in 0 1.1\nR1 in a {agauss(1k, 100, 3)}\nR2 a 0 1k\n"
        ".op\n.end\n",
        [{"S": "1"}, {"S": "77"}, {"S": "1234567"}],
    ),
    "initial_conditions": (
        RC + ".ic v(out)=<V>\n.tran 50n 10u uic\n.end\n",
        [{"R": "1k", "V": "0.1"}, {"R": "3.3k", "V": "-0.3"}, {"R": "1k", "V": "0.77"}],
    ),
    "waveform": (
        "t\nV1 in 0 PWL(0 0 1u <V> {2*<W>} -0.3)\nR1 in out 1k\nC1 out 0 1n\n.tran 50n 10u\n.end\n",
        [{"V": "1", "W": "1u"}, {"V": "-0.77", "W": "1.3u"}, {"V": "0.9", "W": "2u"}],
    ),
    "continued_lines": (
        "t\n.param a=1\n+ b=<R>\n+ c={a*b}\nV1 in 0\n+ 1.1\nR1 in 0\n+ {c}\n.op\n.end\n",
        R,
    ),
    "several_analyses": (
        RC + ".op\n.DC V1 0 1 0.1\n.ac dec 5 1k 1meg\n.tran 50n 10u\n"
        ".meas tran vmax max v(out)\n.end\n",
        R,
    ),
    "failing_measure": (RC + ".tran 50n 10u\n.meas tran vmax max v(out)\n.end\n", R),
    "some_fail": (
        "t\n.param hold=<H>\nV1 in 0 1\nB1 x 0 V = v(x) > hold ? 0 : 1\nR3 x 0 1k\n"
        "R1 in 0 1k\n.op\n.end\n",
        [{"H": "2"}, {"H": "0.5"}, {"H": "3"}],
    ),
}


@pytest.mark.parametrize("feature", FEATURES)
def test_warm_is_cold(feature: str, desk: both.Desk) -> None:
    template, values = FEATURES[feature]
    cases = desk.cases(template, values)
    cold = desk.cold(cases)
    assert len({outcome.raw for outcome in cold}) > 1, "nothing depends on what varies"
    both.assert_same(desk.warm(both.one_group(cases), cores=2), cold)


# No seed makes such a source repeat itself, so no two runs are the same.
NOISE = """t
V1 in 0 DC 0 TRNOISE(<A> 10n 0 0)
R1 in out 1k
R2 out 0 1k
.tran 10n 1u
.end
"""


def test_difference_is_caught(desk: both.Desk) -> None:
    cases = desk.cases(NOISE, [{"A": value} for value in ("1m", "3m", "10m")])
    with pytest.raises(CannotRunWarm) as told:
        desk.compare(both.one_group(cases))
    assert re.search(r"case 2: case_2_results.raw has other data", str(told.value))


def test_parameter_that_is_not_followed_is_caught(desk: both.Desk) -> None:
    template, values = FEATURES["literal_temperature"]
    group = both.one_group(desk.cases(template, values))
    deaf = replace(group, netlist=re.sub(r"(?m)^\.temp .*", ".temp 27", group.netlist))
    with pytest.raises(CannotRunWarm, match="other data"):
        desk.compare(deaf)


def test_trust_is_earned(desk: both.Desk) -> None:
    template, values = FEATURES["monte_carlo"]
    cases = desk.cases(template, values)
    (kept,) = desk.compare(both.one_group(cases))
    assert kept.number != 1 and kept.result.exit_code == 0


def test_start_up_commands(desk: both.Desk) -> None:
    commands = "set numdgt=4\noption reltol=1e-2\n"
    desk.settings = replace(desk.settings, spiceinit=commands)
    template, values = FEATURES["param"]
    cases = desk.cases(template, values)
    cold = desk.cold(cases)
    both.assert_same(desk.warm(both.one_group(cases)), cold)
    assert (cases[0].directory / ".spiceinit").read_text() == commands
    desk.settings = replace(desk.settings, spiceinit="")
    assert desk.cold(cases)[0].raw != cold[0].raw, "the option has no effect"


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("t\nV1 1 0 <V>\nR1 1 0 1k\n.control\nop\n.endc\n.end\n", r"\.control"),
        ("t\nV1 1 0 1\nR1 1 0 1k\n.options reltol=<V>e-4\n.op\n.end\n", "too few"),
        ("t\nV1 1 0 1\nB1 2 0 V=<V>*v(1)\n.op\n.end\n", "too few"),
        ("t\nV1 1 0 <V>\nR1 1 0 1k\n*# op\n.op\n.end\n", r"\*#"),
        ("t\nV1 1 0 <V>\n.options seed=1\n.options seed=2\nR1 1 0 1k\n.op\n.end\n", "seeds"),
    ],
)
def test_what_runs_cold(template: str, why: str, desk: both.Desk) -> None:
    cases = desk.cases(template, [{"V": value} for value in ("1", "2", "3")])
    found, alone = group_cases(both.with_netlists(cases), smallest=3)
    assert found == [] and set(alone) == {1, 2, 3}
    assert all(re.search(why, reason) for reason in alone.values())


def test_corners_and_models_make_groups_of_their_own(desk: both.Desk) -> None:
    (desk.directory / "m.lib").write_text(
        ".lib tt\n.param k=1\n.endl\n.lib ss\n.param k=2\n.endl\n"
    )
    template = 't\n.lib "m.lib" <C>\nV1 1 0 <V>\nR1 1 0 {k*1k}\n.op\n.end\n'
    values = [{"C": corner, "V": volt} for corner in ("tt", "ss") for volt in ("1", "2.2", "3.3")]
    cases = desk.cases(template, values)
    found, alone = group_cases(both.with_netlists(cases), smallest=3)
    assert [[case.number for case in group.cases] for group in found] == [[1, 2, 3], [4, 5, 6]]
    assert alone == {}
    for group in found:
        both.assert_same(desk.warm(group), desk.cold(group.cases))


def test_few_small_cases_are_not_worth_it(desk: both.Desk) -> None:
    cases = desk.cases("t\nV1 1 0 <V>\n.op\n.end\n", [{"V": str(v)} for v in range(1, 21)])
    assert set(group_cases(both.with_netlists(cases[:5]))[1].values()) == {
        "too few cases share its netlist"
    }
    assert len(group_cases(both.with_netlists(cases))[0]) == 1


def test_probes_differ_in_every_parameter(desk: both.Desk) -> None:
    values = [{"A": a, "B": b} for a in ("1", "2") for b in ("3", "4")]
    cases = desk.cases("t\nV1 1 0 <A>\nR1 1 0 <B>\n.op\n.end\n", values)
    assert [case.number for case in both.one_group(cases).probes(at_least=1)] == [4]
    alternating = both.one_group(cases[:3])
    assert {case.number for case in alternating.probes(at_least=1)} == {2, 3}


def test_there_are_as_many_probes_as_are_wanted_and_no_case_twice(desk: both.Desk) -> None:
    values = [{"A": f"{number}"} for number in range(1, 8)]
    group = both.one_group(desk.cases("t\nV1 1 0 <A>\nR1 1 0 1\n.op\n.end\n", values))
    for wanted in range(1, 10):
        numbers = [case.number for case in group.probes(at_least=wanted)]
        assert len(numbers) == len(set(numbers)) == min(wanted, len(values))


def _pdk() -> str:
    root = os.environ.get("PDK_ROOT", "")
    if not Path(root, "sky130_fd_pr").is_dir():
        pytest.skip("PDK_ROOT does not lead to sky130_fd_pr")
    return root


INVERTER = """sky130 inverter
.lib "<PDK>/sky130_fd_pr/models/sky130.lib.spice" tt
.param vdd_val=<VDD> t_val=<T> wn_val=<WN> cl_val=<CL>
.temp {t_val}
VDD vdd 0 {vdd_val}
VIN in 0 PULSE(0 {vdd_val} 200p 20p 20p 1n 2n)
XN out in 0 0 sky130_fd_pr__nfet_01v8 w={wn_val} l=0.15
XP out in vdd vdd sky130_fd_pr__pfet_01v8 w=1.0 l=0.15
CL out 0 {cl_val}
.tran 2p 2.2n
.save v(in) v(out)
.meas tran tphl trig v(in) val={vdd_val/2} rise=1 targ v(out) val={vdd_val/2} fall=1
.end
"""
CHANGES: list[Callable[[str], str]] = [
    str,
    lambda text: text.replace("cl_val=<CL>", "cl_val={agauss(<CL>, 1f, 3)}"),
    lambda text: text.replace("{wn_val}", "<WN>").replace(".temp {t_val}", ".temp <T>"),
]


@pytest.mark.parametrize("change", CHANGES, ids=["params", "monte_carlo", "literals"])
def test_inverter(change: Callable[[str], str], desk: both.Desk) -> None:
    values = [
        {"VDD": "1.8", "T": "27", "WN": "0.65", "CL": "10f"},
        {"VDD": "1.62", "T": "-40", "WN": "0.42", "CL": "3.3f"},
        {"VDD": "1.98", "T": "125", "WN": "1.1", "CL": "17f"},
    ]
    cases = desk.cases(change(INVERTER.replace("<PDK>", _pdk())), values)
    both.assert_same(desk.warm(both.one_group(cases)), desk.cold(cases))
