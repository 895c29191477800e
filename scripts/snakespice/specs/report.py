"""All specifications of a sweep: `specs.csv`, `verdicts.csv` and `correlations.csv`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from snakespice.base.files import written_aside
from snakespice.base.layout import CORRELATIONS, SPECS, VERDICTS
from snakespice.base.spreadsheet import as_csv
from snakespice.config.specification import ALL_SPECS, Spec
from snakespice.specs.cases import Cases
from snakespice.specs.correlations import Correlation, correlations
from snakespice.specs.judge import FAIL, PASS, UNKNOWN, WORDS, Outcomes, jointly, judge
from snakespice.specs.line import COLUMNS, Line
from snakespice.specs.lines import Terms, conditions_of, joint_line, lines_of

_ROWS_AT_ONCE = 10_000


def write_tables(directory: Path, cases: Cases, specs: Sequence[Spec], terms: Terms) -> None:
    """Judge the cases of the sweep in `directory`, and write its tables."""
    lines: list[Line] = []
    over_all: list[Line] = []
    outcomes: dict[str, Outcomes] = {}
    for spec in specs:  # one after the other: only outcomes are kept, of a byte a case
        judged = judge(cases, spec)
        found = lines_of(cases, judged, terms)
        lines += found
        over_all.append(found[0])
        if spec.is_judged:
            outcomes[spec.name] = judged.outcome
    if outcomes:
        outcomes[ALL_SPECS] = jointly(list(outcomes.values()))
        lines.append(joint_line(cases, over_all, outcomes[ALL_SPECS], terms))
    with written_aside(directory / SPECS) as file:
        file.write(as_csv([COLUMNS, *map(astuple, lines)]))
    with written_aside(directory / VERDICTS) as file:
        file.writelines(_verdicts(cases, outcomes))
    with written_aside(directory / CORRELATIONS) as file:
        file.write(as_csv([Correlation._fields, *correlations(cases, conditions_of(cases))]))


def _verdicts(cases: Cases, outcomes: dict[str, Outcomes]) -> Iterator[str]:
    yield as_csv([["case_id", *outcomes]])
    words = np.array([WORDS[FAIL], WORDS[PASS], WORDS[UNKNOWN]], object)  # by their numbers
    for start in range(0, len(cases), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        columns = [words[outcome[rows]] for outcome in outcomes.values()]
        yield as_csv(zip(cases.case_id[rows].tolist(), *columns, strict=True))
