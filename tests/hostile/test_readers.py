"""Whatever a reader is given, it says what is wrong and where, or what it says is right."""

from __future__ import annotations

import csv
import inspect
import io
import json
import math
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import inputs  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inputs import damaged, damaged_bytes
from sweeps import SOUND_RECORD

from snakespice.base.files import UnusableFile
from snakespice.base.problems import ConfigError, Problems
from snakespice.base.quantity import format_number, parse_number
from snakespice.config.axes import read_table
from snakespice.config.column import Generated
from snakespice.config.generators import GENERATORS
from snakespice.config.hub import own_hub
from snakespice.config.names import value_fault
from snakespice.config.project import Project, load_project
from snakespice.config.schema import check, load_schema
from snakespice.config.yamlfile import load_yaml
from snakespice.netlist.netlist import Measure, ResolvedNetlist
from snakespice.netlist.rewrite import finalise
from snakespice.record.record import COLUMNS, FAILURES, from_json, to_json
from snakespice.record.store import read_record
from snakespice.sweep.index import read_index
from snakespice.sweep.plan import Plan, read_plan
from snakespice.templates import template
from snakespice.templates.includes import UnsetVariable
from snakespice.verdict.log import scan_log
from snakespice.verdict.measures import read_measures
from snakespice.verdict.raw import RawError, check_raw

ONE_LINE = re.compile(r"[^\n\r]+")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Return a directory with what the configuration names."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name).resolve()
        (path / "dut.spice").write_text("* dut\n")
        (path / "tb.spice.j2").write_text(inputs.TEMPLATE)
        (path / "other.yaml").write_text("template: tb.spice.j2\nparameters: {R: 1, temp: 2}\n")
        (path / "cases.csv").write_text(inputs.TABLE)
        (path / "r.inc").write_text("R2 a b 1k\n.include r.inc\n")
        (path / "models.lib").write_text(".lib tt\n.model d d\n.endl\n")
        yield path


@contextmanager
def told(where: Path) -> Iterator[None]:
    """Expect success, or a ConfigError of which each line names a file or key."""
    try:
        yield
    except ConfigError as fault:
        assert fault.problems
        for problem in fault.problems:
            assert problem.file or problem.key, problem
            assert problem.wrong, problem


def assert_project_is_what_the_file_says(project: Project, tree: dict[str, Any]) -> None:
    jsonschema.validate(tree, load_schema("hub"))
    assert list(project.sweeps) == list(tree["sweeps"])
    for name, sweep in project.sweeps.items():
        assert len(sweep.space) > 0
        for case in {1, len(sweep.space)}:
            values = sweep.space.case(case)
            assert all(value_fault(text) is None for text in values.values())
        written = tree["sweeps"][name]
        if isinstance(written, dict):
            jsonschema.validate(written, load_schema("sweep"))
            assert set(sweep.space.names) >= set(written.get("parameters", ()))
    assert project.simulator.timeout == tree.get("simulator", {}).get("timeout", 60)
    # The plan can be written, and read again as the same.
    for name in project.sweeps:
        plan = Plan.of(project, name)
        assert json.loads(json.dumps(plan.to_json())) == plan.to_json()


@given(tree=inputs.configurations())
def test_configuration(place: Path, tree: dict[str, Any]) -> None:
    try:
        text = inputs.as_yaml(tree)
        text.encode()
    except UnicodeEncodeError:
        return
    (place / "config.yaml").write_text(text, encoding="utf-8")
    problems = Problems()
    read = load_yaml(place / "config.yaml", problems)
    if not isinstance(read, dict) or problems:
        return
    with told(place):
        project = load_project(own_hub(read, [place / "config.yaml"]))
        assert_project_is_what_the_file_says(project, json.loads(json.dumps(read)))


@given(data=damaged_bytes(inputs.as_yaml(inputs.HUB)))
def test_configuration_as_text(place: Path, data: bytes) -> None:
    path = place / "config.yaml"
    path.write_bytes(data)
    problems = Problems()
    tree = load_yaml(path, problems)
    assert (tree is None) <= bool(problems)
    for problem in problems:
        assert problem.file == path
        assert ONE_LINE.fullmatch(str(problem)), problem
    if not isinstance(tree, dict):
        return
    with told(place):
        load_project(own_hub(tree, [path]))


@given(tree=inputs.TREES | inputs.configurations(), kind=st.sampled_from(["hub", "sweep"]))
def test_schema(tree: Any, kind: str) -> None:
    try:
        text = json.dumps(tree, allow_nan=False)
    except ValueError:
        text = ""
    faults = check(tree, kind)
    for path, wrong, _ in faults:
        assert wrong and isinstance(path, tuple)
    if text:
        validator = jsonschema.Draft202012Validator(load_schema(kind))
        assert bool(faults) == (not validator.is_valid(tree))


