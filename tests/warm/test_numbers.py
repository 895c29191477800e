"""Numbers that ngspice does not read as it reads a parameter: no case is served wrongly for them.

The cases that both engines run first see nothing of it: each of these was once served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import both  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import pytest

from snakespice.engines.grouping import group_cases

_DIVIDER = "V1 1 0 1\nR2 2 0 1k\n.tran 1u 10u\n.meas tran q integ v(2)\n.end\n"
_LADDER = (
    "t\nV1 in 0 1\nX1 in out line\n.subckt line 1 5\nR1 1 2 1k\nR2 2 3 1k\nR3 3 4 1k\nR4 4 5 1k\n"
    "R5 5 0 1k\n<CARD>\n.ends\n.tran 1u 10u\n.meas tran v max v(out)\n.end\n"
)
_TENTHS = [f"{number / 10}" for number in range(10, 30)]
_ODD = ["1", "2", "7.951936", "1.137m", "2.237m", "3.337m", "4.437m", "2.2", "1.7", "5"]

NUMBERS: dict[str, tuple[str, Sequence[str]]] = {
    "sign_in_a_source": (
        "t\nV1 1 0 3\nB1 2 0 V = <V> ^ 2 + v(1)\nR2 2 0 1k\n.tran 1u 10u\n.end\n",
        ["2", "3", "-1", "-2", "-3", "4"],
    ),
    "factor_in_a_source": (f"t\nB1 2 0 V = <V> * v(1)\n{_DIVIDER}", _TENTHS),
    "source_on_two_lines": (f"t\nB1 2 0\n+ V = <V> * v(1)\n{_DIVIDER}", _TENTHS),
    "factor_in_a_controlled_source": (f"t\nE1 2 0 vol = <V> * v(1)\n{_DIVIDER}", _TENTHS),
    "node_in_a_subcircuit": (
        _LADDER.replace("<CARD>", "R9 <V> 0 500"),
        ["2", "3", "5", "4"],
    ),
    "node_on_a_further_line": (
        _LADDER.replace("<CARD>", "R9\n* between\n+ <V> 0 500"),
        ["2", "3", "5", "4"],
    ),
    "ground_in_a_subcircuit": (
        _LADDER.replace("<CARD>", "R9 <V> 1 500"),
        ["2", "3", "0", "4"],
    ),
    "controlling_node_in_a_subcircuit": (
        _LADDER.replace("<CARD>", "E1 9 0 <V> 0 2\nR9 9 0 1k"),
        ["2", "3", "5", "4"],
    ),
    "seed_in_a_comment": (
        "t\n.options reltol=1e-3 ; seed=5\nR1 1 2 {agauss(1k,<V>,3)}\n" + _DIVIDER,
        ["0", "50", "60", "1e-30"],
    ),
    "seed_in_a_dollar_comment": (
        "t\n.options reltol=1e-3 $ seed=5\nR1 1 2 {agauss(1k,<V>,3)}\n" + _DIVIDER,
        ["0", "50", "60", "1e-30"],
    ),
    "temperature_in_a_function": (
        "t\n.func f(x) {1+x*(temper-27)}\nR1 1 2 r={1k*f(<V>)}\n.temp 85\n" + _DIVIDER,
        _ODD,
    ),
    "temperature_in_a_parameter": (
        "t\n.param tt={temper-27}\nR1 1 2 r={1k*(1+<V>*tt)}\n.temp 85\n" + _DIVIDER,
        _ODD,
    ),
    "solution_in_a_function": (
        "t\n.func f(x) {x*v(2)+1k}\nR1 1 2 r={f(<V>)}\n" + _DIVIDER,
        _ODD,
    ),
    "beside_a_solution": (
        "t\nR1 1 2 r={1k+v(1)} m=<V>\n" + _DIVIDER,
        ["1", "1.2", "1.7", "2.4", "2.2", "3"],
    ),
    "expression_in_a_measure": (
        "t\nV1 1 0 1\nR2 1 0 1k\n.tran 1u 10u\n.meas tran q integ par('<V>*2')\n.end\n",
        _TENTHS,
    ),
    # ngspice keeps 25 characters of what it puts in the place of a parameter.
    "digits_that_are_cut_off": (
        f"t\nR1 1 2 <V>\n{_DIVIDER}",
        [f"{number}.{'0' * 24}e3" for number in (1, 2, 3)],
    ),
    "sign_for_kelvin": ("t\nR1 1 2 1k\nR3 2 0 <V>\n" + _DIVIDER, ["1k", "2k", "5\u212a", "4k"]),
    "title": ("<V>\nR1 1 2 1k\n" + _DIVIDER, ["a", "b", "$c", ".param q=3", "", "d"]),
    "comment_with_a_form_feed": (
        "t\nR1 1 2 1k\n* was\x0cR9 2 0 {<V><1.5 ? 1e30 : 2}\n" + _DIVIDER,
        ["1", "1.1", "2", "1.2"],
    ),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_no_number_is_taken_for_a_parameter(what: str, desk: both.Desk) -> None:
    template, values = NUMBERS[what]
    _assert_all_same(desk, template, values)


BINS = """bins
VD d 0 1
VG g 0 2
X1 d g 0 0 nch w=1u l=<V>u
.subckt nch d g s b w=1u l=1u
M1 d g s b nch w={w} l={l}
.model nch.1 nmos level=8 version=3.3.0 lmin=1e-7 lmax=5e-7 wmin=1e-7 wmax=1e-4 vth0=0.4
.model nch.2 nmos level=8 version=3.3.0 lmin=5e-7 lmax=2e-6 wmin=1e-7 wmax=1e-4 vth0=0.6
.ends
.tran 1u 10u
.meas tran id max i(vd)
.end
"""


def test_models_that_are_picked_while_the_netlist_is_read(desk: both.Desk) -> None:
    desk.settings = replace(desk.settings, spiceinit="set ngbehavior=hsa\n")
    _assert_all_same(desk, BINS, ["0.2", "0.3", "0.50", "0.51", "0.4"])


def _assert_all_same(desk: both.Desk, template: str, values: Sequence[str]) -> None:
    cases = desk.cases(template, [{"V": value} for value in values])
    found, _ = group_cases(
        both.with_netlists(cases), mode=desk.settings.compatibility_mode, smallest=2
    )
    for group in found:
        both.assert_same(desk.warm(group), desk.cold(group.cases))


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("t\nV1 1 0 1\n.subckt s a b\nR1 a b <V>\n.ends\nX1 1 0 s\n.op\n.end\n", "1k 2k 3.3k"),
        ("t\nV1 1 0 1\n.subckt s 1 2\nC1 1 2\n+ <V>\n.ends\nX1 1 0 s\n.op\n.end\n", "1n 2n 3n"),
        ("t\nV1 1 0 1\n.subckt s 1 2\nR1 1 2 r=<V>\n.ends\nX1 1 0 s\n.op\n.end\n", "1k 2k 3k"),
        ("t\nV1 1 0 1\n.subckt s 1 2\nE1 3 0 1 2 <V>\n.ends\nX1 1 0 s\n.op\n.end\n", "1 2 3"),
        ("t\n.param k={temper*2}\nV1 1 0 <V>\nR1 1 0 1k\n.op\n.end\n", "1 2 3"),
        ("t\n.param k=<V>\nB1 1 0 V={k}*2\nR1 1 0 1k\n.op\n.end\n", "1 2 3"),
    ],
)
def test_values_beside_these_are(template: str, values: str, desk: both.Desk) -> None:
    cases = desk.cases(template, [{"V": value} for value in values.split()])
    both.assert_same(desk.warm(both.one_group(cases)), desk.cold(cases))
