"""Input that means harm: it runs no code, reads no file outside the project, leaves its place."""

from __future__ import annotations

import csv
import io
import itertools
import os
import resource
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import Project
from waiting import no_longer_than

from snakespice.base.problems import ConfigError
from snakespice.base.quantity import parse_number
from snakespice.base.spreadsheet import as_csv
from snakespice.templates import bounds, template

CODE = [
    "!!python/object/apply:os.system ['touch pwned']",
    "!!python/object/new:os.system ['touch pwned']",
    "!!python/object/apply:subprocess.check_output [[touch, pwned]]",
    "!!python/name:os.system ''",
    "!!python/module:os ''",
    "!!python/tuple [1]",
    "!include /etc/passwd",
    "!env_var HOME",
]


@pytest.mark.parametrize("code", CODE)
def test_yaml_runs_no_code(project: Project, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.directory)
    project.edit("config.yaml", "R: 1k", f"R: {code}")
    with pytest.raises(ConfigError, match=r"config\.yaml: line 6.*could not determine a constr"):
        project.load()
    assert not (project.directory / "pwned").exists()


def test_a_configuration_must_not_hold_code(project: Project) -> None:
    path = project.directory / "config.yaml"
    code = "__use_yte__: true\n? __import__('os').system('touch pwned')\n"
    path.write_text(code + path.read_text())
    with pytest.raises(ConfigError, match="__use_yte__: has Snakemake run the Python"):
        project.load()
    # Nor does Snakemake run it where it finds the file by itself.
    (project.directory / "config").mkdir()
    path.rename(project.directory / "config/config.yaml")
    project.configfile = ""
    assert "must not hold code" in project.run("--dry-run", expect=1).stdout
    assert not (project.directory / "pwned").exists()


def test_yaml_does_not_explode(project: Project) -> None:
    path = project.directory / "config.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    path.write_text("\n".join(lines))
    with no_longer_than(60), pytest.raises(ConfigError, match="holds more than 2,000,000 values"):
        project.load()


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ R.__class__ }}",
    "{{ R.number.__class__.__base__ }}",
    "{{ dut.__class__.__init__.__globals__ }}",
    "{{ config.__class__.__init__.__globals__['os'].system('touch pwned') }}",
    "{{ parameters.__getattribute__('__class__') }}",
    "{{ config.get.__func__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ cycler.__init__.__globals__.os.popen('touch pwned').read() }}",
    "{{ lipsum.__globals__['os'].popen('touch pwned').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__class__.__base__ }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(R) }}",
    "{{ R.format.__self__.__class__ }}",
    "{{ ('{0.__class__}' ~ '').format_map({'0': R}) }}",
    "{{ ''|attr('format')|attr('__globals__') }}",
    "{{ [R]|map(attribute='__class__')|list }}",
    "{{ R|attr('__class__') }}",
    "{{ [R]|groupby('__class__')|list }}",
    "{{ {}.__class__.__base__.__subclasses__()[0]() }}",
    "{% set x = config.update({'R': 1}) %}",
    "{% set x = parameters.clear() %}",
    "{{ open('/etc/passwd').read() }}",
    "{{ url_for.__globals__ }}",
    "{% import 'os' as os %}{{ os.system('touch pwned') }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../../../../../etc/passwd' %}",
    "{% include '../secret' %}",
    "{% include 'link' %}",
    "{% include 'directory/../../secret' %}",
    "{% extends '../secret' %}",
    "{% from '../secret' import x %}",
    "{% include ['nosuch', '/etc/passwd'] %}",
    "{% set name = '/etc' ~ '/passwd' %}{% include name %}",
]
SECRET = "only for its owner"


def names(directory: Path) -> dict[str, Any]:
    return template.context(
        {"R": "1k", "n": "7"},
        dut={"netlist": "dut.spice"},
        case_id=1,
        seed=1,
        result_file="r",
        filename_log="l",
        project_root=directory,
    )


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_template_does_not_escape(
    tmp_path: Path, escape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "directory").mkdir(parents=True)
    (tmp_path / "secret").write_text(SECRET)
    (project / "link").symlink_to(tmp_path / "secret")
    path = project / "t.j2"
    path.write_text("title\n" + escape)
    monkeypatch.chdir(project)
    with pytest.raises(template.TemplateFault, match=r"t\.j2:2: "):
        text = template.render(path, names(project))
        # Some are merely undefined where Jinja is kind: then nothing came out.
        assert SECRET not in text and "root:" not in text and "class" not in text, text
        assert "object" not in text and "function" not in text, text
        raise template.TemplateFault("t.j2:2: nothing came out")
    assert not (project / "pwned").exists()


