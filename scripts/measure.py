"""Take measures of kept waveforms by hand: an expression that is to be tried, or those declared.

    python scripts/measure.py results/SWEEP --case 7 --expr 'settling_time(v("out"), band=1m)'

Nothing is written. Without --case it is taken of all cases that have waveforms; without --expr
it is the measures that the testbench declares. What is in the measure files is read anew.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from snakespice.base.files import UnusableFile
from snakespice.expressions.declared import DeclaredExpression
from snakespice.expressions.syntax import parse
from snakespice.expressions.text import WrongExpression
from snakespice.measures.functions import with_files
from snakespice.measures.measurer import Measurer
from snakespice.measures.store import place_of
from snakespice.sweep.case_record import read_case
from snakespice.sweep.plan import Plan, read_plan
from snakespice.sweep.resolved import read_resolved


def main() -> int:
    """Run the command line; return its exit code: 1 where nothing could be taken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, help="results/SWEEP")
    parser.add_argument("--case", type=int, metavar="N", help="this case only")
    parser.add_argument("--expr", metavar="TEXT", help="an expression to try")
    arguments = parser.parse_args()
    directory: Path = arguments.directory
    try:
        plan = read_plan(directory)
        measurer = _measurer(directory, plan, arguments.expr)
        cases = [arguments.case] if arguments.case else range(1, len(plan) + 1)
        taken = 0
        for case_id in cases:
            for line, is_taken in measure(directory, plan, measurer, case_id):
                print(line)
                taken += is_taken
    except (UnusableFile, WrongExpression) as fault:
        print(f"{directory.name}: {fault}", file=sys.stderr)
        return 1
    except Exception as fault:  # whatever importing a measure file raises
        if not isinstance(fault, OSError) and not plan.measure_files:
            raise
        print(f"{directory.name}: {type(fault).__name__}: {fault}", file=sys.stderr)
        return 1
    return 0 if taken else 1


def measure(
    directory: Path, plan: Plan, measurer: Measurer, case_id: int
) -> Iterator[tuple[str, bool]]:
    """Yield a line for each number of a case, and whether it could be taken."""
    values = ", ".join(f"{name}={value}" for name, value in plan.space.case(case_id).items())
    place = f"case {case_id} ({values})"
    try:
        record = read_case(directory, plan, case_id)
    except UnusableFile as fault:
        yield f"{place}: its record cannot be used: {fault}", False
        return
    waveforms = place_of(directory, record) if record else None
    if record is None or waveforms is None:
        why = f"it {record.failure or 'has none: keep.waveforms'}" if record else "it is pending"
        yield f"{place}: no waveforms: {why}", False
        return
    taken = measurer.take(waveforms, plan.parameters(case_id))
    for name, value in taken.values.items():
        number = f"not taken: {taken.reasons[name]}" if value is None else repr(value)
        yield f"{place}: {name} = {number}", value is not None


def _measurer(directory: Path, plan: Plan, text: str | None) -> Measurer:
    simulator = read_resolved(directory).simulator
    declared = plan.expressions
    if text is not None:
        calls = with_files(plan.measure_files)
        functions = {name: function for name, (function, _) in calls.items()}
        units = parse(text, functions, plan.defaults).units
        declared = {"value": DeclaredExpression(text, {part: part or "value" for part in units})}
    if not declared:
        raise UnusableFile("its testbench declares no measure by expression; try one with --expr")
    return Measurer(
        declared,
        plan.defaults,
        files=plan.measure_files,
        seconds=simulator.timeout,
        megabytes=simulator.mem_mb,
    )


if __name__ == "__main__":
    sys.exit(main())
