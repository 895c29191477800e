"""Templates: what they see, what is refused before a run, what a failing case says."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jinja2
import pytest

from snakespice.base.problems import Problems
from snakespice.templates.check import check_template
from snakespice.templates.template import (
    TemplateFault,
    context,
    render,
    shared_environment,
    template_sources,
    templates_read,
)

PARAMETERS = {"R": "1k", "C": "1.0n", "N": "3", "corner": "tt", "zero": "0"}


def names(root: Path, **changed: Any) -> dict[str, Any]:
    options: dict[str, Any] = {
        "dut": {"netlist": "/dut.spice", "schematic": "/dut.sch"},
        "case_id": 7,
        "seed": 42,
        "result_file": "case_7_results.raw",
        "filename_log": "sim.log",
        "project_root": root,
    }
    return context(changed.pop("parameters", PARAMETERS), **options | changed)


def write(root: Path, text: str, **others: str) -> Path:
    """Write a template and others below `root` (`__` for a slash); return the first one's path."""
    template = root / "bench" / "tb.j2"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text(text)
    for name, content in others.items():
        path = root / f"{name.replace('__', '/')}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return template


def rendered(root: Path, text: str, **others: str) -> str:
    shared_environment.cache_clear()  # as a process of its own would begin
    return render(write(root, text, **others), names(root))


def fault(root: Path, text: str, **others: str) -> str:
    with pytest.raises(TemplateFault) as caught:
        rendered(root, text, **others)
    return str(caught.value)


def problems(root: Path, text: str, **others: str) -> list[str]:
    template = write(root, text, **others)
    found = Problems()
    check_template(template, root, [*PARAMETERS, "sweptonly"], {"netlist": "/dut.spice"}, found)
    return [str(problem).removeprefix(f"{root}/") for problem in found]


def test_a_template_sees_the_names_of_the_design(tmp_path: Path) -> None:
    text = (
        "{{ R }} {{ parameters.C }} {{ parameters['C'] }} {{ config.corner }} {{ dut }}\n"
        "{{ dut.netlist }} {{ dut.schematic }} {{ seed }} {{ case_id }} {{ config.case_id }}\n"
        "{{ result_file }} {{ config.filename_raw }} {{ config.filename_log }}\n"
        "{{ project_root }} {{ config.root }}\n"
    )
    assert rendered(tmp_path, text) == (
        "1k 1.0n 1.0n tt /dut.spice\n/dut.spice /dut.sch 42 7 7\n"
        f"case_7_results.raw case_7_results.raw sim.log\n{tmp_path} {tmp_path}/\n"
    )
    assert problems(tmp_path, text.replace("{{ dut.schematic }}", "")) == []


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("R * 2", "2000.0"),
        ("R|float + 1", "1001.0"),
        ("R|int", "1000"),
        ("corner|int(3)", "3"),
        ("N + 1", "4"),
        ("R ~ 'x'", "1kx"),
        ("R == '1k' and R == 1000", "True"),
        ("[R, 300]|max", "1k"),
        ("[N, '10'|int, zero]|sort|join(' ')", "0 3 10"),
        ("'%.1e'|format(R)", "1.0e+03"),
        ("R|round|int", "1000"),
        ("[R, N]|sum", "1003.0"),
        ("'yes' if zero else 'no'", "no"),
        ("range(N)|join(',')", "0,1,2"),
        ("parameters.items()|map('first')|join(' ')", "R C N corner zero"),
        ("corner.upper()", "TT"),
    ],
)
def test_parameters_compute_as_numbers(tmp_path: Path, expression: str, text: str) -> None:
    source = f"{{{{ {expression} }}}}"
    assert rendered(tmp_path, source) == text
    assert problems(tmp_path, source) == []


def test_a_parameter_wins_over_a_method_of_the_same_name(tmp_path: Path) -> None:
    template = write(tmp_path, "{{ parameters.values }} {{ config.items }}")
    assert render(template, names(tmp_path, parameters={"values": "1", "items": "2"})) == "1 2"


