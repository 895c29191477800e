"""Configurations: what a good one means, and every mistake with the words that report it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from snakespice.base.problems import ConfigError
from snakespice.config import schema
from snakespice.config.hub import Hub, own_hub
from snakespice.config.project import Project, load_project

HUB = """\
dut: {netlist: rc.spice}
testbenches: {ac: testbenches/ac}
sweeps: {rc: sweeps/rc.yaml}
"""
BENCH = """\
template: tb.j2
parameters: {R: 1k, C: 1n, temp: 27, corner: tt}
measures: [f3db]
"""
SWEEP = """\
testbench: ac
parameters: {R: [100, 1k]}
"""
TEMPLATE = "* {{ R }} {{ C }} {{ temp }} {{ corner }}\n.include {{ dut }}\n"
FILES = {
    "config.yaml": HUB,
    "rc.spice": "* rc\n",
    "testbenches/ac/config.yaml": BENCH,
    "testbenches/ac/tb.j2": TEMPLATE,
    "sweeps/rc.yaml": SWEEP,
}


def write(root: Path, **changed: str | bytes | None) -> Path:
    """Write the good project below `root` with some files changed; return its hub file."""
    hub, bench, sweep = "config.yaml", "testbenches/ac/config.yaml", "sweeps/rc.yaml"
    names = {"hub": hub, "bench": bench, "sweep": sweep, "template": "testbenches/ac/tb.j2"}
    files: dict[str, str | bytes | None] = dict(FILES)
    files |= {names.get(key, key.replace("__", "/")): text for key, text in changed.items()}
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root / hub


def load(hub: Path, override: Callable[[Any], None] | None = None) -> Project:
    """Load a project as Snakemake hands it over, perhaps with an override from the command line."""
    config = yaml.safe_load(hub.read_bytes())
    if override:
        override(config)
    return load_project(own_hub(config, [hub]))


def message(hub: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(hub)
    return str(caught.value)


def cases(project: Project, sweep: str = "rc") -> list[str]:
    space = project.sweeps[sweep].space
    return [" ".join(case.values()) for _, case in space.cases(range(1, len(space) + 1))]


def test_a_good_project_with_its_defaults(tmp_path: Path) -> None:
    project = load(write(tmp_path))
    assert project.root == tmp_path and project.results == "results"
    assert project.dut == {"netlist": str(tmp_path / "rc.spice")}
    assert (project.cases_per_job, project.max_failed_fraction) == (None, 1.0)
    simulator = project.simulator
    assert (simulator.engine, simulator.timeout, simulator.mem_mb) == ("auto", 60.0, 1000)
    assert (simulator.threads, simulator.spiceinit) == (1, None)
    sweep = project.sweeps["rc"]
    assert (sweep.file, sweep.seed, sweep.cases_file) == (tmp_path / "sweeps/rc.yaml", 1, None)
    bench = sweep.testbench
    assert bench.template == tmp_path / "testbenches/ac/tb.j2"
    assert bench.parameters == {"R": "1k", "C": "1n", "temp": "27", "corner": "tt"}
    assert (bench.filename_raw, bench.filename_log) == ("results.raw", "sim.log")
    assert bench.measures.columns == ("f3db",)
    assert cases(project) == ["100", "1k"]


def test_everything_inline_keeps_values_as_written(tmp_path: Path) -> None:
    hub = """\
