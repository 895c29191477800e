"""The documentation says what the software does: keys, defaults, examples, words and columns."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from guide import GUIDE, section, table
from project import REPOSITORY

import snakespice
from snakespice.config.hub import Hub
from snakespice.config.names import RESERVED
from snakespice.config.project import Project, load_project
from snakespice.record.record import FAILURES, MACHINE_FAULTS
from snakespice.tables.table import FIRST_COLUMNS, OTHER_COLUMNS
from snakespice.templates.template import context, render
from snakespice.verdict.log import _FAILURES

README = (REPOSITORY / "README.md").read_text()
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "config" / "README.md",
    *REPOSITORY.glob("examples/*/README.md"),
]
PAGES += [REPOSITORY / "CHANGELOG.md", REPOSITORY / "RELEASING.md"]


def code(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def load_example(text: str, place: Path) -> Project:
    """Load an example of the guide: a hub, a testbench, a sweep, or one key of the hub."""
    data = yaml.safe_load(text)
    shutil.copytree(REPOSITORY / "config", place, dirs_exist_ok=True)
    (place / "corners.csv").write_text(code(GUIDE, "csv")[0])
    hub = yaml.safe_load((place / "config.yaml").read_text())
    if "template" in data:
        (place / data["template"]).write_text("* title\n")
        for file in data.get("measure_files", ()):
            (place / file).parent.mkdir(exist_ok=True)
            (place / file).write_text(next(t for t in code(GUIDE, "python") if f"# {file}" in t))
        sweep = {"testbench": "tb", "parameters": {next(iter(data["parameters"])): [1]}}
        hub |= {"testbenches": {"tb": data}, "sweeps": {"example": sweep}}
    elif "testbench" in data:
        (place / "t.j2").write_text("* title\n")
        swept = dict.fromkeys([*data.get("parameters", ()), "R", "C", "corner", "temp"], 1)
        hub |= {"testbenches": {data["testbench"]: {"template": "t.j2", "parameters": swept}}}
        hub |= {"sweeps": {"example": data}}
    else:
        hub |= data
    return load_project(Hub(hub, (), (), place))


@pytest.mark.parametrize("text", code(GUIDE, "yaml"))
def test_the_examples_of_the_guide_load(text: str, tmp_path: Path) -> None:
    assert load_example(text, tmp_path).sweeps


def test_the_examples_of_the_guide_have_as_many_cases_as_it_says(tmp_path: Path) -> None:
    counts = [
        len(load_example(text, tmp_path).sweeps["example"].space)
        for text in code(GUIDE, "yaml")
        if text.startswith("testbench:")
    ]
    assert counts == [56, 5, 6, 5, 402]


def test_the_example_of_the_readme_loads(tmp_path: Path) -> None:
    (tmp_path / "ce.spice.j2").write_text(code(README, "jinja")[0])
    project = load_project(Hub(yaml.safe_load(code(README, "yaml")[0]), (), (), tmp_path))
    assert len(project.sweeps["load"].space) == 9


def test_arithmetic_in_a_template_gives_what_the_guide_says(tmp_path: Path) -> None:
    checked = 0
    for written, result, *_ in (row for row in table(section("Templates")) if len(row) == 2):
        expression, answer = written.strip("`"), result.strip("`")
        if not expression.startswith("{{"):
            continue
        (tmp_path / f"t{checked}.j2").write_text(expression)
        names = context(
            {"R": "1k", "C": "4.7n"},
            dut={},
            case_id=1,
            seed=1,
            result_file="r",
            filename_log="l",
            project_root=tmp_path,
        )
        assert render(tmp_path / f"t{checked}.j2", names) == answer
        checked += 1
    assert checked == 4


def test_the_guide_names_what_a_template_can_use(tmp_path: Path) -> None:
    names = context(
        {},
        dut={"netlist": "x"},
        case_id=1,
        seed=1,
        result_file="r",
        filename_log="l",
        project_root=tmp_path,
    )
    rows = " ".join(row[0] for row in table(section("Templates")))
    assert all(f"`{name}`" in rows for name in names)


def test_every_failure_is_explained() -> None:
    assert {*_FAILURES, *MACHINE_FAULTS} <= set(FAILURES)
    rows = {row[0].strip("`"): row[1] for row in table(section("Failures"))}
    assert rows.keys() == set(FAILURES)
    assert all(rows.values())


def test_the_code_knows_no_other_failure() -> None:
    code_text = "".join(
        path.read_text() for path in (REPOSITORY / "scripts" / "snakespice").rglob("*.py")
    )
    words = set(re.findall(r'"([a-z]+_(?:error|aborted|memory|status|analysis))"', code_text))
    assert words - {"run_status"} <= set(FAILURES)


def test_every_column_is_explained() -> None:
    explained = [row[0] for row in table(section("Columns of run_status.csv"))]
    names = re.findall(r"`(\w+)`", " ".join(explained))
    # threads and limits stand with engine, signal with exit_code
    assert sorted(names) == sorted(["case_id", *FIRST_COLUMNS, *OTHER_COLUMNS])
    assert set(names) <= RESERVED


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        text = page.read_text()
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = link.partition("#")
            if "://" in link:
                continue
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page}: {link}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M)
                anchors = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings]
                assert anchor in anchors, f"{page}: {link}"


def test_one_version() -> None:
    assert f"version: {snakespice.__version__}\n" in (REPOSITORY / "CITATION.cff").read_text()
    assert snakespice.__version__ in (REPOSITORY / "CHANGELOG.md").read_text()
    assert f'version = "{snakespice.__version__}"' in (REPOSITORY / "pyproject.toml").read_text()
