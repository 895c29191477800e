"""From the tables of a sweep to columns, and from verdicts to tables."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snakespice.base.files import UnusableFile
from snakespice.config.column import Listed
from snakespice.config.product import Axis
from snakespice.config.space import Corners, Random, Space
from snakespice.config.specification import Spec
from snakespice.specs.lines import Terms
from snakespice.specs.read import read_cases
from snakespice.specs.report import write_tables
from snakespice.sweep.plan import Plan

VARIABLES = {
    "x": {"type": "normal", "mean": "1", "sigma": "0.1"},
    "r": {"type": "discrete", "values": ["1k", "2k"]},
    "kind": {"type": "discrete", "values": ["=a", "b"]},
}
SPACE = Space(
    [Axis(("R",), (Listed(["=1+1", "2k"]),))],
    corners=Corners(("typ", "hot"), Axis(("temp",), (Listed(["27", "125"]),))),
    random=Random(1, 2, False, {"method": "lhs", "variables": VARIABLES, "correlations": []}),
)


def plan() -> Plan:
    return Plan(
        sweep="s",
        space=SPACE,
        seed=1,
        template=Path("t"),
        defaults={"R": "2000", "temp": "27", "x": "1", "r": "1k", "kind": "b"},
        measures=("Gain",),
        filename_raw="r.raw",
        filename_log="s.log",
        dut={},
        project_root=Path("/"),
        cases_per_job=None,
    )


def write(directory: Path, rows: int | None = None) -> None:
    """Write tables as rule aggregate does, of cases of which every fifth failed."""
    from snakespice.base.spreadsheet import as_csv

    table: list[list[Any]] = [["case_id", *SPACE.labels, *SPACE.names, "status", "warnings"]]
    measures: list[list[Any]] = [["case_id", *SPACE.labels, *SPACE.names, "Gain", "other"]]
    for number, labels, own in SPACE.labelled(range(1, (rows or len(SPACE)) + 1)):
        known = [number, *labels.values(), *own.values()]
        failed = number % 5 == 0
        table.append([*known, "failed" if failed else "completed", "w" if number == 2 else None])
        measures.append([*known, None if failed else number / 3, number])
    (directory / "run_status.csv").write_text(as_csv(table))
    (directory / "measures.csv").write_text(as_csv(measures))


def test_tables_become_columns(tmp_path: Path) -> None:
    write(tmp_path)
    cases = read_cases(tmp_path, plan())
    assert len(cases) == 12
    assert list(cases.parameters) == ["corner_name", "temp", "R"]
    assert list(cases.parameters["R"][:4]) == ["=1+1"] * 3 + ["2k"]
    assert cases.draw is not None and cases.draw.tolist() == [0, 1, 2] * 4
    assert cases.status.tolist() == [0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]
    assert np.flatnonzero(cases.warned).tolist() == [1]
    assert cases.measures["Gain"][3] == 4 / 3
    assert np.isnan(cases.measures["Gain"][4])
    assert set(cases.measures) == {"Gain", "other"}
    # Numbers as SPICE has them are numbers; text is none, and correlates with nothing.
    assert set(cases.variables) == {"x", "r"}
    assert set(cases.variables["r"]) <= {1000.0, 2000.0}
    assert cases.corner_parameters == ("temp",)
    assert cases.groups is not None
    assert cases.nominal == 3  # R of 2k is 2000


def test_tables_of_another_plan_are_refused(tmp_path: Path) -> None:
    write(tmp_path, rows=11)
    with pytest.raises(UnusableFile, match="as many rows"):
        read_cases(tmp_path, plan())


def test_the_three_tables(tmp_path: Path) -> None:
    write(tmp_path)
    cases = read_cases(tmp_path, plan())
    specs = [Spec("gain", "Gain", low=1, unit="dB"), Spec("info", "other")]
    write_tables(tmp_path, cases, specs, Terms(date(2026, 11, 29)))

    def rows(name: str) -> list[dict[str, str]]:
        with (tmp_path / name).open(newline="") as file:
            return list(csv.DictReader(file))

    verdicts = rows("verdicts.csv")
    assert list(verdicts[0]) == ["case_id", "gain", "all"]
    assert [row["gain"] for row in verdicts[:5]] == ["fail", "fail", "pass", "pass", ""]
    lines = rows("specs.csv")
    conditions = ["typ, R==1+1", "typ, R=2k", "hot, R==1+1", "hot, R=2k"]
    assert [(line["spec"], line["condition"]) for line in lines] == [
        *(("gain", condition) for condition in ["", *conditions]),
        *(("info", condition) for condition in ["", *conditions]),
        ("all", ""),
    ]
    assert (lines[0]["status"], lines[0]["yield"], lines[0]["failed"]) == ("fail", "0.5", "1")
    assert lines[0]["worst_parameters"] == "corner_name=typ, temp=27, R==1+1, draw=0"
    assert {row["variable"] for row in rows("correlations.csv")} == {"x", "r"}


def test_a_sweep_whose_specifications_are_only_reported_has_no_verdict(tmp_path: Path) -> None:
    write(tmp_path)
    write_tables(tmp_path, read_cases(tmp_path, plan()), [Spec("i", "other")], Terms(date.today()))
    assert (tmp_path / "verdicts.csv").read_text().splitlines()[:2] == ["case_id", "1"]
