"""How the cold engine starts ngspice, with the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from single import case_of, one_runner

from snakespice.engines.cold import ColdEngine
from snakespice.engines.ngspice import SimulatorMissing, find_ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import finalise
from snakespice.processes.limits import Limits
from snakespice.processes.result import ProcessResult

RAW = "case_1_results.raw"
DECK = """deck
V1 in 0 1
R1 in 0 1k
.control
op
{commands}
.endc
.end
"""


def run(
    case_dir: Path, deck: str, *, threads: int = 1, spiceinit: str = ""
) -> tuple[ProcessResult, str]:
    text, _ = finalise(deck, directory=case_dir, case_dir=case_dir, near=case_dir, seed=17)
    settings = EngineSettings(find_ngspice(), Limits(10, 1000), threads, spiceinit)
    with one_runner() as runner:
        ended = ColdEngine(settings).simulate(runner, case_of(case_dir, text, result_file=RAW))
    return ended, (case_dir / "ngspice.log").read_text()


def test_home_need_not_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    ended, _ = run(tmp_path, DECK.format(commands="print v(in)"))
    assert ended.exit_code == 0


def test_no_start_up_file_but_the_configured_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".spiceinit").write_text("echo of the user\n")
    monkeypatch.setenv("HOME", str(home))
    case_dir = tmp_path / "case_1"
    case_dir.mkdir()
    (case_dir / ".spiceinit").write_text("echo of an earlier run\n")
    _, log = run(case_dir, DECK.format(commands="echo own"), spiceinit="echo of the project\n")
    assert "of the project" in log
    assert "of the user" not in log
    assert "of an earlier run" not in log
    assert (case_dir / ".spiceinit").read_text() == "echo of the project\n"


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_limited(tmp_path: Path, threads: int) -> None:
    _, log = run(tmp_path, DECK.format(commands="shell echo $OMP_THREAD_LIMIT"), threads=threads)
    assert f"\n{threads}\n" in log


def test_what_the_shell_prints_is_in_the_log(tmp_path: Path) -> None:
    _, log = run(tmp_path, DECK.format(commands="shell echo to the output; shell echo oops >&2"))
    assert "to the output" in log


@pytest.mark.parametrize(
    ("seed", "is_whole"), [(".options seed=5", True), (".control\nsetseed 5\n.endc", False)]
)
def test_a_seed_of_its_own_is_kept(tmp_path: Path, seed: str, is_whole: bool) -> None:
    deck = f"draw\n{seed}\n.param r=agauss(1k,100,1)\nV1 in 0 1\nR1 in 0 {{r}}\n.op\n.end\n"
    run(tmp_path, deck)
    kept = (tmp_path / "netlist.spice").read_text()
    # What is drawn while it is loaded has a seed only by an option.
    assert (".options seed=17" not in kept) is is_whole
    assert ResolvedNetlist(kept, tmp_path).facts.own_seed == "5"


def test_nothing_of_an_earlier_run_is_taken_for_a_result(tmp_path: Path) -> None:
    (tmp_path / RAW).write_text("old")
    run(tmp_path, "deck\nR1 in 0 1k\nX1 in 0 nosuch\n.op\n.end\n")
    assert not (tmp_path / RAW).exists()


def test_the_kept_netlist_is_left_as_it_is(tmp_path: Path) -> None:
    run(tmp_path, DECK.format(commands="quit 3"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(RAW, "netlist.spice", "ngspice.log")
    ]


def test_ngspice_cannot_be_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SimulatorMissing, match="PATH"):
        find_ngspice()
    (tmp_path / "ngspice").write_text("#!/bin/sh\necho something else\n")
    (tmp_path / "ngspice").chmod(0o755)
    with pytest.raises(SimulatorMissing, match="does not answer"):
        find_ngspice()
