"""Where things lie below `results/<sweep>/`, and which cases make a unit or a part.

A *unit* is what one job simulates: `case_7`, or `block_3` for a range of cases. A *part* is what
one job renders. Both are ranges of case numbers that follow from the number of cases alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
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
VERDICTS = "verdicts.csv"
SPECS = "specs.csv"
CORRELATIONS = "correlations.csv"
LOOKS = ".looks.json"
PROVENANCE = "provenance.json"
OVERVIEW = "overview.html"
PROGRESS = "progress"
SET_ASIDE = "set_aside"
STORES = "waveforms"

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


@dataclass(frozen=True)
class _Cut:
    """Segments of cases, each cut into ranges of its own size; ranges are numbered from 1."""

    firsts: tuple[int, ...]  # by segment: its first case, how many it has, how many a range has
    cases: tuple[int, ...]
    sizes: tuple[int, ...]
    ranges_before: tuple[int, ...]  # one longer than the others

    @classmethod
    @cache
    def into(cls, segments: tuple[int, ...], cases_per_job: int | None, parts: bool) -> _Cut:
        """Return how segments are cut into units, or into parts, which are whole units."""
        sizes = tuple(cases_per_job or max(AUTO_CASES, -(-n // MAX_UNITS)) for n in segments)
        if parts:
            sizes = tuple(size * max(1, PART_CASES // size) for size in sizes)
        counts = (-(-n // size) for n, size in zip(segments, sizes, strict=True))
        firsts = tuple(accumulate(segments, initial=1))[:-1]
        return cls(firsts, segments, sizes, tuple(accumulate(counts, initial=0)))

    def nth(self, number: int) -> range:
        """Return the cases of a range; none if there is no such range."""
        if number > self.ranges_before[-1]:
            return range(0)
        segment = bisect_left(self.ranges_before, number) - 1
        first, size = self.firsts[segment], self.sizes[segment]
        start = first + (number - self.ranges_before[segment] - 1) * size
        return range(start, min(start + size, first + self.cases[segment]))

    def containing(self, case_id: int) -> int:
        """Return the number of the range that has a case."""
        segment = bisect_right(self.firsts, case_id) - 1
        places = (case_id - self.firsts[segment]) // self.sizes[segment]
        return self.ranges_before[segment] + places + 1


def units(segments: tuple[int, ...], cases_per_job: int | None) -> list[str]:
    """Return the names of a sweep's units in the order of their cases.

    `segments` are the numbers of cases of its segments; `cases_per_job` is None for `auto`.
    """
    cut = _Cut.into(segments, cases_per_job, parts=False)
    return [f"{_word(cut)}_{number + 1}" for number in range(cut.ranges_before[-1])]


def _word(cut: _Cut) -> str:
    return "case" if max(map(min, cut.cases, cut.sizes)) == 1 else "block"


def unit_cases(unit: str, segments: tuple[int, ...], cases_per_job: int | None) -> range:
    """Return the numbers of the cases that `unit` (`case_7`, `block_3`) simulates."""
    return _Cut.into(segments, cases_per_job, parts=False).nth(int(unit.rpartition("_")[2]))


def unit_with(case_id: int, segments: tuple[int, ...], cases_per_job: int | None) -> str:
    """Return the name of the unit that simulates a case."""
    cut = _Cut.into(segments, cases_per_job, parts=False)
    return f"{_word(cut)}_{cut.containing(case_id)}"


def part_of(unit: str, segments: tuple[int, ...], cases_per_job: int | None) -> int:
    """Return the number of the part that renders the cases of `unit`."""
    return part_with(unit_cases(unit, segments, cases_per_job).start, segments, cases_per_job)


def part_with(case_id: int, segments: tuple[int, ...], cases_per_job: int | None) -> int:
    """Return the number of the part that renders a case."""
    return _Cut.into(segments, cases_per_job, parts=True).containing(case_id)


def part_cases(part: int, segments: tuple[int, ...], cases_per_job: int | None) -> range:
    """Return the numbers of the cases that `part` renders: those of whole units."""
    return _Cut.into(segments, cases_per_job, parts=True).nth(part)


def parts(segments: tuple[int, ...], cases_per_job: int | None) -> int:
    """Return the number of parts."""
    return _Cut.into(segments, cases_per_job, parts=True).ranges_before[-1]


def part_file(part: int) -> str:
    """Return the name of the index of the netlists that a part has rendered."""
    return f"netlists_{part}.json"


def part_files(directory: Path) -> list[Path]:
    """Return the indexes of netlists that are there, of whatever plan."""
    return sorted(directory.glob("netlists_*.json"))


def postponed_file(unit: str) -> str:
    """Return the name of what changes when a unit had to leave a case to the next run."""
    return f"{PROGRESS}/{unit}.postponed"


def sweep_dir(results: str, sweep: str) -> Path:
    """Return the directory of a sweep's results."""
    return Path(results) / sweep
