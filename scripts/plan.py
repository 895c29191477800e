"""Rule plan: write the plan of one sweep, and move earlier results to their cases' new numbers."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from snakespice.config import load_project
from snakespice.hold import job
from snakespice.layout import METADATA, PLAN
from snakespice.plan import Plan, result_path
from snakespice.problems import ConfigError
from snakespice.process import Abandoned
from snakespice.record import explain, write_json, written_aside
from snakespice.relocate import relocate
from snakespice.spreadsheet import write_rows


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True, help="the configuration, as JSON")
    parser.add_argument("--files", nargs="*", type=Path, default=[], help="where it stands")
    parser.add_argument("--section", nargs="*", default=[], help="the keys that lead to it there")
    parser.add_argument("--base", type=Path, required=True, help="what its paths are relative to")
    parser.add_argument("--sweep", required=True)
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    arguments = parser.parse_args()
    try:
        project = load_project(
            json.loads(arguments.config),
            arguments.files,
            arguments.base,
            tuple(arguments.section),
        )
    except ConfigError as fault:
        print(fault, file=sys.stderr)
        return 1
    directory: Path = arguments.directory
    try:
        with job(directory):
            plan = Plan.of(project, arguments.sweep).with_seeds()
            relocate(directory, plan)
            write_json(directory / PLAN, plan.to_json())
            with written_aside(directory / METADATA) as file:
                write_rows(file, metadata(plan))
    except OSError as fault:
        print(f"{arguments.sweep}: {explain(fault, directory)}", file=sys.stderr)
        return 1
    except Abandoned:
        return 1
    print(f"{plan.sweep}: {len(plan)} cases")
    return 0


def metadata(plan: Plan) -> Iterator[list[object]]:
    """Yield the rows of `metadata.csv`: for each case its number, parameters and raw file."""
    yield ["case_id", *plan.space.names, "result_file"]
    for case_id in range(1, len(plan) + 1):
        yield [case_id, *plan.space.case(case_id).values(), result_path(plan, case_id)]


if __name__ == "__main__":
    sys.exit(main())