def test_blocks_leave_no_empty_lines_and_the_last_newline_stays(tmp_path: Path) -> None:
    text = "a\n  {% if N > 2 %}\nb\n  {% endif %}\nc\n"
    assert rendered(tmp_path, text) == "a\nb\nc\n"


def test_includes_from_the_directory_and_the_project(tmp_path: Path) -> None:
    text = '{% include "near.j2" %}{% include "lib/far.j2" %}{% from "m.j2" import r %}{{ r(1) }}'
    others = {
        "bench__near": "near {{ R }} ",
        "lib__far": 'far {% include "lib/deep.j2" %} ',
        "lib__deep": "deep {{ case_id }}",
        "m": "{% macro r(n) %}R{{ n }}{% endmacro %}",
    }
    assert rendered(tmp_path, text, **others) == "near 1k far deep 7 R1"
    assert problems(tmp_path, text, **others) == []
    sources = template_sources(tmp_path / "bench/tb.j2", tmp_path)
    found = [str(path.relative_to(tmp_path)) for path in sources]
    assert found == ["bench/tb.j2", "bench/near.j2", "lib/far.j2", "lib/deep.j2", "m.j2"]


def test_nothing_outside_the_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    root = tmp_path / "project"
    (root / "bench").mkdir(parents=True)
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "in.j2").write_text("inside")
    for name in ("../../secret", "../secret", "link", str(tmp_path / "secret")):
        assert "only outside the project" in fault(root, f'{{% include "{name}" %}}')
        assert "only outside the project" in problems(root, f'{{% include "{name}" %}}')[0]
    assert rendered(root, '{% include "../in.j2" %}') == "inside"


