"""Specifications in a testbench: what they mean, and every mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from snakespice.base.problems import Problems
from snakespice.config.schema import check
from snakespice.config.scope import ConfigScope
from snakespice.config.specification import Guard, Limits, Override, Spec, Waiver
from snakespice.config.specs import read_specs
from snakespice.config.yamlfile import load_yaml

UNITS = {"gain": "dB", "f3db": "Hz", "offset": "V", "x": ""}
PARAMETERS = ["corner", "temp"]


def read(tmp_path: Path, text: str) -> tuple[tuple[Spec, ...], list[str]]:
    """Return the specifications in a text, and what is wrong with them."""
    file = tmp_path / "specs.yaml"
    file.write_text(f"template: t\nspecs:\n  {text}\n")
    problems = Problems()
    data = load_yaml(file, problems)
    assert data is not None, list(problems)
    scope = ConfigScope(problems, tmp_path, lambda _: None)
    checked = scope.checked(data, "testbench")
    return read_specs(checked.get("specs", {}), UNITS, PARAMETERS, scope), [
        str(p) for p in problems
    ]


def one(tmp_path: Path, text: str) -> Spec:
    (spec,), problems = read(tmp_path, text)
    assert not problems
    return spec


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("gain: {min: 60}", (60, None)),
        ("gain: {min: 60 dB, max: 80dB}", (60, 80)),
        ("offset: {min: -5m, max: 5 mV}", (-5e-3, 5e-3)),
        ("f3db: {min: 20MegHz}", (20e6, None)),
        ("f3db: {min: 20e6}", (20e6, None)),
        ("x: {equals: 3, tolerance: 0.5}", (2.5, 3.5)),
        ("x: {equals: -200, tolerance: 1%}", (-202, -198)),
        ("x: {equals: 3}", (3, 3)),
    ],
)
def test_limits(tmp_path: Path, text: str, limits: Limits) -> None:
    assert one(tmp_path, text).limits == pytest.approx(limits)


def test_everything_that_a_specification_can_say(tmp_path: Path) -> None:
    spec = one(
        tmp_path,
        "drift: {measure: offset, unit: '%', max: 2, typ: 1, guard: 5%, yield: 99.7%,"
        " judge: estimate, relative_to: {temp: 27}, null: fail, required: [hot],"
        " per: [{where: {corner_name: hot}, max: 3}],"
        " waive: {by: Ann, why: next mask, until: 2027-01-31}}",
    )
    assert spec == Spec(
        name="drift",
        measure="offset",
        unit="%",
        high=2,
        typ=1,
        guard=Guard(0.05, True),
        criterion="yield",
        target=0.997,
        by_estimate=True,
        per=(Override({"corner_name": "hot"}, None, 3),),
        relative_to={"temp": "27"},
        null_fails=True,
        waive=Waiver("Ann", "next mask", "2027-01-31"),
        required=("hot",),
    )


def test_the_unit_is_that_of_the_measure_or_of_the_limits(tmp_path: Path) -> None:
    assert one(tmp_path, "gain: {min: 60}").unit == "dB"
    assert one(tmp_path, "x: {min: 5 mA}").unit == "A"
    assert one(tmp_path, "x: {info: true}").unit == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "gian: {min: 1}",
            'specs.gian: "gian" is no measure of this testbench (did you mean "gain"?)',
        ),
        ("a: {measure: b, min: 1}", 'specs.a.measure: "b" is no measure'),
        ("all: {measure: gain, min: 1}", 'specs.all: "all" is what all specifications together'),
        ("gain: {mni: 60}", 'specs.gain.mni: is not a key that is known (did you mean "min"?)'),
        ("gain: {}", "specs.gain: has no limit (write info: true"),
        ("gain: {typ: 60}", "specs.gain: has no limit"),
        ("gain: {info: true, min: 60}", "specs.gain.info: stands beside limits"),
        (
            "f3db: {min: 20M}",
            'specs.f3db.min: "20M" is mega to people and milli to SPICE: write 20Meg or 20e6',
        ),
        ("f3db: {min: 20 V}", 'specs.f3db.min: "20 V" is not in Hz'),
        (
            "f3db: {unit: MHz, min: 20}",
            'specs.f3db.unit: is "MHz", and that of the measure is "Hz"',
        ),
        ("gain: {min: 80, max: 60}", "specs.gain: asks for 80 at the least and 60 at the most"),
        (
            "gain: {min: 60, max: 62, guard: 2}",
            "asks for 62 at the least and 60 at the most by the guard",
        ),
        (
            "gain: {min: 60, per: [{where: {corner: ff}, max: 50}]}",
            "specs.gain.per[0]: asks for 60",
        ),
        ("gain: {min: 60, per: [{max: 50}]}", 'specs.gain.per[0]: "where" is missing'),
        (
            "gain: {min: 60, per: [{where: {cornr: ff}}]}",
            'per[0].where.cornr: is no parameter (did you mean "corner"?)',
        ),
        ("gain: {min: 60, per: [{where: {draw: 3}}]}", "per[0].where.draw: is no parameter"),
        (
            "gain: {min: 60, relative_to: {tmp: 27}}",
            'relative_to.tmp: is no parameter (did you mean "temp"?)',
        ),
        ("gain: {min: 0, guard: 5%}", "guard: is a part of a limit that is 0"),
        ("gain: {min: 1, guard: -1}", "guard: must not be negative"),
        ("gain: {min: 1, tolerance: 1}", "tolerance: is for equals"),
        ("gain: {min: 1, equals: 1}", "equals: stands beside min or max"),
        ("gain: {min: 1, sigma: 3, cpk: 1}", "cpk: stands beside sigma"),
        ("gain: {min: 1, sigma: 0}", "sigma: must be more than 0"),
        (
            "gain: {min: 1, yield: 1}",
            "yield: must be more than 0 and less than 1 (without it, every case must pass)",
        ),
        ("gain: {min: 1, yield: 99}", "yield: must be more than 0 and less than 1 (write 0.99)"),
        ("gain: {sigma: 3, info: true}", "sigma: is how far the limits are"),
        ("gain: {min: 1, judge: estimate}", "judge: is for sigma, cpk, yield"),
        (
            "gain: {min: 1, judge: maybe}",
            'judge: is the text "maybe", must be one of: interval, estimate',
        ),
        ("gain: {min: 1, null: pass}", 'null: is the text "pass", must be one of: fail'),
        ("gain: {min: 1, waive: {by: Ann, why: x, until: soon}}", 'waive.until: "soon" is no day'),
        ("gain: {min: 1, waive: {by: Ann}}", 'specs.gain.waive: "why" is missing'),
    ],
)
def test_mistakes(tmp_path: Path, text: str, told: str) -> None:
    _, problems = read(tmp_path, text)
    assert any(told in problem for problem in problems), problems


def test_each_mistake_is_told_once(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "gain: {min: 80, max: 60}")
    assert len(problems) == 1


def test_the_schema_takes_what_the_reader_takes() -> None:
    assert not check({"template": "t", "specs": {"x": {"min": 1, "info": False}}}, "testbench")
