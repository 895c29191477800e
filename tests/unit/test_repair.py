"""What is damaged is found, and what is from the future comes back in its order."""

from __future__ import annotations

import os
import time
from pathlib import Path

from snakespice.sweep.repair import bring_back


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
