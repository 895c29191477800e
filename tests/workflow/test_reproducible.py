"""The same numbers on any number of cores, at any time, in any place, by any engine, to a byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from project import Project

TEMPLATE = """A stage with a transistor, whose resistor is drawn at random
.param r={{ R }} c={{ C }} t={{ temp }} drawn={agauss(1, 0.1, 3)}
.model q npn(is=1e-14 bf=200 vaf=100 cje=5p cjc=3p tf=400p)
.temp {t}
VCC vcc 0 12
VIN in 0 DC 0.7 SIN(0.7 1m 100k) AC 1
RC vcc out {r*drawn}
CL out 0 {c}
Q1 out in 0 q
.include c.spice
X1 out 0 cap value=1p
.tran 50n 20u
.ac dec 10 1k 1g
.meas tran swing pp v(out)
.meas ac gain max vdb(out)
.save v(out)
.end
"""
VARIED = "R: {type: logspace, start: 1k, stop: 5k, num: 6}\n      temp: [-40, 27.0, 125]"


def measures(directory: Path, settings: str = "", *, cores: int = 2) -> bytes:
    """Run the sweep in a directory from nothing; return its `measures.csv`."""
    project = Project(directory)
    project.write("rc.spice.j2", TEMPLATE)
    project.edit("config.yaml", "R: [1k, 2k, 3k]", VARIED)
    project.edit("config.yaml", "measures: [vmax]", "measures: [swing, gain]")
    project.edit("config.yaml", "results: results", f"results: results\n{settings}")
    project.run(cores=cores)
    rows = project.table()
    assert [row["status"] for row in rows] == ["completed"] * 36
    wanted = settings.partition("engine: ")[2].rstrip("}")
    assert not wanted or {row["engine"] for row in rows} == {wanted}
    return (directory / "results/rc/measures.csv").read_bytes()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What one core, one process a case and one job a case give."""
    settings = "execution: {cases_per_job: 1}\nsimulator: {engine: cold}"
    table = measures(tmp_path_factory.mktemp("reference"), settings, cores=1)
    values = [line.rsplit(b",", 2)[1:] for line in table.splitlines()[1:]]
    assert len({swing for swing, _ in values}) == len({gain for _, gain in values}) == 36
    return table


@pytest.mark.parametrize("engine", ["cold", "warm"])
@pytest.mark.parametrize("cores", [1, 4])
def test_by_any_engine_on_any_number_of_cores(
    reference: bytes, tmp_path: Path, engine: str, cores: int
) -> None:
    """At another time and in another directory, too."""
    assert measures(tmp_path, f"simulator: {{engine: {engine}}}", cores=cores) == reference


def test_on_another_machine(
    reference: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another home with start-up files of its own, another locale, time zone and umask."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".spiceinit").write_text("set temp=99\noption reltol=0.1\n")
    for name, value in (("HOME", str(home)), ("LC_ALL", "de_DE.UTF-8"), ("TZ", "Asia/Tokyo")):
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        assert measures(tmp_path / "a place with blanks/deep/in/a/tree") == reference
    finally:
        os.umask(before)


def test_by_the_jobs_of_another_size(reference: bytes, tmp_path: Path) -> None:
    assert measures(tmp_path, "execution: {cases_per_job: 5}") == reference
