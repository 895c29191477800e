"""What a person sees at the end: how many cases completed, what failed, and where to look."""

from __future__ import annotations

import contextlib
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from snakespice.base.files import UnusableFile
from snakespice.base.layout import LOG, TABLE, case_name
from snakespice.sweep.index import all_netlists_alike
from snakespice.sweep.selection import NOT_SELECTED

_NOT_TAKEN = re.compile(r'"measure (\S+) could not be taken: ((?:[^"\\]|\\.)*)"')


@dataclass
class Summary:
    """Counts over one `run_status.csv`, and of each kind of failure the first row.

    `not_taken` counts, by measure, the reasons why it could not be taken of completed cases.
    `ran_with` counts the cases by simulator, by engine, by host, and by the key of what they read.
    `alike`: all netlists are the same but for their seeds, so `varied`, what the sweep varies,
    reaches none.
    """

    directory: Path
    completed: int = 0
    pending: int = 0
    not_selected: int = 0
    warned: int = 0
    alike: bool = False
    varied: str = ""
    failed: dict[str, int] = field(default_factory=dict)
    examples: dict[str, dict[str, str]] = field(default_factory=dict)
    not_taken: dict[str, Counter[str]] = field(default_factory=dict)
    ran_with: dict[str, Counter[str]] = field(
        default_factory=lambda: {
            name: Counter()
            for name in ("simulator", "engine", "host", "inputs_key", "waveform_store")
        }
    )

    @property
    def total(self) -> int:
        """The number of cases."""
        return self.completed + self.pending + self.not_selected + self.total_failed

    @property
    def total_failed(self) -> int:
        """The number of failed cases of all kinds."""
        return sum(self.failed.values())

    def lines(self) -> Iterator[str]:
        """Yield the summary as it is printed."""
        counts = f"{self.completed} of {self.total} cases completed"
        if self.total_failed:
            counts += f", {self.total_failed} failed"
        if self.pending:
            counts += f", {self.pending} pending"
        if self.not_selected:
            counts += f", {self.not_selected} not selected"
        yield f"{self.directory.name}: {counts}"
        for kind, count in sorted(self.failed.items(), key=lambda item: -item[1]):
            row = self.examples[kind]
            log = self.directory / case_name(int(row["case_id"])) / LOG
            yield f"  {count} x {kind}, for example case {row['case_id']} ({_parameters(row)}):"
            yield f"      {row['error_message']}"
            if log.exists():
                yield f"      {log}"
        for name, reasons in self.not_taken.items():
            [(reason, count)] = reasons.most_common(1)
            others = "" if len(reasons) == 1 else f" ({count} times; {len(reasons)} reasons)"
            total = reasons.total()
            yield f"  {name}: {total} of {self.completed} not taken: {reason}{others}"
        if self.alike and self.total > 1:
            yield (
                f"  all {self.total} netlists are the same: {self.varied} changes nothing in them"
                " (a template has {{ NAME }} where a value is to stand)"
            )
        if self.warned:
            yield f"  {self.warned} completed with warnings (column warnings)"
        yield f"  table: {self.directory / TABLE}"


def summarise(directory: Path) -> Summary:
    """Read the table of the sweep in `directory`; raise OSError when there is none."""
    summary = Summary(directory)
    with contextlib.suppress(UnusableFile):  # then it is made again by the next run
        summary.alike = all_netlists_alike(directory)
    with (directory / TABLE).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        summary.varied = ", ".join(_varied(rows.fieldnames or ()))
        for row in rows:
            for name, counter in summary.ran_with.items():
                counter[row[name]] += 1
            if row["status"] == "completed":
                summary.completed += 1
                summary.warned += bool(row["warnings"])
                for name, reason in _NOT_TAKEN.findall(row["warnings"]):
                    summary.not_taken.setdefault(name, Counter())[_plain(reason)] += 1
            elif row["error_message"] == NOT_SELECTED:
                summary.not_selected += 1
            elif row["status"] == "pending":
                summary.pending += 1
            else:
                kind = row["failure"]
                summary.failed[kind] = summary.failed.get(kind, 0) + 1
                summary.examples.setdefault(kind, row)
    return summary


def _plain(text: str) -> str:
    """Return what stands in a JSON text."""
    return str(json.loads(f'"{text}"'))


def _parameters(row: dict[str, str]) -> str:
    return ", ".join(f"{name}={row[name]}" for name in _varied(list(row)))


def _varied(columns: Sequence[str]) -> Sequence[str]:
    """Return the parameters that a sweep varies, of the columns of its table."""
    return columns[1 : columns.index("status")]