@pytest.mark.parametrize(
    "greedy",
    [
        "{{ 9 ** (9 ** 9) }}",
        "{{ n ** (n ** (n * 3)) }}",
        "{{ 'x' * 999999999999 }}",
        "{{ 999999999 * ['x', 'y'] }}",
        "{{ range(999999999)|list }}",
        "{{ 'a'|center(900000000) }}",
        "{{ '%900000000d'|format(1) }}",
        "{{ '%900000000d' % 1 }}",
        "{{ 'a'.ljust(900000000) }}",
        "{{ n.zfill(900000000) }}",
        "{{ ('a'*1000)|replace('a', 'b'*1000)|replace('b', 'c'*1000) }}",
        "{{ ('a\\n'*100000)|indent(10000) }}",
        "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x=9) %}{% for a in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}",
        "{{ 5|round(-1000000000) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 't.j2' %}",
    ],
)
def test_a_template_does_not_eat_the_machine(
    tmp_path: Path, greedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_CPU_SECONDS", 1)
    path = tmp_path / "t.j2"
    path.write_text("title\n" + greedy)
    before = max_rss()
    with bounds.limited(), pytest.raises(template.TemplateFault, match=r"t\.j2(:2)?: \S"):
        template.render(path, names(tmp_path))
    assert max_rss() - before < 1.5 * bounds.MAX_MB


def max_rss() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


LINE_BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("end", LINE_BREAKS)
def test_a_table_smuggles_in_no_line(project: Project, end: str) -> None:
    swept = "parameters:\n      R: [1k, 2k, 3k]\n      C: [1n, 2n]"
    project.edit("config.yaml", swept, "cases: c.csv")
    text = f'R,C\n1k,1n\n"1k{end}.control",2n\n'
    (project.directory / "c.csv").write_bytes(text.encode())
    with pytest.raises(ConfigError, match=r'c\.csv: line \d.*"R": .*has a line break'):
        project.load()


@pytest.mark.parametrize("end", LINE_BREAKS)
@pytest.mark.parametrize("place", ["R: 1k", "R: [1k, 2k, 3k]", "measures: [vmax]"])
def test_a_configuration_smuggles_in_no_line(project: Project, end: str, place: str) -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in end)
    key = place.partition(":")[0]
    value = f'"1k{escaped}"' if place == "R: 1k" else f'["a{escaped}", "b"]'
    project.edit("config.yaml", place, f"{key}: {value}")
    with pytest.raises(ConfigError):
        project.load()


NAMES = ["../x", "/tmp/x", "a/b", "..", ".", "", "a\n", "a b", "-x", "$HOME", "a;b", "\u0430"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["sweep", "testbench", "parameter", "measure", "raw", "log"])
def test_a_name_stays_where_it_belongs(project: Project, kind: str, name: str) -> None:
    quoted = '"' + name.replace("\n", "\\n") + '"'
    old, new = {
        "sweep": ("sweeps:\n  rc:", f"sweeps:\n  {quoted}:"),
        "testbench": ("testbenches:\n  rc:", f"testbenches:\n  {quoted}:"),
        "parameter": ("parameters: {R: 1k,", f"parameters: {{{quoted}: 1k, R: 1k,"),
        "measure": ("measures: [vmax]", f"measures: [{quoted}]"),
        "raw": ("measures: [vmax]", f"measures: [vmax]\n    filename_raw: {quoted}"),
        "log": ("measures: [vmax]", f"measures: [vmax]\n    filename_log: {quoted}"),
    }[kind]
    project.edit("config.yaml", old, new)
    if (kind, name) in itertools.product(("raw", "log"), (".", "..", "-x")):
        loaded = project.load().sweeps["rc"].testbench
        assert os.sep not in loaded.filename_raw  # case_1_.. is a file's name like any other
        return
    with pytest.raises(ConfigError):
        project.load()


def test_a_file_name_runs_nothing_in_ngspice(project: Project) -> None:
    for name in ("`touch${IFS}pwned`", "a;shell", "$HOME", "a>b", "a&b", "{a,b}", "*"):
        path = project.directory / "config.yaml"
        text = path.read_text()
        path.write_text(text.replace("measures:", f"filename_raw: '{name}'\n    measures:", 1))
        with pytest.raises(ConfigError, match="must be a plain file name"):
            project.load()
        path.write_text(text)


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\tx", "=1", "-x", "\uff1dx", "-"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_no_cell(formula: str) -> None:
    text = as_csv([[formula, 1, None]])
    assert next(csv.reader(io.StringIO(text))) == [f"'{formula}", "1", ""]


@given(text=st.text(max_size=20) | st.tuples(st.sampled_from("=+-@"), st.text()).map("".join))
def test_cells(text: str) -> None:
    cell, _ = next(csv.reader(io.StringIO(as_csv([[text, "x"]]), newline="")))
    assert cell.removeprefix("'") in (text.replace("\r", " "), text.removeprefix("'"))
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        parse_number(cell)


@pytest.mark.parametrize("number", ["-1k", "+5", "-1.5e-3", "-40", "-0.5u"])
def test_a_number_stays(number: str) -> None:
    assert as_csv([[number, -5, -0.5]]) == f"{number},-5,-0.5\n"


def test_the_tables_of_a_sweep_hold_no_formula(project: Project) -> None:
    project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [-1k, \"=HYPERLINK(1)\", '@SUM(1)']")
    project.edit("rc.spice.j2", ".end\n", ".meas tran =cmd max v(out)\n.end\n")
    project.run()
    for name in ("metadata.csv", "run_status.csv", "measures.csv"):
        with (project.directory / "results/rc" / name).open(newline="") as file:
            rows = list(csv.reader(file))
        assert {row[1] for row in rows[1:]} == {"-1k", "'=HYPERLINK(1)", "'@SUM(1)"}
        for cell in itertools.chain.from_iterable(rows):
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                parse_number(cell)
    assert project.record(3)["parameters"]["R"] == "=HYPERLINK(1)"


@pytest.mark.parametrize("thing", ["/dev/zero", "pipe", "directory", "~nobody_such/x"])
def test_what_is_no_file_is_not_included(project: Project, thing: str) -> None:
    os.mkfifo(project.directory / "pipe")
    (project.directory / "directory").mkdir()
    project.edit("rc.spice.j2", ".include c.spice", f".include c.spice\n.include {thing}")
    project.run("--until", "render")  # which would time out
