"""Measures by expression in a run: taken, refused, taken again without simulating."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from project import Project

MEASURES = """measures:
      vmax: {unit: V}
      top: {expr: 'maximum(v("out"))', unit: V}
      tone: {expr: 'tone_amplitude(window(v("out"), 100u), f0=10k)'}
      late: {expr: 'crossing(v("out"), 0.2, edge="rise") * R'}
      never: {expr: 'crossing(v("out"), 9)'}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.edit("config.yaml", "measures: [vmax]\n", MEASURES)
    return project


def rows(project: Project) -> list[dict[str, str]]:
    return project.table(name="measures.csv")


def edit(project: Project, old: str, new: str) -> None:
    project.edit("config.yaml", old, new)


def add(project: Project, text: str) -> None:
    project.write("config.yaml", (project.directory / "config.yaml").read_text() + text)


@pytest.mark.parametrize("engine", ["cold", "warm"])
def test_measures_are_taken_in_the_run(project: Project, engine: str) -> None:
    add(project, f"simulator: {{engine: {engine}}}\n")
    printed = project.run().stdout
    table = rows(project)
    assert list(table[0]) == ["case_id", "R", "C", "vmax", "top", "tone", "late", "never"]
    for row in table:
        assert math.isclose(float(row["top"]), float(row["vmax"]), rel_tol=1e-6)
        ohm, farad = float(row["R"][0]) * 1e3, float(row["C"][0]) * 1e-9
        expected = 1 / math.hypot(1, 2 * math.pi * 1e4 * ohm * farad)
        assert math.isclose(float(row["tone"]), expected, rel_tol=0.02)
        assert row["never"] == ""
    assert "never: 6 of 6 not taken: v(out) crosses 9 never" in printed
    record = project.record(1)
    assert record["engine"] == engine
    assert record["measure_keys"].keys() == {"top", "tone", "late", "never"}
    assert record["warnings"][0] == "measure never could not be taken: v(out) crosses 9 never"
    assert "6 of 6 cases simulated again" in project.script("verify.py", "results/rc")
    project.starts()
    project.run()
    assert project.starts() == 0


def test_both_engines_give_the_same_digits_though_nothing_is_kept(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tables = []
    for engine in ("cold", "warm"):
        project = Project(tmp_path_factory.mktemp(engine))
        edit(project, "measures: [vmax]\n", MEASURES)
        keep = "keep: {waveforms: never, logs: never, netlists: never}"
        add(project, f"simulator: {{engine: {engine}}}\n{keep}\n")
        project.run()
        assert not list(project.directory.glob("results/rc/case_*/*.raw"))
        tables.append((project.directory / "results/rc/measures.csv").read_bytes())
    assert tables[0] == tables[1]
    assert b",," not in tables[0].replace(b",\r\n", b"")


def test_a_changed_expression_is_measured_again_without_simulating(project: Project) -> None:
    project.run()
    before = rows(project)
    project.starts()
    edit(project, "maximum(v", "2 * maximum(v")
    printed = project.run().stdout
    assert project.starts() == 0
    assert "6 kept from before, 6 of them measured again" in printed
    for now, was in zip(rows(project), before, strict=True):
        assert float(now["top"]) == 2 * float(was["top"])
        assert {**now, "top": ""} == {**was, "top": ""}
    assert "snakemake" and "measured again" not in project.run().stdout


def test_a_measure_that_is_no_longer_declared_leaves_the_tables(project: Project) -> None:
    project.run()
    project.starts()
    edit(project, '      late: {expr: \'crossing(v("out"), 0.2, edge="rise") * R\'}\n', "")
    edit(project, "      never: {expr: 'crossing(v(\"out\"), 9)'}\n", "")
    printed = project.run().stdout
    assert project.starts() == 0
    assert list(rows(project)[0]) == ["case_id", "R", "C", "vmax", "top", "tone"]
    assert "never" not in printed
    assert project.record(1)["warnings"] == []


def test_a_new_expression_simulates_where_waveforms_were_not_kept(project: Project) -> None:
    add(project, "keep: {waveforms: never}\n")
    project.run()
    project.starts()
    edit(project, "maximum(v", "3 * maximum(v")
    project.run()
    assert project.starts() > 0
    assert float(rows(project)[0]["top"]) > 2


def test_what_is_inside_of_a_device_is_saved_for_it(project: Project) -> None:
    """A new expression that needs a vector which was not saved has the cases simulated again."""
    project.run()
    project.starts()
    edit(
        project,
        "      vmax: {unit: V}\n",
        "      vmax: {unit: V}\n      ir: {expr: 'maximum(signal(\"@r1[i]\"))'}\n",
    )
    project.run()
    assert project.starts() > 0
    assert all(float(row["ir"]) > 0 for row in rows(project))
    edit(project, "maximum(signal", "2 * maximum(signal")
    project.run()
    assert project.starts() == 0
    edit(project, "      ir: {expr: '2 * maximum(signal(\"@r1[i]\"))'}\n", "")
    project.run()
    assert project.starts() == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "maximum(v(",
            "maxmum(v(",
            'config.yaml: testbenches.rc.measures.top.expr: column 1: there is no function "maxmum"'
            ' (did you mean "maximum"?)',
        ),
        (
            'maximum(v("out"))',
            '__import__("os")',
            'measures.top.expr: column 1: there is no function "__import__" (the guide lists all)',
        ),
        (
            'maximum(v("out"))',
            'v("out").real',
            "measures.top.expr: column 1: a dot behind a name is not allowed in an expression",
        ),
        ("* R'", "* Q'", 'measures.late.expr: column 40: there is no parameter "Q"'),
        (
            "      vmax: {unit: V}",
            "      vmax: {unit: V}\n      power: {unit: W}",
            "rc: measure power is declared, and no .meas, meas or print in the netlist takes it",
        ),
        (
            "      top: {expr: 'maximum(v(\"out\"))', unit: V}",
            "      R: {expr: 'maximum(v(\"out\"))', unit: V}",
            'testbenches.rc.measures: "R" is already a column of measures.csv',
        ),
        (
            'tone_amplitude(window(v("out"), 100u), f0=10k)\'',
            'frequency(v("out"))\', unit: kHz',
            'measures.tone.unit: is "kHz", and the function gives Hz (write Hz)',
        ),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_simulated(
    project: Project, old: str, new: str, message: str
) -> None:
    edit(project, old, new)
    assert message in project.run(expect=1).stdout
    assert project.starts() == 0


