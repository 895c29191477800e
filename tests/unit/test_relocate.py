"""When a sweep changes, results go where their case is now, and nothing vouches for what moved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sweeps import plan_of, record_of, write_sweep

from snakespice.base.files import write_json
from snakespice.record.record import NewerRecord, Record
from snakespice.record.store import read_record, write_record
from snakespice.sweep.plan import Plan
from snakespice.sweep.relocate import relocate

FIRST = plan_of(["1k", "2k", "3k"])


def made(directory: Path, plan: Plan) -> None:
    """Write a sweep of which all cases are done, each with a waveform."""
    for case_id in range(1, len(plan) + 1):
        files = {"result_file": plan.result_file(case_id), "result_bytes": 8 * case_id}
        write_sweep(directory, plan, [record_of(plan, case_id, **files)])
    (directory / "block_1").mkdir()
    write_json(directory / "block_1/run_status.json", {"unit": "block_1"})


def record(case_dir: Path) -> Record:
    found = read_record(case_dir / "run_status.json")
    assert found
    return found


def where(directory: Path) -> dict[str, str]:
    """Return which value of R has results in each directory of a case."""
    found = {}
    for path in directory.glob("case_*"):
        its = record(path)
        found[path.name] = its.parameters["R"]
        assert path.name == f"case_{its.case_id}"
        assert its.result_file == f"{path.name}_results.raw"
        assert (path / its.result_file).stat().st_size == its.result_bytes
    return found


def test_cases_move_to_their_new_numbers(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    relocate(tmp_path, plan_of(["3k", "1k", "1.5k", "2k"]))
    assert where(tmp_path) == {"case_1": "3k", "case_2": "1k", "case_4": "2k"}
    # To Snakemake the records are gone, as is what says that netlists or a block are up to date.
    assert not list(tmp_path.glob("*/run_status.json"))
    assert not list(tmp_path.glob("netlists_*.json"))
    assert not (tmp_path / "set_aside").exists()


def test_nothing_is_touched_where_all_stay(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    before = sorted(tmp_path.rglob("*"))
    relocate(tmp_path, plan_of(["1k", "2k", "3k", "4k"]))
    assert sorted(tmp_path.rglob("*")) == before


def test_what_leaves_the_sweep_waits_and_comes_back(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    relocate(tmp_path, plan_of(["2k"]))
    assert where(tmp_path) == {"case_1": "2k"}
    waiting = {FIRST.case_key(1), FIRST.case_key(3)}
    assert set(os.listdir(tmp_path / "set_aside")) == waiting
    relocate(tmp_path, FIRST)
    assert where(tmp_path) == {"case_1": "1k", "case_2": "2k", "case_3": "3k"}
    assert not (tmp_path / "set_aside").exists()


def test_a_kill_between_moving_and_renumbering_is_mended(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    (tmp_path / "case_1").rename(tmp_path / "moving")
    (tmp_path / "case_2").rename(tmp_path / "case_1")
    (tmp_path / "moving").rename(tmp_path / "case_2")
    relocate(tmp_path, plan_of(["2k", "1k", "3k"]))
    assert where(tmp_path) == {"case_1": "2k", "case_2": "1k", "case_3": "3k"}


def test_the_newer_of_two_results_of_a_case_waits(tmp_path: Path) -> None:
    """It was simulated again while an older result had been set aside, by hand or by a kill."""
    made(tmp_path, FIRST)
    older = tmp_path / "set_aside" / FIRST.case_key(3)
    older.mkdir(parents=True)
    (older / "case_9_older.raw").touch()
    relocate(tmp_path, plan_of(["1k", "2k"]))
    assert os.listdir(tmp_path / "set_aside") == [FIRST.case_key(3)]
    assert not (older / "case_9_older.raw").exists()
    assert record(older).case_id == 3


def test_a_result_that_is_there_is_not_replaced_by_an_older_one(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    older = tmp_path / "set_aside" / FIRST.case_key(1)
    older.mkdir(parents=True)
    write_record(older / "run_status.json", record_of(FIRST, 1, attempt=7))
    relocate(tmp_path, FIRST)
    assert record(tmp_path / "case_1").attempt == 1
    assert record(older).attempt == 7


def test_over_results_of_a_newer_version_nothing_moves(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    path = tmp_path / "case_2/run_status.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NewerRecord, match=r"case_2/run_status\.json: a newer snakespice"):
        relocate(tmp_path, plan_of(["3k", "1k", "2k"]))
    assert sorted(tmp_path.rglob("*")) == before


def test_what_has_no_record_is_not_kept(tmp_path: Path) -> None:
    made(tmp_path, FIRST)
    (tmp_path / "case_2/run_status.json").write_text("{")
    (tmp_path / "case_9").mkdir()
    relocate(tmp_path, FIRST)
    assert where(tmp_path) == {"case_1": "1k", "case_3": "3k"}
