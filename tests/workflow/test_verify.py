"""`scripts/verify.py` simulates cases again and tells whether the stored results are true."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from pathlib import Path

import pytest
from project import Project


def verify(project: Project, *, sweep: str = "rc", expect: int = 0) -> str:
    """Verify all cases of a sweep; whatever is found, the results are not touched."""
    directory = project.directory / "results" / sweep
    before = contents(directory)
    printed = project.script("verify.py", f"results/{sweep}", "--sample", "100", expect=expect)
    assert contents(directory) == before
    return printed


def contents(directory: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_equal(finished: Project) -> None:
    printed = verify(finished)
    version = finished.record(1)["simulator"]["version"]
    assert printed == f"rc: 6 of 6 cases simulated again with {version}: none different\n"


def test_a_sample(finished: Project) -> None:
    printed = finished.script("verify.py", "results/rc", "--sample", "2")
    assert "rc: 2 of 6 cases" in printed
    assert finished.starts() == 2


def test_a_measure_in_a_record_was_tampered_with(finished: Project) -> None:
    path = finished.directory / "results/rc/case_3/run_status.json"
    record = json.loads(path.read_text())
    true = record["measures"]["vmax"]
    record["measures"]["vmax"] = 2 * true
    path.write_text(json.dumps(record))
    printed = verify(finished, expect=1)
    told = f"rc, case 3 (R=2k, C=1n): measure vmax was {2 * true} and is {true} (-50 %)"
    assert told in printed
    assert f"measures.csv says {true} of measure vmax, its record {2 * true}" in printed
    assert "1 different" in printed


def test_a_measure_in_the_table_was_tampered_with(finished: Project) -> None:
    path = finished.directory / "results/rc/measures.csv"
    value = finished.table(name="measures.csv")[1]["vmax"]
    path.write_text(path.read_text().replace(value, "9.5"))
    printed = verify(finished, expect=1)
    assert (
        f"case 2 (R=1k, C=2n): measures.csv says 9.5 of measure vmax, its record {value}" in printed
    )


def test_a_waveform_was_tampered_with(finished: Project) -> None:
    path = finished.directory / "results/rc/case_4/case_4_results.raw"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # the exponent of the last value
    path.write_bytes(data)
    printed = verify(finished, expect=1)
    assert "rc, case 4 (R=2k, C=2n): waveform " in printed
    assert 'of plot "Transient Analysis" is up to ' in printed
    path.write_bytes(data[:-8])
    assert "case_4_results.raw is of" in verify(finished, expect=1)
    path.write_bytes(data.replace(b"Flags: ", b"Flags; ", 1))
    assert "its waveforms cannot be read" in verify(finished, expect=1)


def test_an_included_file_has_changed(finished: Project) -> None:
    finished.edit("c.spice", "C1 a b {value}", "C1 a b {2*value}")
    printed = verify(finished, expect=1)
    assert f"rc: {finished.directory}/c.spice has changed since (6 of 6 cases)" in printed
    assert "6 different" in printed


def test_an_included_file_has_changed_but_not_in_effect(finished: Project) -> None:
    finished.edit("c.spice", "C1 a b {value}", "* the same\nC1 a b {value}")
    printed = verify(finished)
    assert "c.spice has changed since" in printed


def test_another_version_of_ngspice(finished: Project) -> None:
    finished.install_ngspice(version="ngspice-99")
    printed = verify(finished)
    version = finished.record(1)["simulator"]["version"]
    assert f"simulated with {version}, and again with ngspice-99 (6 of 6 cases)" in printed
    assert "changed since" not in printed


def test_failed_cases_fail_again(project: Project) -> None:
    project.edit("config.yaml", "R: [1k, 2k, 3k]", 'R: [1k, "1k\\" bad", "{{ no }}"]')
    project.edit("rc.spice.j2", "R1 in out {{ R }}", "R1 in out {{ R }}\n.include none_{{ C }}.sp")
    project.run()
    assert {row["failure"] for row in project.table()} == {"netlist_error"}
    assert "none different" in verify(project)
    for name in ("none_1n.sp", "none_2n.sp"):
        project.write(name, "* found now\n")
    printed = verify(project, expect=1)
    assert "case 1 (R=1k, C=1n): it was netlist_error and is completed" in printed


def test_a_template_that_fails_for_some_cases(project: Project) -> None:
    project.edit("rc.spice.j2", "{{ C }}", "{{ 1 / (C - 1e-9) }}")
    project.run()
    assert project.record(1)["failure"] == "template_error"
    assert "none different" in verify(project)
    project.edit("rc.spice.j2", "{{ 1 / (C - 1e-9) }}", "{{ C }}")
    assert "could not be rendered, and now it can be" in verify(project, expect=1)


def test_a_timeout_times_out_again_and_unfinished_cases_are_left_out(project: Project) -> None:
    project.edit(
        "rc.spice.j2",
        ".tran 1u 200u",
        '.tran {{ 1e-4 if R == "3k" else 1e-6 }} {{ 99 if R == "3k" else "200u" }}',
    )
    project.edit("config.yaml", "results: results", "results: results\nsimulator: {timeout: 2}")
    project.run()
    assert project.record(5)["failure"] == "timeout"
    (project.directory / "results/rc/case_1/run_status.json").unlink()
    (project.directory / "results/rc/case_1/.run_status.json").unlink(missing_ok=True)
    project.script("aggregate.py", "results/rc")
    printed = verify(project)
    assert "5 of 6 cases simulated again" in printed
    assert "none different; 1 have no result" in printed


def test_netlists_and_waveforms_that_were_not_kept(project: Project) -> None:
    project.edit(
        "config.yaml",
        "results: results",
        "results: results\nkeep: {waveforms: never, netlists: never}\n"
        "simulator: {spiceinit: start.spice}",
    )
    project.write("start.spice", "set temp=50\n")
    project.run()
    assert not list((project.directory / "results/rc").glob("case_*/*.raw"))
    assert not list((project.directory / "results/rc").glob("case_*/netlist.spice"))
    printed = verify(project)
    assert "waveforms were not kept, so only measures are compared (6 of 6 cases)" in printed
    project.write("start.spice", "set temp=51\n")
    assert "start-up commands (simulator.spiceinit) have changed" in verify(project)
    project.edit("rc.spice.j2", "sin(0 1 10k)", "sin(0 2 10k)")
    printed = verify(project, expect=1)
    assert "not kept, and as it can be rendered now, is not the one that was simulated" in printed


def test_a_netlist_was_edited(finished: Project) -> None:
    path = finished.directory / "results/rc/case_2/netlist.spice"
    path.write_text(path.read_text().replace("R1 in out 1k", "R1 in out 2k"))
    printed = verify(finished, expect=1)
    assert "case 2 (R=1k, C=2n): its netlist, as it is kept, is not the one that was sim" in printed


@pytest.mark.parametrize("engine", ["cold", "warm"])
def test_in_another_place_that_cannot_be_written(project: Project, engine: str) -> None:
    """A year later on another machine: the project has been copied, read only."""
    project.edit("config.yaml", "results: results", f"simulator: {{engine: {engine}}}")
    project.run()
    moved = Project(project.directory / "archive")
    shutil.copytree(project.directory / "results", moved.directory / "results")
    project.edit("c.spice", "C1 a b {value}", "gone")
    for path in (moved.directory / "results").rglob("*"):
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    assert "none different" in verify(moved)


def test_what_is_no_sweep(project: Project) -> None:
    printed = project.script("verify.py", "nowhere", expect=1)
    assert "is this the directory of a sweep?" in printed
    assert "Traceback" not in printed