def test_a_template_is_read_once_a_process_and_known_by_what_was_read(tmp_path: Path) -> None:
    template = write(tmp_path, "a {% include 'x.j2' %}", x="1")
    assert render(template, names(tmp_path)) == "a 1"
    write(tmp_path, "b", x="2")
    assert render(template, names(tmp_path)) == "a 1"
    digest = hashlib.sha256(b"1").hexdigest()
    assert templates_read(template, tmp_path)[str(tmp_path / "x.j2")] == digest
    assert rendered(tmp_path, "a {% include 'x.j2' %}", x="2") == "a 2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n{{ Rx }}", "bench/tb.j2:2: 'Rx' is undefined"),
        ("\n\n{{ corner * 2 }}", 'bench/tb.j2:3: "tt" is not a SPICE number; it cannot be used'),
        ("{{ corner|float }}", 'bench/tb.j2:1: "tt" is not a SPICE number'),
        ("{{ corner|int }}", 'bench/tb.j2:1: "tt" is not a SPICE number'),
        ("{{ 1 / zero }}", "bench/tb.j2:1: division by zero"),
        ("\n{% if %}", "bench/tb.j2:2: Expected an expression"),
        ("{{ R|nofilter }}", "bench/tb.j2:1: No filter named 'nofilter'"),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
        ("{{ parameters.update({}) }}", "'update' of 'Names' object is unsafe"),
        ("{% include 'none.j2' %}", 'bench/tb.j2:1: there is no template "none.j2" here'),
        ("{% include 'lib.j2' %}", "lib.j2:2: 'what' is undefined"),
    ],
)
def test_a_case_that_cannot_be_rendered(tmp_path: Path, text: str, words: str) -> None:
    assert words in fault(tmp_path, text, lib="\n{{ what }}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n{{ Rx }}{{ Rx }}", 'bench/tb.j2: line 2: "Rx" is not defined (did you mean "R"?)'),
        ("{{ parameters.cornr }}", '"parameters.cornr" is not defined (did you mean "corner"?)'),
        ("{{ config['rot'] }}", 'line 1: "config.rot" is not defined (did you mean "root"?)'),
        ("{{ dut.schematic }}", '"dut.schematic" is not defined'),
        ("{% for i in range(3) %}{{ j }}{% endfor %}", '"j" is not defined'),
        ("\n{% if %}", "line 2: is not a valid template: Expected an expression"),
        ("{{ R|nofilter }}", "line 1: is not a valid template: No filter named 'nofilter'."),
        ("\n{% include 'x.j2' %}", 'line 2: there is no template "x.j2" here'),
        ("{% include ['x.j2', 'y.j2'] %}", 'there is no template "x.j2" here'),
        ("{% include 'lib/bad.j2' %}", 'lib/bad.j2: line 3: "what" is not defined'),
        ("{% include 'lib/broken.j2' %}", "lib/broken.j2: line 1: is not a valid template"),
        ("{% import 'lib/use.j2' as u %}", 'lib/use.j2: line 1: "R" is not defined (bring this'),
        ("{% extends 'lib/bad.j2' %}", 'lib/bad.j2: line 3: "what" is not defined'),
    ],
)
def test_mistakes_found_before_a_run(tmp_path: Path, text: str, words: str) -> None:
    lib = {"lib__bad": "\n\n{{ what }}", "lib__broken": "{{", "lib__use": "{{ R }}"}
    found = problems(tmp_path, text, **lib)
    assert words in "\n".join(found)
    assert len({problem.split(": ")[0] for problem in found}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{% set x = R %}{{ x }}",
        "{% for a, b in parameters.items() %}{{ a }}{{ b }}{{ loop.index }}{% endfor %}",
        "{% macro m(w, l=1) %}{{ w }}{{ l }}{% endmacro %}{{ m(1) }}",
        "{% set ns = namespace(n=0) %}{% set ns.n = 1 %}{{ ns.n }}",
        "{{ opt|default('1') }}{{ config.opt|d(2) }}",
        "{% if opt is defined %}{{ opt }}{% endif %}",
        "{% if parameters.opt is defined %}x{% endif %}",
        "{% set parameters = {'q': 1} %}{{ parameters.q }}",
        "{% set w = 1 %}{% include 'lib/w.j2' %}",
        "{% import 'lib/w.j2' as u with context %}{% set w = 1 %}{{ u }}",
        "{% include 'none.j2' ignore missing %}",
        "{% set w = 1 %}{% include ['none.j2', 'lib/w.j2'] %}",
        "{% include 'lib/' ~ corner ~ '.j2' %}",
        "{% raw %}{{ nothing }}{% endraw %}{# {{ nothing }} #}",
        "{{ sweptonly }}",
    ],
)
def test_good_templates_pass_the_check(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text, lib__w="{{ w }}") == []


def test_a_template_that_includes_itself_is_checked_once(tmp_path: Path) -> None:
    assert problems(tmp_path, "{% if N < 0 %}{% include 'tb.j2' %}{% endif %}") == []
    assert template_sources(tmp_path / "bench/tb.j2", tmp_path) == [tmp_path / "bench/tb.j2"]


def test_a_template_in_latin_1_is_read_so_and_told_with_its_line(tmp_path: Path) -> None:
    template = write(tmp_path, "")
    template.write_bytes("title\n* 5 µm\n".encode("latin-1"))
    found = Problems()
    check_template(template, tmp_path, (), {}, found)
    assert not found
    told = f"{template}: line 2: is not UTF-8 and read as Latin-1; better save it as UTF-8"
    assert list(map(str, found.notes)) == [told]
    assert render(template, names(tmp_path)) == "title\n* 5 µm\n"