@given(data=damaged_bytes(inputs.TABLE, ["1k,2n", '"a\nb"', '"', "R", "C", "temp"]))
def test_table_of_cases(place: Path, data: bytes) -> None:
    path = place / "hostile.csv"
    path.write_bytes(data)
    problems = Problems()
    columns = read_table(path, ["R", "C", "temp"], problems)
    assert bool(columns) != bool(problems)
    for problem in problems:
        assert problem.file == path
    if columns:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))]
        rows = [[cell.strip() for cell in row] for row in rows]
        rows = [row for row in rows if any(row)]
        assert list(columns) == rows[0]
        read = [list(values) for values in zip(*columns.values(), strict=True)]
        assert read == rows[1:]
        assert all(len(cell.splitlines()) == 1 for row in read for cell in row)


LINES = [line + "\n" for line in inputs.LOG.splitlines() if line]


@given(
    log=damaged(inputs.LOG, LINES),
    commands=st.none() | st.lists(st.sampled_from(["run", "echo", "echo x", "resume", "quit"])),
)
def test_log(log: str, commands: list[str] | None) -> None:
    said = scan_log(log, commands)
    assert (said.failure is None) == (said.message is None)
    assert said.failure is None or said.failure in FAILURES
    for message in (*said.warnings, *filter(None, [said.message])):
        assert ONE_LINE.fullmatch(message)
    if said.message:
        number = re.search(r"\(ngspice\.log, line (\d+)\)", said.message)
        assert number and 1 <= int(number[1]) <= len(log.splitlines())


@given(
    piece=st.sampled_from(LINES + inputs.NASTY + ["a ", "(", "a=", "meas ", "1:", "x " * 9]),
    times=st.integers(1, 20_000),
)
def test_long_log(piece: str, times: int) -> None:
    log = (piece * times)[:50_000]
    scan_log(log, ["run"])
    read_measures(log, ["vmax"], [])


@given(
    log=damaged(inputs.LOG, LINES),
    declared=st.lists(st.sampled_from(["vmax", "Delay", "t1", "absent"]), unique=True),
    texts=st.lists(st.sampled_from(["max v(out) from=1u to=2u", "find v(x) at=1", "(", "par("])),
)
def test_measures(log: str, declared: list[str], texts: list[str]) -> None:
    cards = [Measure("tran", f"m{n}", f"meas tran m{n} {text}") for n, text in enumerate(texts)]
    values, warnings, _ = read_measures(log, declared, cards)
    assert list(values)[: len(declared)] == declared
    printed = {float(number) for number in re.findall(r"= +([-+\w.]+)", log) if _is_float(number)}
    for name, value in values.items():
        if value is None:
            assert any(f"measure {name} could not be taken" in warning for warning in warnings)
        else:
            assert math.isfinite(value) and value in printed
    assert all(ONE_LINE.fullmatch(warning) for warning in warnings)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@given(whole=inputs.RAW_FILES, cut=st.integers(0, 400))
def test_raw_file(place: Path, whole: list[inputs.Block], cut: int) -> None:
    path = place / "a.raw"
    data = b"".join(block.encoded() for block in whole)
    path.write_bytes(data)
    plots = check_raw(path)
    assert [plot.name for plot in plots] == [block.name for block in whole]
    for plot, block in zip(plots, whole, strict=True):
        assert plot.variables == tuple(block.variables)
        assert (plot.points, plot.is_complex) == (len(block.values), block.is_complex)
        assert plot.nonfinite[:1] == tuple(filter(None, [block.nonfinite]))
    last = len(whole[-1].encoded())
    if 2 < cut < last:
        path.write_bytes(data[:-cut])
        with pytest.raises(RawError):
            check_raw(path)


@given(data=inputs.damaged_raw_files() | st.binary(max_size=300))
def test_damaged_raw_file(place: Path, data: bytes) -> None:
    path = place / "b.raw"
    path.write_bytes(data)
    try:
        plots = check_raw(path)
    except RawError as fault:
        assert ONE_LINE.fullmatch(str(fault))
        return
    held = sum(plot.points * len(plot.variables) for plot in plots)
    assert 0 < held <= len(data)


def test_the_sound_record_is_sound() -> None:
    assert SOUND_RECORD.keys() == set(COLUMNS)
    assert to_json(from_json(SOUND_RECORD)) == SOUND_RECORD


# Fields that records of earlier versions do not have.
LATER = {"verdict_version", "inputs_key", "measure_keys"}


@given(
    changes=st.dictionaries(st.sampled_from(sorted(SOUND_RECORD)), inputs.TREES, max_size=3),
    lost=st.sets(st.sampled_from(sorted(SOUND_RECORD)), max_size=1),
)
def test_record(changes: dict[str, Any], lost: set[str]) -> None:
    data = {key: value for key, value in (SOUND_RECORD | changes).items() if key not in lost}
    try:
        record = from_json(data)
    except UnusableFile as fault:
        assert ONE_LINE.fullmatch(str(fault))
        return
    assert lost <= LATER
    data |= {name: getattr(record, name) for name in LATER}
    assert json.loads(json.dumps(to_json(record), allow_nan=False)) == data
    for name, value in data.items():
        allowed = {type(value), type(SOUND_RECORD[name]), type(None), str, int, float}
        assert type(getattr(record, name)) in allowed
        is_container = isinstance(SOUND_RECORD[name], (dict, list))
        assert value is None or isinstance(value, (dict, list)) == is_container, name
    assert all(value is None or math.isfinite(value) for value in record.measures.values())


