"""Where things lie below `results/<sweep>/`, and which cases make a unit or a part.

A *unit* is what one job simulates: `case_7`, or `block_3` for a range of cases. A *part* is what
one job renders. Both are ranges of case numbers that follow from the number of cases alone.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

NETLIST = "netlist.spice"
LOG = "ngspice.log"
SPICEINIT = ".spiceinit"
RECORD = "run_status.json"
METADATA = "metadata.csv"
PLAN = "plan.json"
TABLE = "run_status.csv"
MEASURES = "measures.csv"
TABLE_PARQUET = "run_status.parquet"
MEASURES_PARQUET = "measures.parquet"
PROVENANCE = "provenance.json"
OVERVIEW = "overview.html"
PROGRESS = "progress"
SET_ASIDE = "set_aside"

# With `auto`, a unit holds so many cases, and more where a sweep would have too many units.
AUTO_CASES = 5000
MAX_UNITS = 64
PART_CASES = 5000


def case_name(case_id: int) -> str:
    """Return the name of a case's directory."""
    return f"case_{case_id}"


def result_name(case_id: int, filename_raw: str) -> str:
    """Return the name of a case's raw file."""
    return f"{case_name(case_id)}_{filename_raw}"


def case_number(name: str) -> int | None:
    """Return the number in `case_7`, or None for any other name."""
    match = re.fullmatch(r"case_([1-9]\d*)", name)
    return int(match[1]) if match else None


def unit_size(cases: int, cases_per_job: int | None) -> int:
    """Return how many cases a unit holds at the most; None stands for `auto`."""
    return cases_per_job or max(AUTO_CASES, math.ceil(cases / MAX_UNITS))


def units(cases: int, cases_per_job: int | None) -> list[str]:
    """Return the names of a sweep's units in the order of their cases."""
    size = min(cases, unit_size(cases, cases_per_job))
    word = "case" if size == 1 else "block"
    return [f"{word}_{number}" for number in range(1, math.ceil(cases / size) + 1)]


def unit_cases(unit: str, cases: int, cases_per_job: int | None) -> range:
    """Return the numbers of the cases that `unit` (`case_7`, `block_3`) simulates."""
    return _nth_range(int(unit.rpartition("_")[2]), unit_size(cases, cases_per_job), cases)


def unit_with(case_id: int, cases: int, cases_per_job: int | None) -> str:
    """Return the name of the unit that simulates a case."""
    size = min(cases, unit_size(cases, cases_per_job))
    return f"{'case' if size == 1 else 'block'}_{(case_id - 1) // size + 1}"


def part_of(unit: str, cases: int, cases_per_job: int | None) -> int:
    """Return the number of the part that renders the cases of `unit`."""
    return part_with(unit_cases(unit, cases, cases_per_job).start, cases, cases_per_job)


def part_with(case_id: int, cases: int, cases_per_job: int | None) -> int:
    """Return the number of the part that renders a case."""
    return (case_id - 1) // _part_size(cases, cases_per_job) + 1


def part_cases(part: int, cases: int, cases_per_job: int | None) -> range:
    """Return the numbers of the cases that `part` renders: those of whole units."""
    return _nth_range(part, _part_size(cases, cases_per_job), cases)


def parts(cases: int, cases_per_job: int | None) -> int:
    """Return the number of parts."""
    return math.ceil(cases / _part_size(cases, cases_per_job))


def part_file(part: int) -> str:
    """Return the name of the index of the netlists that a part has rendered."""
    return f"netlists_{part}.json"


def part_files(directory: Path) -> list[Path]:
    """Return the indexes of netlists that are there, of whatever plan."""
    return sorted(directory.glob("netlists_*.json"))


def _part_size(cases: int, cases_per_job: int | None) -> int:
    size = unit_size(cases, cases_per_job)
    return size * max(1, PART_CASES // size)


def _nth_range(number: int, size: int, cases: int) -> range:
    return range((number - 1) * size + 1, min(number * size, cases) + 1)


def postponed_file(unit: str) -> str:
    """Return the name of what changes when a unit had to leave a case to the next run."""
    return f"{PROGRESS}/{unit}.postponed"


def sweep_dir(results: str, sweep: str) -> Path:
    """Return the directory of a sweep's results."""
    return Path(results) / sweep