execution: {cases_per_job: 10}
gate: {max_failed_fraction: 0}
simulator: {engine: cold, timeout: 0.5, spiceinit: init}
testbenches: {tb: {template: testbenches/ac/tb.j2, parameters: {R: 1.0e-9, C: 0.10, n: 2024-01-02}}}
sweeps: {s: {testbench: tb, parameters: {R: [0.10, 010, 1.0e-9, '0.20', 1e-9f, +5]}}}
"""
    template = "{{ R }} {{ C }} {{ n }}"
    project = load(write(tmp_path, hub=hub, template=template, init="* nothing\n"))
    assert cases(project, "s") == ["0.10", "010", "1.0e-9", "0.20", "1e-9f", "+5"]
    assert project.sweeps["s"].testbench.parameters == {
        "R": "1.0e-9",
        "C": "0.10",
        "n": "2024-01-02",
    }
    assert (project.cases_per_job, project.max_failed_fraction) == (10, 0.0)
    assert project.simulator.spiceinit == tmp_path / "init"


def test_an_override_wins_over_the_file(tmp_path: Path) -> None:
    def override(config: Any) -> None:
        config["simulator"] = {"timeout": 5}
        config["sweeps"]["rc"] = {"testbench": "ac", "parameters": {"R": [3.5, "2k"]}}

    project = load(write(tmp_path), override)
    assert cases(project) == ["3.5", "2k"]
    assert project.simulator.timeout == 5.0


def test_a_project_without_files(tmp_path: Path) -> None:
    hub = write(tmp_path)
    assert cases(load_project(Hub(yaml.safe_load(HUB), (), (), hub.parent))) == ["100", "1k"]


def test_problems_name_the_hub_file_that_holds_the_key(tmp_path: Path) -> None:
    write(tmp_path)
    above = tmp_path / "above.yaml"
    above.write_text("simulator: {timeout: -1}\n")
    config = {**yaml.safe_load(HUB), "simulator": {"timeout": -1}}
    with pytest.raises(ConfigError, match=r"above\.yaml: simulator\.timeout: is -1"):
        load_project(own_hub(config, [tmp_path / "config.yaml", above]))
    config = {**yaml.safe_load(HUB), "resuts": "x", "dut": {"netlist": "no"}}
    with pytest.raises(ConfigError, match=r"config\.yaml: dut\.netlist: there is no file"):
        load_project(own_hub(config, [tmp_path / "config.yaml", above]))


def test_axes_table_zip_and_exclude_together(tmp_path: Path) -> None:
    sweep = """\
