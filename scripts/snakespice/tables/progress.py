"""What a person sees while a sweep runs: how many cases are done, failures, what remains.

Each unit adds one line a case to `progress/<unit>.jsonl`; the main process begins with none of
these files and reads them as they grow. They tell and decide nothing: the records are the truth.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from snakespice.base.layout import PROGRESS, RECORD, unit_cases, units
from snakespice.sweep.plan import Plan

if TYPE_CHECKING:
    import logging

    from snakespice.unit.case_result import CaseResult

FAILURES_SHOWN = 20
LOOK_EVERY = 0.5
SPEAK_EVERY = 10.0


# Snakemake's account of every single job; what it says of faults is none of these. The warning is
# of records that rule plan has moved to where they are expected; restoring is what Snakemake tries
# with the record of a unit that failed.
_CHATTER = frozenset({"job_info", "job_started", "job_finished", "progress", "group_info"})
_CHATTER_TEXTS = (
    "Select jobs to execute",
    "Warning: the following output files of rule simulate were not present when",
    "Cannot restore",
)


def is_worth_showing(record: logging.LogRecord) -> bool:
    """Filter Snakemake's log for a person who watches cases and not jobs."""
    event = str(getattr(getattr(record, "event", None), "value", ""))
    return event not in _CHATTER and not str(record.msg).startswith(_CHATTER_TEXTS)


class Report:
    """The progress file of one unit; `add` appends a case. Use it as a context manager."""

    def __init__(self, directory: Path, unit: str) -> None:
        directory.mkdir(exist_ok=True)
        self._path = directory / f"{unit}.jsonl"

    def __enter__(self) -> Report:
        self._file = self._path.open("a", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _value: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, done: CaseResult) -> None:
        """Tell that a case is done."""
        line: dict[str, Any] = {"kept": done.kept}
        if done.measured_again:
            line["measured_again"] = True
        if done.failure and not done.kept:
            line |= {
                "case_id": done.case_id,
                "failure": done.failure,
                "error_message": done.error_message,
                "parameters": done.parameters,
            }
        if done.was:
            line["judged"] = [done.was, "failed" if done.failure else "completed"]
        self._file.write(json.dumps(line) + "\n")


@dataclass
class _Sweep:
    """What is known of one sweep: which units were there at the start, and what was read since."""

    directory: Path
    plan: Plan
    before: dict[str, int]
    offsets: dict[str, int] = field(default_factory=dict)
    done: int = 0
    simulated: int = 0
    failed: int = 0
    measured_again: int = 0
    judged: Counter[tuple[str, ...]] = field(default_factory=Counter)


class Monitor:
    """Tells on `stream` how the sweeps get on, from a thread of its own."""

    def __init__(self, plans: Mapping[Path, Plan], stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._first: float | None = None
        self._spoken = time.monotonic()
        self._said = ""
        self._sweeps = [
            _Sweep(path, plan, _units_there(path, plan)) for path, plan in plans.items()
        ]

    def start(self, directories: Collection[Path]) -> None:
        """Begin to watch the sweeps in these directories, on which nobody works yet."""
        self._sweeps = [sweep for sweep in self._sweeps if sweep.directory in directories]
        for sweep in self._sweeps:
            for path in (sweep.directory / PROGRESS).glob("*.jsonl"):
                path.unlink()
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, after a last look."""
        self._stop.set()
        self._thread.join()
        if self._stream.isatty() and self._said:
            print(file=self._stream)

    def judged_anew(self, directory: Path) -> str:
        """Return what became of the cases of a sweep that were judged anew, nothing if none was."""
        judged = next((s.judged for s in self._sweeps if s.directory == directory), Counter())
        if not judged:
            return ""
        changes = [
            f"{count} {was} {'is' if count == 1 else 'are'} now {now}"
            for (was, now), count in judged.items()
            if was != now
        ]
        return f"{judged.total()} cases judged anew: {', '.join(changes) or 'all as before'}"

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._look()
        self._look()

    def _look(self) -> None:
        for sweep in self._sweeps:
            self._read(sweep)
        self._speak()

    def _read(self, sweep: _Sweep) -> None:
        for path in sorted((sweep.directory / PROGRESS).glob("*.jsonl")):
            try:
                with path.open(encoding="utf-8") as file:
                    file.seek(sweep.offsets.get(path.stem, 0))
                    lines = file.readlines()
            except OSError:
                continue
            if lines and not lines[-1].endswith("\n"):
                lines.pop()
            sweep.before.pop(path.stem, None)
            read = sum(len(line.encode()) for line in lines)
            sweep.offsets[path.stem] = sweep.offsets.get(path.stem, 0) + read
            for line in lines:
                with contextlib.suppress(ValueError):  # half a line, when the disk was full
                    self._count(sweep, json.loads(line))

    def _count(self, sweep: _Sweep, line: dict[str, Any]) -> None:
        sweep.done += 1
        sweep.measured_again += "measured_again" in line
        if "judged" in line:
            sweep.judged[tuple(line["judged"])] += 1
        if line["kept"]:
            return
        sweep.simulated += 1
        self._first = self._first or time.monotonic()
        if "failure" in line:
            sweep.failed += 1
            if sweep.failed <= FAILURES_SHOWN:
                self._tell_failure(sweep, line)

    def _tell_failure(self, sweep: _Sweep, line: dict[str, Any]) -> None:
        values = ", ".join(f"{name}={value}" for name, value in line["parameters"].items())
        place = f"{sweep.directory.name}, case {line['case_id']} ({values})"
        self._print(f"{place}: {line['failure']}: {line['error_message']}")
        if sweep.failed == FAILURES_SHOWN:
            self._print(f"{sweep.directory.name}: further failures are counted, not shown")

    def _speak(self) -> None:
        """Tell the state: on a terminal in one line that changes, elsewhere now and then."""
        text = "; ".join(self._state(sweep) for sweep in self._sweeps if sweep.offsets)
        if not text or text == self._said:
            return
        now = time.monotonic()
        if self._stream.isatty():
            print(f"\r\x1b[K{text}", end="", file=self._stream, flush=True)
        elif now - self._spoken >= SPEAK_EVERY or self._stop.is_set():
            print(text, file=self._stream, flush=True)
            self._spoken = now
        else:
            return
        self._said = text

    def _state(self, sweep: _Sweep) -> str:
        total = len(sweep.plan)
        done = sweep.done + sum(sweep.before.values())
        text = f"{sweep.directory.name}: {done} of {total} cases"
        if sweep.failed:
            text += f", {sweep.failed} failed"
        if sweep.done > sweep.simulated:
            text += f", {sweep.done - sweep.simulated} kept from before"
        if sweep.measured_again:
            text += f", {sweep.measured_again} of them measured again"
        if self._first is not None and sweep.simulated > 1 and done < total:
            elapsed = time.monotonic() - self._first
            text += f", about {_duration(elapsed / sweep.simulated * (total - done))} left"
        return text

    def _print(self, text: str) -> None:
        clear = "\r\x1b[K" if self._stream.isatty() else ""
        print(f"{clear}{text}", file=self._stream, flush=True)


def _units_there(directory: Path, plan: Plan) -> dict[str, int]:
    """Return the number of cases of each unit that has its output: few of these run again."""
    size = (plan.segments, plan.cases_per_job)
    names = (unit for unit in units(*size) if (directory / unit / RECORD).exists())
    return {unit: len(unit_cases(unit, *size)) for unit in names}


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