@pytest.mark.parametrize("vector", ['v("ouut")', 'signal("@r9[i]")'])
def test_an_unknown_signal_stops_at_the_first_case(project: Project, vector: str) -> None:
    add(project, "execution: {cases_per_job: 6}\nsimulator: {engine: cold}\n")
    edit(project, 'maximum(v("out"))', f"maximum({vector})")
    printed = project.run("--show-failed-logs", expect=1, cores=1).stdout
    assert "rc, block_1: case 1: measure top: " in printed
    there = "did you mean v(out)?" if "ouut" in vector else "there are time, v(in), v(out), i(v1)"
    name = "v(ouut)" if "ouut" in vector else "@r9[i]"
    assert f"column 9: there is no {name} ({there})" in printed
    project.starts()
    edit(project, f"maximum({vector})", 'maximum(v("out"))')
    project.run()
    assert all(row["top"] for row in rows(project))
    assert project.starts() == 0 if "ouut" in vector else project.starts() <= 6


OWN = """from helper import FACTOR
from snakespice import NotTaken, measure


@measure("V")
def scaled(signal):
    return FACTOR * signal.y.max()


@measure({"low": "V", "high": "V"})
def both(case):
    y = case.v("out").y
    if case.parameters["R"] == 3000:
        return 1 / len(y[:0])
    return {"low": y.min(), "high": y.max()}


@measure
def endless(case):
    while case.parameters["R"] == 2000:
        pass
    return 1


@measure
def greedy(case):
    return [bytes(1 << 30) for _ in range(100 if case.parameters["R"] == 1000 else 0)] or 1
"""


def test_functions_of_users_are_bounded_and_their_faults_are_told(project: Project) -> None:
    project.write("helper.py", "FACTOR = 2\n")
    project.write("own.py", OWN)
    edit(
        project,
        "      vmax: {unit: V}\n",
        "      vmax: {unit: V}\n      twice: {expr: 'scaled(v(\"out\"))'}\n      both:\n"
        "      greedy:\n      endless:\n",
    )
    edit(project, "    measures:\n", "    measure_files: [own.py]\n    measures:\n")
    add(project, "simulator: {timeout: 2, engine: cold}\n")
    printed = project.run().stdout
    table = rows(project)
    assert list(table[0])[3:9] == ["vmax", "twice", "both_low", "both_high", "greedy", "endless"]
    for row in table:
        assert float(row["twice"]) == 2 * float(row["top"])
        assert (row["both_high"] == "") == (row["R"] == "3k")
        assert (row["endless"] == "") == (row["R"] == "2k")
        assert (row["greedy"] == "") == (row["R"] == "1k")
    fault = "ZeroDivisionError: division by zero (own.py, line 14)"
    assert f"both_low: 2 of 6 not taken: {fault}" in printed
    assert "endless: 2 of 6 not taken: it took longer than 2 s, the limit" in printed
    assert "greedy: 2 of 6 not taken: it needs more than 1000 MB, the limit" in printed
    project.starts()
    project.run()
    assert project.starts() == 0
    project.write("helper.py", "FACTOR = 3\n")
    project.run()
    assert project.starts() == 0
    assert all(float(row["twice"]) == 3 * float(row["top"]) for row in rows(project))
    printed = project.script(
        "measure.py", "results/rc", "--case", "1", "--expr", 'scaled(v("out"))'
    )
    assert printed == f"case 1 (R=1k, C=1n): value = {rows(project)[0]['twice']}\n"
    printed = project.script(
        "measure.py", "results/rc", "--case", "1", "--expr", 'scaled(v("uot"))', expect=1
    )
    assert "not taken: column 8: there is no v(uot) (did you mean v(out)?)" in printed


