"""What a terminal says of specifications, from `specs.csv`; it takes no numpy to say it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from snakespice.base.engineering import format_engineering
from snakespice.base.layout import SPECS
from snakespice.config.specification import ALL_SPECS
from snakespice.specs.line import FAILS, INCOMPLETE, PASSES

Row = dict[str, str]


def read_over_all(directory: Path) -> list[Row]:
    """Return the lines over all cases in `specs.csv` of a sweep; OSError where there is none."""
    with (directory / SPECS).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if not row["condition"]]


def is_met(row: Row) -> bool:
    """Tell whether a line does not stand in the way of a signature."""
    return row["status"] not in (FAILS, INCOMPLETE) or bool(row["waived"])


def tell(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each specification that is not met, and one for those that pass."""
    for row in rows:
        if row["spec"] == ALL_SPECS or row["status"] not in (FAILS, INCOMPLETE):
            continue
        word = "FAIL" if row["status"] == FAILS else INCOMPLETE
        waived = f"; waived by {row['waived']}" if row["waived"] else ""
        yield f"{row['spec']} {word}: {row['reason']}{_worst(row)}{waived}"
    if passing := [row["spec"] for row in rows if row["status"] == PASSES]:
        yield f"pass: {', '.join(name for name in passing if name != ALL_SPECS) or ALL_SPECS}"


def _worst(row: Row) -> str:
    """Say where it is worst: `; worst 17.1 MHz < 20 MHz at case 6 (corner=ss, temp=125)`."""
    if not row["worst_case"]:
        return ""
    place = f"at case {row['worst_case']} ({row['worst_parameters']})"
    if not row["worst_value"]:
        return f"; not there {place}"
    value, margin = float(row["worst_value"]), float(row["margin"])
    told = format_engineering(value, row["unit"])
    if margin < 0:
        low = _number(row["judged_min"] or row["limit_min"])
        is_low = low is not None and value < low
        limit = format_engineering(value - margin if is_low else value + margin, row["unit"])
        told += f" {'<' if is_low else '>'} {limit}"
    return f"; worst {told} {place}"


def _number(text: str) -> float | None:
    return float(text) if text else None
