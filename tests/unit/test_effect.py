"""What a sweep varies and no netlist gets: a mistake, a note, or meant so."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from project import Project as Runs

from snakespice.base.problems import ConfigError
from snakespice.config.hub import Hub
from snakespice.config.project import Project, load_project

CARDS = "title {w1}\nV1 in 0 1\nR1 in out {{ R }}\nC1 out 0 1n\n.op\n"


DUT = ".subckt cap a b\nC1 a b 1n\n.ends\n"
SWEEP = "parameters: {w1: [1, 2]}"


def load(directory: Path, template: str, sweep: str = SWEEP, dut: str = DUT) -> Project:
    (directory / "t.j2").write_text(template)
    (directory / "dut.spice").write_text(dut)
    (directory / "c.csv").write_text("name,w1\nslow,1\nfast,2\n")
    hub = f"""
dut: {{netlist: dut.spice}}
testbenches: {{t: {{template: t.j2, parameters: {{R: 1k, w1: 1, w2: 1, name: tt}}}}}}
sweeps: {{s: {{testbench: t, {sweep}}}}}
"""
    return load_project(Hub(yaml.safe_load(hub), (), (), directory))


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        (".param w1=1\n", 't.j2, line 6, has ".param w1=" of its own, and {{ w1 }} is nowhere'),
        (".PARAM a=2\n+ W1 = 1\n", 't.j2, line 7, has ".param w1=" of its own'),
        ("C2 out 0 {w1*1n}\n", "t.j2, line 6, has w1 in an expression"),
        ("C2 out 0 '2*w1'\n", "t.j2, line 6, has w1 in an expression"),
        ("C2 out 0 {w1}\n.param w1={{ R }}\n", 't.j2, line 7, has ".param w1="'),
        ("{% include 'part.j2' %}\n", 'part.j2, line 2, has ".param w1="'),
        (".include {{ dut }}\n", 'dut.spice, line 4, has ".param w1="'),
    ],
)
def test_a_name_that_is_ngspices_own_is_a_mistake(
    tmp_path: Path, cards: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "part.j2").write_text("* part\n.param w1=1\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, CARDS + cards, dut=DUT + ".param w1=1\n" if "dut" in cards else DUT)
    assert f'sweeps.s.parameters.w1: "w1" changes nothing: {words}' in str(caught.value)
    assert str(caught.value).endswith('(write ".param w1={{ w1 }}")')


@pytest.mark.parametrize(
    "cards",
    [
        "C2 out 0 {{ w1 }}n\n",
        "C2 out 0 {w1}\n.param w1={{ w1 }}\n",
        "C2 out 0 {{ parameters.w1 }}n\n",
        "C2 out 0 {{ config['w1'] }}n\n.param w1=1\n",
        "{% if w1 > 1 %}\nC2 out 0 1n\n{% endif %}\n",
        "{% for name, x in parameters.items() %}\n.param {{ name }}={{ x }}\n{% endfor %}\n",
        "{% set name = 'w' ~ 1 %}\nC2 out 0 {{ config[name] }}n\n.param w1=1\n",
        "{% include 'part.j2' %}\n",
        "{% import 'macros.j2' as m with context %}\n{{ m.cap() }}\n",
        "{% include ['none.j2', 'part.j2'] %}\n",
        "{% set file = 'part.j2' %}{% include file %}\n.param w1=1\n",
    ],
)
def test_a_name_that_is_looked_up_somehow_is_used(tmp_path: Path, cards: str) -> None:
    (tmp_path / "part.j2").write_text("C3 out 0 {{ w1 }}n\n")
    (tmp_path / "macros.j2").write_text("{% macro cap() %}C3 out 0 {{ w1 }}n{% endmacro %}\n")
    assert load(tmp_path, CARDS + cards).notes == ()


def test_what_reaches_no_netlist_is_told(tmp_path: Path) -> None:
    expected = "sweeps.s.parameters.w1: the template has no {{ w1 }}: such cases differ in their"
    (note,) = load(tmp_path, CARDS).notes
    assert expected in note
    # Its name in a comment, a path or another's expression is none.
    (note,) = load(tmp_path, CARDS + "* {w1}\n.include '{w1}.inc'\nC2 out 0 {w12+x.w1}\n").notes
    assert expected in note


@pytest.mark.parametrize(
    ("cards", "sweep"),
    [
        ("C2 out 0 {agauss(1n, 0.1n, 1)}\n", "parameters: {w1: [1, 2]}"),
        ("", "parameters: {w1: [1]}"),
        ("C2 out 0 {{ w1 }}n\n", "cases: c.csv"),  # a table may have a column of labels
        ("C2 out 0 {{ w1 }}n\n", "parameters: {w1: [1, 2], w2: [1, 2]}, zip: [[w1, w2]]"),
    ],
)
def test_what_may_be_meant_is_not_told(tmp_path: Path, cards: str, sweep: str) -> None:
    assert load(tmp_path, CARDS + cards, sweep).notes == ()


def test_a_column_of_a_table_is_looked_at_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'sweeps\.s\.cases: "w1" changes nothing'):
        load(tmp_path, CARDS + ".param w1=1\n", "cases: c.csv")


def test_a_run_says_before_and_after_that_all_netlists_are_the_same(project: Runs) -> None:
    project.edit("rc.spice.j2", "value={{ C }}", "value=1n")
    project.edit("rc.spice.j2", ".temp {{ temp }}\n", "")
    project.edit("config.yaml", "R: [1k, 2k, 3k]", "temp: [27, 85]")
    said = project.run().stdout
    for name in ("temp", "C"):
        assert f"sweeps.rc.parameters.{name}: the template has no {{{{ {name} }}}}" in said
    assert "all 4 netlists are the same: temp, C changes nothing in them" in said
    project.edit("rc.spice.j2", "R1 in out {{ R }}", "R1 in out {agauss(1000, 100, 1)}")
    assert "are the same" not in project.run().stdout
    project.edit(
        "rc.spice.j2", "value=1n", "value={% if C|float > 1e-9 %}2n{% else %}1n{% endif %}"
    )
    project.edit("rc.spice.j2", "R1 in out {agauss(1000, 100, 1)}", "R1 in out 1k")
    assert "are the same" not in project.run().stdout
