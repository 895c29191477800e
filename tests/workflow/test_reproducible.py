"""The same results on any number of cores, at any time, in any place, by any engine, to a byte."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from project import REPOSITORY, Project
from sameness import ENGINES, essence, without_dates, without_places

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
VARIED = "R: {type: logspace, start: 1k, stop: 5k, num: 4}\n      temp: [-40, 27.0, 125]"


@dataclass(frozen=True)
class Results:
    """What a sweep gives, without what two runs need not have in common."""

    rows: list[dict[str, str]]
    measures: bytes
    waveforms: dict[str, bytes]

    @classmethod
    def of(cls, project: Project, sweep: str, *incidental: str) -> Results:
        rows = [essence(row, *ENGINES, *incidental) for row in project.table(sweep)]
        for row in rows:
            row |= {name: without_places(row[name]) for name in ("error_message", "warnings")}
        place = project.directory / "results" / sweep
        # A netlist may write files of its own, which are for it to make the same.
        waveforms = {
            path.name: without_dates(path.read_bytes())
            for path in place.rglob("*.raw")
            if path.name.startswith(f"{path.parent.name}_")
        }
        return cls(rows, (place / "measures.csv").read_bytes(), waveforms)


def results(directory: Path, *, engine: str, cores: int, cases_per_job: int | str) -> Results:
    """Run the sweep in a directory from nothing."""
    project = Project(directory)
    project.write("rc.spice.j2", TEMPLATE)
    project.edit("config.yaml", "R: [1k, 2k, 3k]", VARIED)
    project.edit("config.yaml", "measures: [vmax]", "measures: [swing, gain]")
    project.add(f"simulator: {{engine: {engine}}}\nexecution: {{cases_per_job: {cases_per_job}}}")
    project.run(cores=cores)
    rows = project.table()
    assert [row["status"] for row in rows] == ["completed"] * 24
    assert engine == "auto" or {row["engine"] for row in rows} == {engine}
    # The included file has another place.
    return Results.of(project, "rc", "netlist_sha256", "result_key")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What one core, one process a case and one job a case give."""
    place = tmp_path_factory.mktemp("reference")
    found = results(place, engine="cold", cores=1, cases_per_job=1)
    values = [line.rsplit(b",", 2)[1:] for line in found.measures.splitlines()[1:]]
    assert len({swing for swing, _ in values}) == len({gain for _, gain in values}) == 24
    assert len(found.waveforms) == len(set(found.waveforms.values())) == 24
    return found


@pytest.mark.parametrize(
    ("engine", "cores", "cases_per_job"), [("cold", 4, 6), ("warm", 4, 6), ("warm", 1, "auto")]
)
def test_by_any_engine_on_any_number_of_cores(
    reference: Results, tmp_path: Path, engine: str, cores: int, cases_per_job: int | str
) -> None:
    """At another time, in another directory and by jobs of another size, too."""
    again = results(tmp_path, engine=engine, cores=cores, cases_per_job=cases_per_job)
    assert again == reference


def test_on_another_machine(
    reference: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another home with start-up files of its own, another locale, time zone and umask."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".spiceinit").write_text("set temp=99\noption reltol=0.1\n")
    for name, value in (("HOME", str(home)), ("LC_ALL", "de_DE.UTF-8"), ("TZ", "Asia/Tokyo")):
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        place = tmp_path / "a place with blanks/deep/in/a/tree"
        assert results(place, engine="auto", cores=2, cases_per_job="auto") == reference
    finally:
        os.umask(before)


# Each case of the cold engine reads all models: a corner and two sizes are enough.
FEW = "sweeps={delays: {parameters: {corner: [ss], wn: [0.42, 1.0], wp: [0.65, 2.0]}}}"


@pytest.mark.parametrize(
    ("config", "fewer"),
    [
        ("config/config.yaml", []),
        ("examples/amplifier/config.yaml", []),
        ("examples/failures/config.yaml", []),
        ("examples/sky130_inverter/config.yaml", [FEW]),
    ],
)
def test_engines_agree_on_every_example(config: str, fewer: list[str], tmp_path: Path) -> None:
    if "sky130" in config and not Path(os.environ.get("PDK_ROOT", ""), "sky130_fd_pr").is_dir():
        pytest.skip("PDK_ROOT does not lead to sky130_fd_pr")
    cold, warm = Project(tmp_path / "cold"), Project(tmp_path / "warm")
    for project in (cold, warm):
        engine = f"simulator={{engine: {project.directory.name}}}"
        project.run("--configfile", str(REPOSITORY / config), "--config", engine, *fewer)
    results = cold.directory / "results"
    sweeps = [str(path.parent.relative_to(results)) for path in results.rglob("run_status.csv")]
    assert sweeps
    for sweep in sweeps:
        found = Results.of(cold, sweep)
        assert found.waveforms
        assert Results.of(warm, sweep) == found
