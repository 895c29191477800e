"""Logs: what counts in them, beyond what the netlists of tests/netlists show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from snakespice.netlist.marks import FINISHED, SAID, SAYS, SECTION
from snakespice.verdict import log as log_module
from snakespice.verdict import phrases
from snakespice.verdict.log import read_log, scan_log
from snakespice.verdict.measures import read_measures

GUIDE = Path(__file__).resolve().parents[2] / "docs/what-ngspice-says.md"


def test_the_middle_of_a_huge_log_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "SIZE_LIMIT", 1000)
    path = tmp_path / "ngspice.log"
    noise = "nothing to say\n" * 1000
    path.write_text(
        f"{noise}Error: no such vector x\nv                   =  1.0\n{noise}{FINISHED}\n"
    )
    log = read_log(path)
    assert len(log) < 4000
    found = scan_log(f"{SECTION}\n{log}", ["print x"])
    assert found.finished
    assert found.failure == "script_error"
    assert found.message == "Error: no such vector x (ngspice.log, line 1002)"
    assert read_measures(log, ["v"], []).values == {"v": 1.0}


def test_what_a_netlist_prints_is_not_said_by_ngspice() -> None:
    said = f"{SECTION}\n{SAYS}\ndoAnalyses: no\n{SAID}\nError: no such vector x\n"
    assert scan_log(said, ["echo doAnalyses: no"]).failure == "script_error"
    assert scan_log(said.replace("Error: no such vector x", ""), ["echo"]).failure is None


def test_an_error_in_a_simulation_is_a_warning() -> None:
    log = "Doing analysis at TEMP = 27\nError: a model is odd\n\nNo. of Data Rows : 3\n"
    found = scan_log(f"{SECTION}\n{log}", ["op"])
    assert found.failure is None
    assert found.warnings == ("Error: a model is odd",)


def test_no_memory_is_not_a_negative_number_of_bytes() -> None:
    for line in (
        "malloc: Internal Error: can't allocate -8 bytes.",
        "Error: malloc: can't allocate 18446744073709551592 bytes.",
    ):
        assert scan_log(f"{line}\n", None).failure != "out_of_memory"
    assert scan_log("malloc: can't allocate 80 bytes.\n", None).failure == "out_of_memory"


def test_phrases_hold_no_digit_but_0() -> None:
    """A line is looked at with every number as 0, so that it is known from the last case."""
    patterns = [pattern for _, group in phrases.FAILURES for pattern in group]
    patterns += [pattern for pattern, _ in phrases.HARMLESS]
    patterns += [*phrases.WARNING, *phrases.NOT_LOADED, *phrases.OF_MEASURES, *phrases.GOES_ON]
    assert not [pattern for pattern in patterns if re.search(r"(?<!\{)[1-9]", pattern)]


def test_the_guide_has_what_is_harmless_and_why() -> None:
    text = GUIDE.read_text()
    assert not [reason for _, reason in phrases.HARMLESS if reason not in text]
