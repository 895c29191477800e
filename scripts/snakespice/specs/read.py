"""From the tables of a sweep to its cases in columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from snakespice.base.files import UnusableFile
from snakespice.base.layout import MEASURES, TABLE
from snakespice.base.quantity import match_key
from snakespice.base.spreadsheet import as_written
from snakespice.config.space import CORNER, DRAW
from snakespice.draws.methods import METHODS
from snakespice.specs.cases import COMPLETED, FAILED, PENDING, Cases, Floats
from snakespice.sweep.plan import Plan

_ROWS_AT_ONCE = 100_000
_STATUS = {"completed": COMPLETED, "failed": FAILED, "pending": PENDING}


def read_cases(directory: Path, plan: Plan) -> Cases:
    """Read `run_status.csv` and `measures.csv` of the sweep in `directory`.

    Raises UnusableFile where they are not those of the plan, OSError where there are none.
    """
    space = plan.space
    variables = space.random.draws.names if space.random else ()
    conditions = [name for name in (*space.labels, *space.names) if name not in (DRAW, *variables)]
    numbers = [DRAW] if space.random else []
    found = _read_table(directory / TABLE, conditions, numbers)
    measured, drawn = _read_measures(
        directory / MEASURES, {"case_id", *space.labels, *space.names}, variables
    )
    if {len(plan)} != {len(found["status"]), *map(len, (measured | drawn).values())}:
        raise UnusableFile(f"{directory / TABLE} does not have as many rows as there are cases")
    cases = Cases(
        case_id=np.arange(1, len(plan) + 1),
        status=found["status"],
        parameters={name: found[name] for name in conditions},
        measures=measured,
        warned=found["warnings"],
        corner_parameters=space.corners.axis.names if space.corners else (),
        draw=found[DRAW] if space.random else None,
        variables=drawn,
        group=METHODS[space.random.spec["method"]].group if space.random else None,
    )
    cases.nominal = _nominal(cases, plan)
    return cases


def _read_table(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> dict[str, Any]:
    """Return columns of `run_status.csv`: status, whether there are warnings, and those named."""
    wanted = ["status", "warnings", *texts, *numbers]
    parts: dict[str, list[Any]] = {name: [] for name in wanted}
    with pd.read_csv(
        path, usecols=wanted, dtype=str, keep_default_na=False, chunksize=_ROWS_AT_ONCE
    ) as chunks:
        for chunk in chunks:
            parts["status"].append(chunk["status"].map(_STATUS).to_numpy(np.int8))
            parts["warnings"].append((chunk["warnings"] != "").to_numpy())
            for name in texts:
                parts[name].append(pd.Categorical(chunk[name]))
            for name in numbers:
                parts[name].append(chunk[name].to_numpy(np.int64))
    plain = ("status", "warnings", *numbers)
    joined: dict[str, Any] = {name: np.concatenate(parts[name]) for name in plain}
    for name in texts:
        joined[name] = union_categoricals(parts[name]).rename_categories(as_written)
    return joined


def _read_measures(
    path: Path, parameters: set[str], variables: Sequence[str]
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the measures, and those variables that are numbers."""
    names = list(pd.read_csv(path, nrows=0).columns)
    measures = [name for name in names if name not in parameters]
    parts: dict[str, list[Floats]] = {name: [] for name in (*measures, *variables)}
    with pd.read_csv(
        path,
        usecols=list(parts),
        dtype=dict.fromkeys(measures, np.float64) | dict.fromkeys(variables, str),
        chunksize=_ROWS_AT_ONCE,
    ) as chunks:
        for chunk in chunks:
            for name in measures:
                parts[name].append(chunk[name].to_numpy(np.float64))
            for name in variables:
                parts[name].append(_numbers(chunk[name]))
    columns = {name: np.concatenate(parts.pop(name)) for name in list(parts)}
    return (
        {name: columns[name] for name in measures},
        {name: columns[name] for name in variables if np.isfinite(columns[name]).all()},
    )


def _numbers(texts: pd.Series[str]) -> Floats:
    """Return what parameters are worth, NaN for those that are no number."""
    column = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, copy=True)
    for text in texts[np.isnan(column)].unique():  # of a discrete variable, as written
        key = match_key(text)
        if isinstance(key, float):
            column[(texts == text).to_numpy()] = key
    return column


def _nominal(cases: Cases, plan: Plan) -> int | None:
    """Return the row that has all the defaults of the testbench, if there is one."""
    defaults = {name: plan.defaults[name] for name in cases.parameters if name != CORNER}
    there = cases.mask(defaults)
    if cases.draw is not None:
        there &= cases.draw == 0
    rows = np.flatnonzero(there)
    return int(rows[0]) if len(rows) == 1 else None
