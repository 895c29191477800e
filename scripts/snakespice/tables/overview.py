"""A sweep on one page, `overview.html`: what a report shows, and a browser without Snakemake."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from snakespice.base.layout import MEASURES, TABLE
from snakespice.tables.summary import Summary

CASES_SHOWN = 1000
VALUES_SHOWN = 24

_STYLE = """
body { font-family: sans-serif; font-size: 14px; margin: 1.5em; color: #222 }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 1.8em }
table { border-collapse: collapse } th, td { padding: .2em .7em; text-align: left }
th { border-bottom: 1px solid #888 } td { border-bottom: 1px solid #ddd; vertical-align: top }
td:first-child { white-space: nowrap }
tr.failed { background: #fbe3df } tr.pending { background: #f4f0d8 }
pre { white-space: pre-wrap }
"""

Row = Iterable[object]


def overview(directory: Path, summary: Summary, provenance: Mapping[str, Any]) -> str:
    """Return the page of the sweep in `directory`, whose tables and provenance are written."""
    title = f"Sweep {escape(summary.directory.name)}"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    told = "\n".join(summary.lines())
    rows = list(islice(_cases(directory), CASES_SHOWN + 1))
    parts = [
        f"<!DOCTYPE html>\n<html lang=en><head>{head}</head><body><h1>{title}</h1>",
        f"<pre>{escape(told)}</pre>",
        "<h2>What was run</h2>",
        _table([], _run(provenance)),
        "<h2>What varies</h2>",
        _table(["parameter", "values"], _swept(provenance["configuration"]["sweep"])),
        "<h2>What does not</h2>",
        _table(["parameter", "value"], _fixed(provenance["configuration"])),
        "<h2>Cases</h2>",
        f"<p>The first {CASES_SHOWN} of {summary.total} cases; {TABLE} and {MEASURES} have all.</p>"
        if summary.total > CASES_SHOWN
        else "",
        _table(rows[0], rows[1:], kind=rows[0].index("status")),
        "</body></html>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _run(provenance: Mapping[str, Any]) -> Iterator[Row]:
    run, versions, cases = provenance["run"], provenance["versions"], provenance["cases"]
    ours, configuration = versions["snakespice"], provenance["configuration"]
    state = {True: "", False: ", with changes", None: ""}[ours["clean"]]
    yield "command", run["command"]
    yield "in", run["directory"]
    yield "on", f"{run['host']}, {versions['system']}"
    yield "from", f"{run['started']} to {provenance['written']}"
    yield "template", configuration["testbench"]["template"]
    yield (
        "simulated with",
        ", ".join(f"{name} ({n} cases)" for name, n in cases["simulator"].items()),
    )
    yield "snakespice", " ".join(filter(None, [ours["version"], ours["commit"]])) + state
    yield "Snakemake, Python", f"{versions['snakemake']}, {versions['python']}"


def _swept(sweep: Mapping[str, Any]) -> Iterator[Row]:
    for together in sweep["parameters"]:
        for name, column in together.items():
            others = " and ".join(other for other in together if other != name)
            yield name, _values(column) + (f" (together with {others})" if others else "")
    for rule in sweep["exclude"]:
        yield "without", ", ".join(f"{name}={value}" for name, value in rule.items())
    yield "seed", sweep["seed"]


def _values(column: Any) -> str:
    """Return the values of a parameter as text: a list, or how they are generated."""
    if isinstance(column, list):
        more = f" ... ({len(column)} values)" if len(column) > VALUES_SHOWN else ""
        return ", ".join(column[:VALUES_SHOWN]) + more
    return ", ".join(f"{key}: {value}" for key, value in column.items())


def _fixed(configuration: Mapping[str, Any]) -> Iterator[Row]:
    swept = {name for together in configuration["sweep"]["parameters"] for name in together}
    for name, value in configuration["testbench"]["parameters"].items():
        if name not in swept:
            yield name, value
    simulator = configuration["simulator"]
    for name in ("timeout", "mem_mb", "threads", "spiceinit"):
        if simulator[name] is not None:
            yield f"simulator.{name}", simulator[name]


def _cases(directory: Path) -> Iterator[list[str]]:
    """Yield the head and every row: case, parameters, status, measures, message."""
    with (
        (directory / TABLE).open(encoding="utf-8", newline="") as statuses,
        (directory / MEASURES).open(encoding="utf-8", newline="") as measures,
    ):
        table, columns = csv.DictReader(statuses), csv.reader(measures)
        names = list(table.fieldnames or ())
        first = names.index("status")
        yield [*names[: first + 1], *next(columns)[first:], "message"]
        for row, values in zip(table, columns, strict=True):
            warnings = json.loads(row["warnings"]) if row["warnings"] else []
            message = ": ".join(filter(None, [row["failure"], row["error_message"], *warnings]))
            known = [row[name] for name in names[: first + 1]]
            yield [*known, *values[first:], message]


def _table(head: Iterable[str], rows: Iterable[Row], kind: int | None = None) -> str:
    """Return a table; the cell number `kind` of each row is its class."""
    titles = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = [f"<tr>{titles}</tr>"] if titles else []
    for row in rows:
        cells = [escape(str(cell)) for cell in row]
        start = "<tr>" if kind is None else f'<tr class="{cells[kind]}">'
        lines.append(f"{start}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return "<table>\n" + "\n".join(lines) + "\n</table>"
