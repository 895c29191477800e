"""What is damaged is found, and what is from the future comes back in its order."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from sweeps import plan_of, write_sweep

from snakespice.base.files import write_json
from snakespice.sweep.repair import bring_back, discard_damaged


def test_files_from_the_future_come_back_in_their_order(tmp_path: Path) -> None:
    now = time.time()
    times = {"past": -60.0, "last": 7200.0, "first": 3600.0, "also last": 7200.0, "just now": -1.0}
    paths = [str(tmp_path / name) for name in times]
    for path, ahead in zip(paths, times.values(), strict=True):
        Path(path).touch()
        os.utime(path, (now + ahead, now + ahead))
    bring_back([*paths, str(tmp_path / "missing")], now)
    past, last, first, also_last, present = (os.stat(path).st_mtime for path in paths)
    assert abs(past - (now - 60)) + abs(present - (now - 1)) < 1e-3
    assert present < first < last == also_last < now


@pytest.mark.parametrize("content", ["", "{\n", '{"netlists": {', "\0"])
def test_a_damaged_index_goes(tmp_path: Path, content: str) -> None:
    write_json(tmp_path / "netlists_1.json", {"netlists": {}})
    (tmp_path / "netlists_2.json").write_text(content)
    assert discard_damaged(tmp_path) == [tmp_path / "netlists_2.json"]
    assert os.listdir(tmp_path) == ["netlists_1.json"]


METADATA = "case_id,R,result_file\n1,1k,case_1/r.raw\n2,2k,case_2/r.raw\n3,3k,case_3/r.raw\n"


@pytest.mark.parametrize(
    "damage",
    ["", METADATA[:-1], METADATA[:-20], METADATA.replace("3,3k", "2,3k"), METADATA + "4,4k,x\n"],
)
def test_a_damaged_table_of_cases_goes(tmp_path: Path, damage: str) -> None:
    write_sweep(tmp_path, plan_of(["1k", "2k", "3k"]), [])
    table = tmp_path / "metadata.csv"
    table.write_text(METADATA)
    assert discard_damaged(tmp_path) == []
    table.write_text(damage)
    assert discard_damaged(tmp_path) == [table]
    assert not table.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"sweep": "s"}\n'])
def test_a_damaged_plan_goes(tmp_path: Path, damage: str) -> None:
    write_sweep(tmp_path, plan_of(["1k"]), [])
    (tmp_path / "plan.json").write_text(damage)
    (tmp_path / "metadata.csv").write_text(METADATA)
    assert discard_damaged(tmp_path) == [tmp_path / "plan.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metadata.csv", "netlists_1.json"]


def test_the_end_of_a_large_index_is_what_counts(tmp_path: Path) -> None:
    netlists = {str(number): "0" * 64 for number in range(3000)}
    index = tmp_path / "netlists_1.json"
    write_json(index, {"netlists": netlists})
    assert discard_damaged(tmp_path) == []
    index.write_bytes(index.read_bytes()[:-1])
    assert discard_damaged(tmp_path) == [index]
