"""Records, raw files, tables and netlists that are damaged between two runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from fault import Fault, Faults
from kills import go_on
from life import Life, raw_is_whole, whole_record

FAULTS = Faults()

OF_RECORDS = (
    *("truncated", "empty", "binary", "another case's", "of another version", "a directory"),
    *("unreadable", "a pipe"),
)


def damage(path: Path, kind: str, others: list[Path]) -> None:
    """Do to a file what a kind of damage does."""
    data = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 4)
    elif kind == "another case's":
        path.write_bytes(next(other for other in others if other != path).read_bytes())
    elif kind == "of another version":
        path.write_text(json.dumps(json.loads(data) | {"schema_version": 99}))
    else:
        path.unlink()
        if kind == "a directory":
            (path / "what").mkdir(parents=True)
        elif kind == "unreadable":  # by root, too
            path.symlink_to("/proc/self/mem")
        elif kind == "a pipe":
            os.mkfifo(path)


def damaged_record(kind: str) -> Fault:
    """Return the fault that a case's record is damaged so."""

    def strike(life: Life) -> str:
        go_on(life)
        records = sorted(life.results.glob("rc/case_*/run_status.json"))
        records = [path for path in records if whole_record(path)]
        if len(records) < 2:
            return "no records yet"
        path = life.rng.choice(records)
        damage(path, kind, records)
        life.damaged.add(path.parent.name)
        return path.parent.name

    return strike


for _kind in OF_RECORDS:
    FAULTS.add(f"record {_kind}", 3)(damaged_record(_kind))


@FAULTS.add("raw file cut short", 4)
def short_raw(life: Life) -> str:
    go_on(life)
    raws = sorted(life.results.glob("rc/case_*/case_*.raw"))
    if not raws:
        return "no raw file yet"
    path = life.rng.choice(raws)
    record_path = path.with_name("run_status.json")
    record = whole_record(record_path)
    if record and raw_is_whole(record_path, record):
        life.cut_short.add(record.timestamp_iso)
    path.write_bytes(path.read_bytes()[:-8])
    life.damaged.add(path.parent.name)
    return path.name


def damaged_file(name: str) -> Fault:
    """Return the fault that a file of the sweep is damaged in some way."""

    def strike(life: Life) -> str:
        go_on(life)
        path = life.results / "rc" / name
        if not path.exists():
            return "it is not there yet"
        # A netlist that was not cut short but changed is taken for somebody's work.
        kinds = ["truncated", "empty", *(["binary", "a directory"] if "case" not in name else [])]
        kind = life.rng.choice(kinds)
        damage(path, kind, [])
        return kind

    return strike


for _name in ("metadata.csv", "plan.json", "netlists_1.json", "case_1/netlist.spice"):
    FAULTS.add(f"half a {_name.rpartition('/')[2]}", 3)(damaged_file(_name))