def reads(place: Path, name: str, data: bytes, read: Callable[[Path], object]) -> object:
    """Return what is read from `data`, None where there is a fault that is told."""
    (place / name).write_bytes(data)
    try:
        return read(place / name)
    except UnusableFile as fault:
        assert str(fault)
        assert "Traceback" not in str(fault)
        return None


@given(data=damaged_bytes(json.dumps(SOUND_RECORD)))
def test_record_as_text(place: Path, data: bytes) -> None:
    reads(place, "run_status.json", data, read_record)


@given(data=damaged_bytes('{"netlists": {"1": "ab"}, "faults": {}, "includes": {"/x": "ab"}}'))
def test_index(place: Path, data: bytes) -> None:
    index: Any = reads(place, "netlists_1.json", data, read_index)
    if index is not None:
        for part in ("netlists", "faults", "includes"):
            assert all(isinstance(text, str) for text in index[part].values())


PLAN = json.dumps(
    {
        "sweep": "s",
        "space": {
            "names": ["R"],
            "axes": [{"names": ["R"], "columns": [["1", "2"]]}],
            "exclude": [{"R": "1"}],
        },
        "seed": 1,
        "template": "/t",
        "defaults": {"R": "1"},
        "measures": ["m"],
        "filename_raw": "r",
        "filename_log": "l",
        "dut": {},
        "project_root": "/",
        "cases_per_job": None,
        "reseeded": {"1": 2},
    }
)


@given(data=damaged_bytes(PLAN))
def test_plan(place: Path, data: bytes) -> None:
    plan: Any = reads(place, "plan.json", data, lambda path: read_plan(path.parent))
    if plan is not None:
        assert isinstance(plan, Plan)
        assert len(plan) >= 0


@given(text=damaged(inputs.NETLIST, [".include ", ".lib x y\n", ".control\n", ".endc\n", "+ "]))
def test_netlist(place: Path, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    closure = ResolvedNetlist(text, place)
    assert all(isinstance(file, str) for file in closure.files)
    try:
        kept, _ = finalise(text, directory=place, case_dir=place, near=place, seed=5)
    except UnsetVariable as fault:
        assert "environment variable" in str(fault)
        return
    unclosed = re.search(r"^\s*\.(lib|control)(?!\w)", text, re.M | re.I | re.A)
    assert unclosed or ResolvedNetlist(kept, place).facts.own_seed is not None


@given(text=damaged(inputs.TEMPLATE, ["{{ ", " }}", "{% ", " %}", "range(", "|", "**", "R", "9"]))
def test_template(place: Path, text: str) -> None:
    try:
        (place / "hostile.j2").write_text(text, encoding="utf-8")
    except UnicodeEncodeError:
        return
    names = template.context(
        {"R": "1k", "temp": "27"},
        dut={"netlist": "dut.spice"},
        case_id=1,
        seed=1,
        result_file="r",
        filename_log="l",
        project_root=place,
    )
    try:
        assert isinstance(template.render(place / "hostile.j2", names), str)
    except template.TemplateFault as fault:
        assert "hostile.j2" in str(fault)


@given(text=st.text(max_size=20) | damaged("1.5e-3meg", ["k", "mil", "e", "."]))
def test_number(text: str) -> None:
    try:
        number = parse_number(text)
    except ValueError:
        return
    assert math.isfinite(number)
    assert parse_number(format_number(number)) == number


_NUMBERS = st.sampled_from(
    ["1", "0", "-1", "1k", "1meg", "1n", "1e300", "-1e300", "1e-300", "", "x", "nan", "1e999"]
)
_KEYS = {"num": st.integers(1, 10**12) | st.integers(1, 50)}


def _specifications(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    keys = inspect.signature(GENERATORS[kind]).parameters
    values = {key: _KEYS.get(key, _NUMBERS | st.floats().map(str)) for key in keys}
    return st.fixed_dictionaries({"type": st.just(kind), **values})


@given(spec=st.sampled_from(list(GENERATORS)).flatmap(_specifications))
def test_generated_values(spec: dict[str, Any]) -> None:
    try:
        column = Generated(spec)
    except ValueError as fault:
        assert str(fault)
        return
    places = sorted({0, min(1, len(column) - 1), len(column) // 2, len(column) - 1})
    values = [parse_number(column[index]) for index in places]
    assert values in (sorted(values), sorted(values, reverse=True))
    assert len(set(values)) == len(values)
