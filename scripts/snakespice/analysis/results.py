"""The results of a sweep, for a notebook: its table, its waveforms, its cases.

    import snakespice
    sweep = snakespice.open("results/rc")
    sweep.table().groupby("R")["f3db"].mean()
    sweep.waveforms("v(out)", where="C == 1e-9").plot.line(x="time")

Nothing is written. It works on results that were copied elsewhere, and while a run is going on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import xarray as xr
from numpy.typing import ArrayLike

from snakespice.analysis.case import CaseResults
from snakespice.base.files import UnusableFile
from snakespice.base.layout import MEASURES_PARQUET, PROGRESS, TABLE_PARQUET
from snakespice.base.quantity import parse_number
from snakespice.measures.signal import NotTaken, Signal
from snakespice.sweep.case_record import read_case
from snakespice.sweep.plan import read_plan

_STATUS = ("status", "failure", "error_message")


class Sweep:
    """The results of one sweep, in `results/SWEEP`. Raises UnusableFile where it is none."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory).resolve()
        self.plan = read_plan(self.directory)

    def __repr__(self) -> str:
        return f"Sweep({self.plan.sweep}: {len(self)} cases of {', '.join(self.parameters)})"

    def __len__(self) -> int:
        return len(self.plan)

    @property
    def parameters(self) -> list[str]:
        """The parameters that the sweep varies."""
        return list(self.plan.space.names)

    def table(self, *, as_written: bool = False) -> pd.DataFrame:
        """Return a row for each case, by `case_id`: parameters, status, failure, measures.

        A parameter is a column of numbers where all of its values are (`1k` is 1000.0), or of
        texts; with `as_written` always of texts as they stand in the configuration. A measure that
        could not be taken is NaN. `attrs["units"]` has the units that are known.

        While a run is going on, it is as the records are now.
        """
        table = self._written() if self._is_written() else self._live()
        for name in self.parameters:
            values = table.pop(f"{name}.value")
            if not as_written and not values.isna().any():
                table[name] = values
        return table

    def case(self, case_id: int) -> CaseResults:
        """Return the results of one case; raise KeyError where the sweep has no such case."""
        if not 1 <= case_id <= len(self):
            raise KeyError(f"{self.plan.sweep} has the cases 1 to {len(self)}, no {case_id}")
        return CaseResults(self.directory, self.plan, case_id)

    def cases(self, where: str | None = None) -> Iterator[CaseResults]:
        """Yield the completed cases, or those of them for which an expression of `table` holds.

        `where` is as pandas.DataFrame.query has it: `"corner == 'tt' and gain < 60"`.
        """
        table = self.table()
        table = table[table["status"] == "completed"]
        for case_id in table.query(where).index if where else table.index:
            yield self.case(int(case_id))

    def waveforms(
        self,
        name: str,
        where: str | None = None,
        *,
        plot: str | None = None,
        on: ArrayLike | None = None,
    ) -> xr.DataArray:
        """Return a signal of all completed cases, or of those for which `where` holds.

        The dimension `case` has the parameters for coordinates. Where all cases have the same
        points, the other dimension is their axis (`time`, `frequency` ...). Where they have not, as
        in transient analyses, it is `point`, the axis is a coordinate of both, and shorter cases
        end in NaN; with `on` all are interpolated to these points, and NaN outside of their own.

        `plot` says which analysis is meant where several have the signal. Raises Misuse where a
        case has no such signal, and NotTaken where no case is left.
        """
        found = [(one, one.signal(name, plot=plot)) for one in self.cases(where)]
        if not found:
            raise NotTaken(f"{self.plan.sweep} has no completed case with waveforms for this")
        signals = [signal for _, signal in found]
        if on is not None:
            points = np.asarray(on, dtype=float)
            signals = [_on(signal, points) for signal in signals]
        first = signals[0]
        cases = {"case": [one.case_id for one, _ in found]}
        table = self.table().loc[cases["case"]]
        coordinates: dict[str, Any] = {
            **cases,
            **{parameter: ("case", table[parameter].to_numpy()) for parameter in self.parameters},
        }
        if all(signal.has_points_of(first) for signal in signals):
            values = np.stack([signal.y for signal in signals])
            coordinates[first.axis] = first.x
            dimensions = ("case", first.axis)
        else:
            values = _padded([signal.y for signal in signals])
            coordinates[first.axis] = (("case", "point"), _padded([s.x for s in signals]))
            dimensions = ("case", "point")
        return xr.DataArray(values, coordinates, dimensions, name=first.name)

    def measure(self, expression: str, where: str | None = None) -> pd.Series:
        """Return what an expression gives of each completed case, as in `measures:` of a testbench.

        NaN where it cannot be taken; `attrs["reasons"]` says why, by case. Raises WrongExpression
        where it is wrong, and Misuse where it makes no sense for the first case.
        """
        taken: dict[int, float] = {}
        reasons: dict[int, str] = {}
        for one in self.cases(where):
            try:
                taken[one.case_id] = one.measure(expression)
            except NotTaken as fault:
                taken[one.case_id] = np.nan
                reasons[one.case_id] = str(fault)
        series = pd.Series(taken, name=expression, dtype=float)
        series.index.name = "case_id"
        series.attrs["reasons"] = reasons
        return series

    def _is_written(self) -> bool:
        """Whether the tables are there, and no unit has done a case since."""
        try:
            written = (self.directory / MEASURES_PARQUET).stat().st_mtime_ns
        except FileNotFoundError:
            return False
        progress = (path.stat().st_mtime_ns for path in (self.directory / PROGRESS).glob("*.jsonl"))
        return max(progress, default=0) <= written

    def _written(self) -> pd.DataFrame:
        measures = pq.read_table(self.directory / MEASURES_PARQUET)
        status = pq.read_table(self.directory / TABLE_PARQUET, columns=["case_id", *_STATUS])
        table: pd.DataFrame = measures.to_pandas().set_index("case_id")
        before = len(self.plan.space.labels) + 2 * len(self.parameters)
        for place, column in enumerate(_STATUS):
            table.insert(before + place, column, status.to_pandas().set_index("case_id")[column])
        table.attrs["units"] = {
            field.name: (field.metadata or {})[b"unit"].decode()
            for field in measures.schema
            if b"unit" in (field.metadata or {})
        }
        described = (measures.schema.metadata or {}).get(b"snakespice", b"{}")
        table.attrs["sweep"] = json.loads(described)
        return table

    def _live(self) -> pd.DataFrame:
        rows = []
        for case_id, labels, own in self.plan.space.labelled(range(1, len(self) + 1)):
            row: dict[str, Any] = {"case_id": case_id, **labels}
            for name, text in own.items():
                row |= {name: text, f"{name}.value": _number(text)}
            try:
                record = read_case(self.directory, self.plan, case_id)
            except UnusableFile as fault:
                found: Mapping[str, Any] = {"status": "failed", "error_message": str(fault)}
                record = None
            else:
                found = vars(record) if record else {"status": "pending"}
            row |= {name: found.get(name) for name in _STATUS}
            row |= dict.fromkeys(self.plan.measures)
            row |= record.measures if record else {}
            rows.append(row)
        table = pd.DataFrame(rows).set_index("case_id")
        numbers = [*table.columns[list(table.columns).index(_STATUS[-1]) + 1 :]]
        table[numbers] = table[numbers].astype(float)
        table.attrs["units"] = {}
        return table


def _on(signal: Signal, points: Any) -> Signal:
    """Return a signal at other points, NaN where it is not known."""
    values = np.interp(points, signal.x, signal.y)
    outside = (points < signal.x[0]) | (points > signal.x[-1])
    return Signal(points, np.where(outside, np.nan, values), signal.axis, signal.name)


def _padded(arrays: list[Any]) -> Any:
    longest = max(map(len, arrays))
    kind = np.result_type(*arrays)
    found = np.full((len(arrays), longest), np.nan, dtype=kind)
    for row, values in zip(found, arrays, strict=True):
        row[: len(values)] = values
    return found


def _number(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None