testbench: ac
cases: table.csv
parameters: {R: [1k, 2k], temp: {type: step, start: 0, stop: 1, step: 1}}
zip: [[temp, R]]
exclude: [{C: 1000p, R: 1000}]
"""
    table = b'\xef\xbb\xbfcorner, C\r\n"tt",1n\r\nff,2n\r\n\r\n'
    project = load(
        write(tmp_path, sweep=sweep, sweeps__table_csv=None, **{"sweeps/table.csv": table})
    )
    space = project.sweeps["rc"].space
    assert space.names == ("corner", "C", "R", "temp")
    assert cases(project) == ["tt 1n 2k 1", "ff 2n 1k 0", "ff 2n 2k 1"]
    assert project.sweeps["rc"].cases_file == tmp_path / "sweeps/table.csv"


def test_a_project_as_simorc_has_it(tmp_path: Path) -> None:
    hub = write(
        tmp_path,
        hub="dut: {schematic: /not/there.sch, netlist: ./rc.spice}\n"
        "testbenches: {ac: ./testbenches/ac}\nsweeps: {rc: ./sweeps/rc.yaml}\n",
        bench="schematic: ./tb.sch\ntemplate: ./tb.j2\nfilename_raw: results.raw\n"
        "filename_log: ac.log\nparameters: {R: 1k, points: 10, start: 1e3, i_bias: 5e-05}\n"
        "plot_specs: {bode: ./plots/bode.yaml}\npostprocess: {signals: {vin: v(vin)}}\n",
        template=".include {{config.root}}rc.spice\nac dec {{config.points}} {{config.start}} 1\n"
        "write {{config.filename_raw}}\necho {{config.filename_log}}\nR1 1 0 {{config.R}}\n",
    )
    assert cases(load(hub)) == ["100", "1k"]


BAD_SWEEPS = [
    ("parameters: {R: []}", "parameters.R: is an empty list"),
    ("parameters: {R: 1k}", 'is the text "1k", must be a list or a mapping (write [1k])'),
    ("parameters: {R: 5}", "write [5]"),
    (
        "parameters: {R: 'linspace(0.6, 0.9, 4)'}",
        "must be a list or a mapping (write {type: range, start: 0.6, stop: 0.9, num: 4})",
    ),
    ("parameters: {R: 1:10}", "(write {type: step, start: 1, stop: 10, step: 1})"),
    (
        "parameters: {R: [linspace(0.6, 0.9, 4)]}",
        'R: is a list of "linspace(0.6", "0.9", "4)" to YAML (write {type: range, start: 0.6,',
    ),
    ("parameters: {R: ['0:0.1:1']}", "(write {type: step, start: 0, stop: 1, step: 0.1} in its"),
    ("parameters: {R: ['arange(0,1)', 2]}", '"arange(0,1)" is one text and generates no values'),
    ("parameters: {R: [1..3, 7]}", "(a sweep can have {type: step, start: 1, stop: 3, step: 1} in"),
    ("parameters: {R: [5, '4)']}", 'R[1]: "4)" begins like a number and has a bracket in it'),
    ("parameters: {R: ['-.5*(2+x)']}", "an expression begins with a brace"),
    ("parameters: {R: {type: linspace, start: 0, stop: 1, num: 3}}", '(write "range")'),
    ("parameters: {R: {type: logspce, start: 0, stop: 1, num: 3}}", 'did you mean "logspace"?'),
    ("parameters: {R: [on]}", "R[0]: is the truth value true, must be text or a number (YAML"),
    ("parameters: {R: [null]}", "parameters.R[0]: is empty, must be text or a number"),
    ("parameters: {R: [[1]]}", "parameters.R[0]: is a list, must be text or a number"),
    ("parameters: {R: [1_000]}", "1_000 is the number 1000 to YAML, but not to ngspice"),
    ("parameters: {R: ['1\n\n  2']}", "has a line break"),
    ("parameters: {R: [1k, 2k, 1000]}", '"1k" and "1000" are the same value'),
    ("parameters: {corner: [tt, ff, tt]}", 'duplicate cases: "tt" stands twice'),
    ("parameters: {Rx: [1]}", 'Rx: has no default in testbench "ac" (did you mean "R"?)'),
    ("parameters: {}", "varies nothing"),
    ("", "varies nothing"),
    ("parametres: {R: [1]}", 'parametres: is not a key that is known (did you mean "parameters"?)'),
    ("parameters: {R: {type: lin, start: 1}}", 'R.type: is the text "lin", must be one of: range'),
    ("parameters: {R: {start: 1, stop: 2}}", 'parameters.R: "type" is missing'),
    ("parameters: {R: {type: range, start: 1, stop: 2}}", 'parameters.R: "num" is missing'),
    (
        "parameters: {R: {type: range, start: 1, stop: 2, num: 3, nun: 3}}",
        'R.nun: is not a key that is known (did you mean "num"?)',
    ),
    ("parameters: {R: {type: range, start: 1, stop: 2, num: 0}}", "R.num: is 0, must be 1 or more"),
    ("parameters: {R: {type: range, start: 1, stop: 2, num: 2.5}}", "must be a whole number"),
    ("parameters: {R: {type: range, start: 1, stop: 2, num: '3'}}", "write 3, without quotes"),
    ("parameters: {R: {type: range, start: 1, stop: 2k5, num: 3}}", 'stop: "2k5" is not a SPICE'),
    ("parameters: {R: {type: logspace, start: 0, stop: 2, num: 3}}", "touch or cross zero"),
    ("parameters: {R: {type: step, start: 0, stop: 2, step: 0}}", "does not lead from start"),
    ("parameters: {R: [1], C: [1, 2]}\nzip: [[R, C]]", "R has 1 values, C has 2 values"),
    ("parameters: {R: [1], C: [1]}\nzip: [[R, D]]", 'zip[0]: "D" is no parameter of this sweep'),
    ("parameters: {R: [1], C: [1]}\nzip: [[R]]", "zip[0]: has 1 items, must have 2 or more"),
    ("parameters: {R: [1], C: [1], temp: [1]}\nzip: [[R, C], [C, temp]]", "in another group too"),
    ("parameters: {R: [1, 1k, 1], C: [1, 2, 1]}\nzip: [[R, C]]", 'duplicate cases: "1 1"'),
    ("parameters: {R: [1]}\nexclude: [{R: 1}]", "exclude: leaves no case"),
    ("parameters: {R: [1, 2]}\nexclude: [{Q: 1}]", "exclude[0].Q: is no parameter of this sweep"),
    (
        "parameters: {R: [1, 2]}\nexclude: [{R: 3}]",
        "exclude[0]: excludes nothing: no case has R: 3",
    ),
    ("parameters: {R: [1, 2]}\nexclude: [{}]", "exclude[0]: is empty"),
    ("parameters: {R: [1, 2]}\nseed: -1", "seed: is -1, must be 0 or more"),
    ("parameters: {R: [1]}\ncases: no.csv", 'cases: there is no file "no.csv"'),
    ("parameters: {R: [1]}\ncases: $HOME/no.csv", "$ and ~ are not expanded"),
    (
        "parameters: {R: {type: range, start: 0, stop: 1, num: 100000},\n"
        "  C: {type: range, start: 0, stop: 1, num: 100000}}",
        "make 10,000,000,000 cases",
    ),
]


@pytest.mark.parametrize(("rest", "words"), BAD_SWEEPS)
def test_mistakes_in_a_sweep(tmp_path: Path, rest: str, words: str) -> None:
    text = message(write(tmp_path, sweep=f"testbench: ac\n{rest}\n"))
    assert words in text
    assert "sweeps/rc.yaml: " in text
    assert text.count("\n") == 1, "one mistake, one line"


BAD_TABLES = [
    ("R,R\n1,2\n", 'line 1: column "R" stands twice'),
    ("R,\n1,2\n", "line 1: column 2 has no name"),
    ("R,D\n1,2\n", 'column "D" is no parameter of the testbench (known here: R, C, temp, corner)'),
    ("R;C\n1;2\n", "separate the columns by commas"),
    ("R,C\n1,2\n1\n", "line 3: has 1 cells, must have 2"),
    ("R,C\n1,2,3\n", "line 2: has 3 cells, must have 2"),
    ("R,C\n1,\n", 'line 2: has no value for "C"'),
    ("R,C\n1,4)\n", 'line 2: "C": "4)" begins like a number and has a bracket in it'),
    ("R,C\n1k,2\n3,4\n1000,2\n", "line 4: is the same case as line 2"),
    ('R,C\n"1\n",2\n"1\n2",2\n', "has a line break"),
    ('R,C\n"1,2\n', "is not valid CSV"),
    ("R,C\n", "has no cases"),
    ("", "has no cases"),
    (b"R,C\n\xff,1\n", "is not UTF-8 text"),
]


@pytest.mark.parametrize(("table", "words"), BAD_TABLES)
def test_mistakes_in_a_table_of_cases(tmp_path: Path, table: str | bytes, words: str) -> None:
    hub = write(tmp_path, sweep="testbench: ac\ncases: t.csv\n", **{"sweeps/t.csv": table})
    text = message(hub)
    assert words in text
    assert "sweeps/t.csv: " in text
    assert text.count("\n") == 1


def test_a_parameter_that_is_a_column_too(tmp_path: Path) -> None:
    sweep = "testbench: ac\ncases: t.csv\nparameters: {R: [1]}\nzip: [[R, C]]\n"
    text = message(write(tmp_path, sweep=sweep, **{"sweeps/t.csv": "R,C\n1,2\n"}))
    assert "parameters.R: is also a column of cases" in text
    assert 'zip[0]: "C" is a column of cases' in text


BAD_BENCHES = [
    ("parameters: {R: 1}", '"template" is missing'),
    ("template: no.j2", 'template: there is no file "no.j2"'),
    ("template: tb.j", 'there is no file "tb.j" (did you mean "tb.j2"?)'),
    ("template: .", 'template: "." is a directory, must be a file'),
    ("template: 3", "template: is the number 3, must be text"),
    ("template: tb.j2\nparameters: {R: 1, R: 2}", "parameters.R: stands twice, in lines 2 and 2"),
    ("template: tb.j2\nparameters: [R]", "parameters: is a list, must be a mapping"),
    ("template: tb.j2\nparameters: {R: [1]}", "parameters.R: is a list, must be text or a number"),
    ("template: tb.j2\nparameters: {R: no}", "parameters.R: is the truth value false"),
    ('template: tb.j2\nparameters: {R: "a\\nb"}', "has a line break"),
    ('template: tb.j2\nparameters: {R: "a\\u2028b"}', "has a line break"),
    ("template: tb.j2\nparameters: {2n: 1}", '"2n" cannot be the name of a parameter'),
    ("template: tb.j2\nparameters: {a b: 1}", '"a b" cannot be the name of a parameter'),
    ("template: tb.j2\nparameters: {lambda: 1}", "it is a word of Jinja"),
    ("template: tb.j2\nparameters: {status: 1}", "it is a column or name of snakespice"),
    ("template: tb.j2\nparameters: {dut: 1}", "it is a column or name of snakespice"),
    ("template: tb.j2\nparameters: {W: 1, w: 2}", '"W" and "w" differ by case only'),
    (
        "template: tb.j2\nparameters: {R: 'range(1, 4)'}",
        "(a sweep can have {type: step, start: 1, stop: 3, step: 1} in place of a list)",
    ),
    ("template: tb.j2\nparameters: {R: '1k(2)'}", '"1k(2)" begins like a number and has a bracket'),
    ("template: tb.j2\nmeasures: [a, a]", 'measures[1]: the text "a" stands twice'),
    ("template: tb.j2\nmeasures: ['a b']", "must be letters, digits and underscores"),
    ("template: tb.j2\nparameters: {g: 1}\nmeasures: [g]", "already a column of measures.csv"),
    ("template: tb.j2\nmeasures: [Gain, gain]", '"Gain" and "gain" differ by case only'),
    ("template: tb.j2\nfilename_raw: a/b.raw", "must be a plain file name"),
    ("template: tb.j2\nmeasures: [case_id]", '"case_id" is already a column of measures.csv'),
    ("template: tb.j2\nfilename_log: netlist.spice", "a file that snakespice itself writes"),
    ("template: tb.j2\nfilename_log: ngspice.log", "a file that snakespice itself writes"),
    ("template: tb.j2\nfilename_log: run_status.json", "a file that snakespice itself writes"),
    ("template: tb.j2\ntemplat: x", 'is not a key that is known (did you mean "template"?)'),
    ("[template]", "is a list, must be a mapping"),
    ("a: [", "is not valid YAML"),
    ("a:\n\t- b", "line 2, column 1: is not valid YAML"),
    ("", "is empty"),
    ("~", "is empty"),
    ("template: tb.j2\nparameters: {R: -.inf}", "is -.inf, must be finite"),
]


@pytest.mark.parametrize(("bench", "words"), BAD_BENCHES)
def test_mistakes_in_a_testbench(tmp_path: Path, bench: str, words: str) -> None:
    sweep = {"sweeps/rc.yaml": "testbench: other\nparameters: {R: [1]}\n"}
    hub = HUB.replace("}\nsweeps", ", other: {template: o.j2, parameters: {R: 1}}}\nsweeps")
    text = message(write(tmp_path, hub=hub, bench=bench, template="", **sweep, **{"o.j2": "{{R}}"}))
    assert words in text
    assert "testbenches/ac/config.yaml: " in text
    assert text.count("\n") == 1


BAD_HUBS = [
    ("dut: {netlist: rc.spice}", '"testbenches" is missing'),
    ("dut: {netlist: rc.spice}", '"sweeps" is missing'),
    (HUB + "result: x", 'result: is not a key that is known (did you mean "results"?)'),
    (HUB + "results: 'a\n\n  {b}'", "must be a path without braces"),
    (HUB + "dut: {netlist: rc.spice}", "dut: stands twice, in lines 1 and 4"),
    (HUB.replace("rc.spice", "no.spice"), 'dut.netlist: there is no file "no.spice"'),
    (
        HUB.replace("netlist", "netlits"),
        'dut.netlits: is not a key that is known (did you mean "net',
    ),
    (HUB.replace("netlist: rc.spice", "schematic: x"), 'dut: "netlist" is missing'),
    (HUB.replace("rc.spice}", "~}"), "dut.netlist: is empty, must be text"),
    (HUB.replace("rc.spice}", "3}"), "dut.netlist: is the number 3, must be text"),
    (HUB.replace("testbenches/ac}", "testbenches}"), 'there is no file "testbenches/config.yaml"'),
    (
        HUB.replace("testbenches/ac}", "7}"),
        "testbenches.ac: is the number 7, must be text or a map",
    ),
    (HUB.replace("{ac: testbenches/ac}", "{}"), "testbenches: is empty"),
    (HUB.replace("{ac:", "{a c: testbenches/ac, ac:"), '"a c" cannot be the name of a testbench'),
    (HUB.replace("sweeps/rc.yaml", "sweeps"), 'sweeps.rc: "sweeps" is a directory'),
    (HUB.replace("{rc:", "{on: sweeps/rc.yaml, rc:"), "has the truth value true for a key"),
    (HUB.replace("{rc:", "{a-b:"), '"a-b" cannot be the name of a sweep'),
    (HUB.replace("{rc:", "{simulate:"), "it is a rule of the workflow"),
    (HUB.replace("{rc:", "{RC: sweeps/rc.yaml, rc:"), '"RC" and "rc" differ by case only'),
    (HUB + "simulator: {engine: hot}", 'simulator.engine: is the text "hot", must be one of: auto'),
    (HUB + "simulator: {timeout: 60s}", 'is the text "60s", must be a number (write 60,'),
    (HUB + "simulator: {timeout: 0}", "simulator.timeout: is 0, must be more than 0"),
    (HUB + "simulator: {timeout: .inf}", "simulator.timeout: is .inf, must be finite"),
    (HUB + "simulator: {timeout: .nan}", "simulator.timeout: is nan, must be finite"),
    (HUB + "gate: {max_failed_fraction: .nan}", "max_failed_fraction: is nan, must be finite"),
    (HUB + "simulator: {mem_mb: 1.5}", "is the number 1.5, must be a whole number"),
    (HUB + "simulator: {threads: 0}", "simulator.threads: is 0, must be 1 or more"),
    (HUB + "simulator: {spiceinit: no}", "spiceinit: is the truth value false, must be text"),
    (HUB + "simulator: {spiceinit: nope}", 'simulator.spiceinit: there is no file "nope"'),
    (HUB + "execution: {cases_per_job: 0}", "execution.cases_per_job: is 0, must be 1 or more"),
    (HUB + "execution: {cases_per_job: many}", "must be auto or a whole number"),
    (
        HUB + "gate: {max_failed_fraction: 1.5}",
        "gate.max_failed_fraction: is 1.5, must be 1 or less",
    ),
    (HUB + "gate: 0", "gate: is the number 0, must be a mapping"),
]


@pytest.mark.parametrize(("hub", "words"), BAD_HUBS)
def test_mistakes_in_the_hub(tmp_path: Path, hub: str, words: str) -> None:
    text = message(write(tmp_path, hub=hub))
    assert words in text
    assert "config.yaml: " in text


@pytest.mark.parametrize(
    ("results", "why"),
    [
        (
            "/",
            "is the root of the file system itself (give a directory of its own, such as results)",
        ),
        ("home", "is your home directory itself"),
        ("home/..", "which holds your home directory"),
        ("repository", "is the repository of snakespice itself"),
        ("repository/..", "which holds the repository of snakespice"),
        (".", "is the project itself"),
        ("..", "which holds the project"),
        ("link", "is the project itself"),
        ("-rf", '"-rf" is an option to every command that is given it'),
        ("~/out", '"~" is not expanded, it would be the name of a directory (write it in full)'),
        ("$HOME", '"$HOME" is not expanded'),
        ("rc.spice", "rc.spice is a file"),
        ("rc.spice/x", "rc.spice is a file"),
        ("a{x}", "must be a path without braces"),
    ],
)
def test_where_results_cannot_go(
    tmp_path: Path, results: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "down" / "project"
    (tmp_path / "home" / "below").mkdir(parents=True)
    hub = write(project)
    (project / "link").symlink_to(project)
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "below"))
    results = results.replace("home", str(tmp_path / "home" / "below"))
    results = results.replace("repository", str(Path(__file__).parents[2]))
    hub.write_text(HUB + f"results: '{results}'\n")
    text = message(hub)
    assert "config.yaml: results: " in text
    assert why in text


@pytest.mark.parametrize("results", ["results/", "./results", "x/..//results"])
def test_results_are_named_as_snakemake_names_them(tmp_path: Path, results: str) -> None:
    assert load(write(tmp_path, hub=HUB + f"results: {results}\n")).results == "results"


def test_an_unknown_testbench(tmp_path: Path) -> None:
    text = message(write(tmp_path, sweep="testbench: acc\nparameters: {R: [1]}\n"))
    assert 'testbench: "acc" is no testbench (did you mean "ac"?)' in text


def test_template_mistakes_are_told_with_file_and_line(tmp_path: Path) -> None:
    text = message(write(tmp_path, template="* {{ R }}\n{{ Cx }}\n"))
    assert 'testbenches/ac/tb.j2: line 2: "Cx" is not defined (did you mean "C"?)' in text


def test_all_mistakes_of_all_files_in_one_message(tmp_path: Path) -> None:
    hub = write(
        tmp_path,
        hub=HUB + "results: 3\nsimulator: {threads: 0}\n",
        bench=BENCH + "typo: 1\n",
        sweep="testbench: ac\nparameters: {R: [], C: [1, 1], temp: [1, yes]}\nseeds: 3\n",
        template="{{ nope }}{% if %}",
    )
    text = message(hub)
    assert text.startswith("8 mistakes in the configuration; nothing was run.")
    for words in (
        "results:",
        "threads:",
        "typo:",
        "R:",
        "parameters.C:",
        "temp[1]",
        "seeds:",
        "j2:",
    ):
        assert words in text


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    assert "rc.yaml: is not UTF-8 text" in message(write(tmp_path, sweep=b"testbench: \xff"))


@pytest.mark.parametrize(
    ("kind", "text"),
    [("hub", text) for text, _ in BAD_HUBS]
    + [("sweep", f"testbench: ac\n{text}") for text, _ in BAD_SWEEPS]
    + [("testbench", text) for text, _ in BAD_BENCHES if "\t" not in text and text != "a: ["]
    + [("hub", HUB), ("sweep", SWEEP), ("testbench", BENCH)],
)
def test_our_reading_of_the_schemas_is_that_of_jsonschema(kind: str, text: str) -> None:
    value = yaml.safe_load(text)
    if value is None or "true" in repr(value).lower() or ".inf" in text or ".nan" in text:
        return  # keys that are no text and endless numbers are not for JSON
    validator = jsonschema.Draft202012Validator(schema.load_schema(kind))
    assert bool(schema.check(value, kind)) == (not validator.is_valid(value))


def test_loading_takes_little(tmp_path: Path) -> None:
    hub = write(tmp_path)
    code = (
        "import sys, yaml; from pathlib import Path; from snakespice.config.hub import own_hub; "
        "from snakespice.config.project import load_project\n"
        "hub = Path(sys.argv[1])\n"
        "load_project(own_hub(yaml.safe_load(hub.read_text()), [hub])); print(*sys.modules)"
    )
    run = [sys.executable, "-c", code, str(hub)]
    scripts = str(Path(schema.__file__).parents[2])
    out = subprocess.run(
        run, env={"PYTHONPATH": scripts}, capture_output=True, text=True, check=True
    )
    # Each of these takes a second or a good part of it to load, in every job.
    slow = {"asyncio", "jsonschema", "numpy", "pandas", "snakemake"}
    assert not slow & set(out.stdout.split())
