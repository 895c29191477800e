"""`snakemake --report`: the tables, and what was run with which parameters."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from project import Project

from snakespice.tables.overview import overview
from snakespice.tables.summary import summarise


def test_report_zip(project: Project) -> None:
    project.edit("config.yaml", "R: [1k, 2k, 3k]", 'R: [1k, "<b>"]')
    project.run()
    project.run("--report", "report.zip")
    with zipfile.ZipFile(project.directory / "report.zip") as archive:
        files = {
            name.rpartition("/")[2]: archive.read(name).decode() for name in archive.namelist()
        }
    assert files.keys() == {
        *("report.html", "overview.html", "run_status.csv", "measures.csv", "provenance.json")
    }
    rows = list(csv.DictReader(io.StringIO(files["run_status.csv"])))
    assert [row["status"] for row in rows] == ["completed"] * 2 + ["failed"] * 2
    page = files["overview.html"]
    assert json.loads(files["provenance.json"])["run"]["command"] in page
    assert "<td>R</td><td>1k, &lt;b&gt;</td>" in page
    assert "<td>temp</td><td>27</td>" in page
    assert len(re.findall('<tr class="completed">', page)) == 2
    assert len(re.findall('<tr class="failed">', page)) == 2
    assert "<b>" not in page
    for caption in ("on one page", "what was measured", "Parameter sweeps with ngspice"):
        assert caption in files["report.html"]


def test_a_large_sweep_is_cut_and_the_page_says_so(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = finished.directory / "results/rc"
    monkeypatch.setattr("snakespice.tables.overview.CASES_SHOWN", 4)
    data = json.loads((directory / "provenance.json").read_text())
    page = overview(directory, summarise(directory), data)
    assert "The first 4 of 6 cases; run_status.csv and measures.csv have all." in page
    assert len(re.findall('<tr class="completed">', page)) == 4