def test_a_measure_file_that_cannot_be_imported_is_refused(project: Project) -> None:
    project.write("own.py", OWN)
    edit(project, "    measures:\n", "    measure_files: [own.py]\n    measures:\n")
    printed = project.run(expect=1).stdout
    assert "No module named 'helper'" in printed
    assert 'own.py", line 1' in printed
    assert project.starts() == 0


def test_a_reference_waveform(project: Project) -> None:
    project.write("golden/step.csv", "time,v(out)\n0,0\n200e-6,0\n")
    edit(
        project,
        "      vmax: {unit: V}\n",
        "      vmax: {unit: V}\n"
        '      far: {expr: \'distance_max(v("out"), reference("golden/step.csv", "v(out)"))\'}\n',
    )
    project.run()
    assert math.isclose(float(rows(project)[0]["far"]), float(rows(project)[0]["top"]), rel_tol=0.1)
    project.starts()
    project.write("golden/step.csv", "time,v(out)\n0,1\n200e-6,1\n")
    project.run()
    assert project.starts() == 0
    assert float(rows(project)[0]["far"]) > 1.5


def test_waveforms_of_many_cases_in_one_file(project: Project) -> None:
    """Measures are taken again of them, and what is there is not simulated again."""
    add(project, "keep: {waveforms: store, netlists: never, logs: never}\n")
    project.run()
    results = project.directory / "results/rc"
    assert [path.name for path in results.glob("waveforms/*")] == ["block_1.h5"]
    assert not list(results.glob("case_*/*.raw"))
    assert {row["waveform_store"] for row in project.table()} == {"waveforms/block_1.h5"}
    before = rows(project)
    project.starts()
    project.run()
    edit(project, "maximum(v", "2 * maximum(v")
    printed = project.run().stdout
    assert "6 of them measured again" in printed
    assert [float(row["top"]) for row in rows(project)] == [2 * float(r["top"]) for r in before]
    printed = project.script("measure.py", "results/rc", "--case", "6", "--expr", 'last(v("in"))')
    assert printed.startswith("case 6 (R=3k, C=2n): value = ")
    edit(project, "R: [1k, 2k, 3k]", "R: [0.5k, 2k, 3k]")
    project.run()
    assert project.starts() <= 2 + 4
    assert sorted(path.name for path in results.glob("waveforms/*")) == [
        "block_1.2.h5",
        "block_1.h5",
    ]
    assert [row["waveform_store"] for row in project.table()] == (
        ["waveforms/block_1.2.h5"] * 2 + ["waveforms/block_1.h5"] * 4
    )
    (results / "waveforms/block_1.h5").unlink()
    project.run("--forcerun", "simulate")
    assert not list(results.glob("case_*/*.raw"))
    stores = [row["waveform_store"] for row in project.table()]
    assert all((results / name).exists() for name in stores)


def test_a_sweep_that_is_done_is_collected_by_hand(project: Project) -> None:
    project.run()
    project.starts()
    results = project.directory / "results/rc"
    raw = next(results.glob("case_1/*.raw")).read_bytes()
    assert raw
    printed = project.script("collect.py", "results/rc", "--signals", "v(out)", "--single")
    assert printed == "rc: waveforms of 6 cases stored\n"
    assert not list(results.glob("case_*/*.raw"))
    project.run()
    assert project.starts() == 0
    edit(project, "maximum(v", "2 * maximum(v")
    project.run()
    assert project.starts() > 0, "what was rounded is not measured"


def test_what_is_printed_is_a_measure_and_what_is_echoed_never_is(project: Project) -> None:
    project.write(
        "rc.spice.j2",
        "RC\nV1 in 0 sin(0 1 10k)\nR1 in out {{ R }}\nC1 out 0 {{ C }}\n.control\ntran 1u 200u\n"
        "let vmax = 7\nprint vmax\necho vmax = 5\n.endc\n.end\n",
    )
    project.run()
    assert {row["vmax"] for row in rows(project)} == {"7.0"}
    project.starts()
    project.edit("rc.spice.j2", "print vmax\n", "")
    assert "no .meas, meas or print in the netlist takes it" in project.run(expect=1).stdout
    assert project.starts() == 0


def test_an_expression_and_a_card_of_one_name_are_refused(project: Project) -> None:
    edit(project, "      top: {expr", "      VMAX2: {expr")
    project.edit("rc.spice.j2", ".end\n", ".meas tran vmax2 max v(in)\n.end\n")
    assert "rc: measure VMAX2 is an expression and a .meas, too: rename one" in (
        project.run(expect=1).stdout
    )