@pytest.mark.parametrize("data", ["title\n".encode("utf-16"), b"title\n\0\n"])
def test_what_is_no_text_is_no_template(tmp_path: Path, data: bytes) -> None:
    template = write(tmp_path, "")
    template.write_bytes(data)
    found = Problems()
    check_template(template, tmp_path, (), {}, found)
    wrong = "is not a valid template: it is not text in UTF-8; save it so"
    assert list(map(str, found)) == [f"{template}: line 1: {wrong}"]
    with pytest.raises(TemplateFault, match="not text in UTF-8"):
        render(template, names(tmp_path))


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("R1 a b {{a}*2}", "for braces of ngspice write: R1 a b { {a}*2}"),
        ("R1 a b {{a}+{b}}", "for braces of ngspice write: R1 a b { {a}+{b} }"),
        ("R1 a b {{{ R }}*2}", "for braces of ngspice write: R1 a b { {{ R }}*2}"),
        ("R1 a b {{{R}}}", "for braces of ngspice write: R1 a b { {{R}} }"),
        ("R1 a {{ R }} {{x}*2}", "for braces of ngspice write: R1 a {{ R }} { {x}*2}"),
        (".param x={#a}", "for braces of ngspice write: .param x={ #a}"),
        ("R1 a b {{a}*{b|}}", "for braces of ngspice write: R1 a b { {a}*{b|} }"),
        ("R1 a b {{a} {{ R | }}", "the line has 4 { and 3 }"),
        ("R1 a b {{ R }", "the line has 2 { and 1 }"),
    ],
)
def test_braces_of_ngspice_that_jinja_refuses(tmp_path: Path, line: str, remedy: str) -> None:
    (problem,) = problems(tmp_path, f"title\n{line}\n")
    assert "line 2: is not a valid template" in problem
    assert problem.endswith(f"({remedy})")
    if "write: " in remedy:
        assert problems(tmp_path, f"title\n{remedy.partition('write: ')[2]}\n") == []


@pytest.mark.parametrize("line", ["{{ R + }}", "{% if %}", "{%x%}"])
def test_a_mistake_in_jinja_is_not_blamed_on_ngspice(tmp_path: Path, line: str) -> None:
    (problem,) = problems(tmp_path, f"title\n{line}\n")
    assert "ngspice" not in problem


@pytest.mark.skipif(not shutil.which("ngspice"), reason="needs ngspice")
def test_ngspice_understands_braces_that_stand_apart(tmp_path: Path) -> None:
    deck = "t\n.param a=3 b=4\nV1 1 0 1\nR1 1 0 {value}\n.op\n.control\nrun\n"
    deck += "print @r1[resistance]\n.endc\n.end\n"
    for value, ohms in (("{ {a}*2}", 6), ("{ {a}+{b} }", 7), ("{ { {a}*2}+{b} }", 10)):
        (tmp_path / "t.sp").write_text(deck.replace("{value}", value))
        run = ["ngspice", "-b", "t.sp"]
        out = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True).stdout
        assert f"@r1[resistance] = {ohms:.6e}" in out


def test_a_name_of_ngspice_in_the_braces_of_jinja(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "title\n.param wn=1u\nM1 a b c d n w={{wn*2}}\n")
    assert problem.endswith('line 3: "wn" is not defined (for the .param of line 2 write {wn})')


def test_a_template_is_compiled_once_for_many_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = write(tmp_path, "* {{ R }} {{ case_id }}\n")
    compiled: list[str] = []
    compile_it = jinja2.Environment.compile

    def noted(self: jinja2.Environment, source: Any, *rest: Any, **options: Any) -> Any:
        compiled.append(str(source))
        return compile_it(self, source, *rest, **options)

    monkeypatch.setattr(jinja2.Environment, "compile", noted)
    texts = {render(template, names(tmp_path, case_id=case_id)) for case_id in range(100)}
    assert len(texts) == 100
    assert len(compiled) == 1


def test_an_environment_variable_that_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THERE", "/x")
    monkeypatch.delenv("NOT_THERE", raising=False)
    text = "t\n.include $THERE/a\n.lib '${NOT_THERE}/b' tt\n.end\n"
    (problem,) = problems(tmp_path, text)
    assert "line 3" in problem
    assert "NOT_THERE" in problem
