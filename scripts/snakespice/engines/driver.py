"""What an engine tells ngspice to do with a netlist that is loaded, and in which environment.

`run` alone is not enough: ngspice takes the measures of the last analysis only, saves what they
need in batch mode only, and writes no raw file when it takes measures. So each analysis card is run
by a command of its own where that matters, and every plot is written into one raw file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

from snakespice.base.plainfile import StrPath, open_regular
from snakespice.netlist.analyses import in_order, kind_of, listed, run
from snakespice.netlist.case import Case
from snakespice.netlist.control import word_of
from snakespice.netlist.instrument import RAN, WROTE, keep_what_is_there
from snakespice.netlist.marks import FINISHED
from snakespice.netlist.netlist import Facts
from snakespice.verdict.phrases import BANNER_END

_MAX_STRAY_BYTES = 1 << 20


def script(lines: Iterable[str]) -> str:
    """Return the script with these lines, which ngspice runs as soon as it reads it."""
    return "\n".join(["*ng_script", ".control", *lines, ".endc", ""])


def card_commands(facts: Facts, listing: Callable[[], str]) -> tuple[str, ...]:
    """Return the commands that run the analysis cards.

    Only ngspice can evaluate expressions in cards, and tell which branches of `.if` are taken:
    `listing` returns its expanded listing.
    """
    if not facts.analyses:
        return ()
    if facts.runs_cards:
        return ("run",)  # where its own command was not reached: see `running_lines`
    kinds = [kind_of(card) for card in facts.analyses]
    if len(kinds) == 1 or not (facts.measures or facts.has_code_models):
        return ("run",)
    if facts.has_branches:
        return listed(listing(), ())
    if len(set(kinds)) < len(kinds):
        return ("run",)
    return listed(listing(), kinds) if facts.has_expressions else in_order(facts.analyses)


def save_commands(facts: Facts, commands: Sequence[str]) -> list[str]:
    """Return the command that saves what is measured, as ngspice does itself in batch mode only."""
    if not commands or not facts.measures:
        return []
    if not facts.saved:  # then all is, but for parameters of devices
        vectors = set().union(*(measure.parameters for measure in facts.measures))
        return [f"save all {' '.join(sorted(vectors))}"] if vectors else []
    vectors = set().union(*(measure.vectors for measure in facts.measures))
    # ngspice makes a node of its own, pa_00, pa_01 ..., for each par('...') in a measure.
    expressions = sum(measure.text.count("par(") for measure in facts.measures)
    vectors |= {f"v(pa_{number:02})" for number in range(expressions)}
    return [f"save {' '.join(sorted(vectors))}"] if vectors else []


def opening_lines(facts: Facts, result_file: str) -> list[str]:
    """Return what later lines need to have been said before the netlist is read."""
    ran = [f"set {RAN}=0"] if facts.runs_cards else []
    return [*ran, f"set {WROTE}=0"] if facts.writes(result_file) else ran


def running_lines(facts: Facts, commands: Sequence[str]) -> list[str]:
    """Return the lines that run the analysis cards, unless the netlist has."""
    lines = [*save_commands(facts, commands), *run(commands)]
    return [f"if ${RAN} = 0", *lines, "end"] if lines and facts.runs_cards else lines


def closing_lines(case: Case) -> list[str]:
    """Return the lines that write all plots, unless the netlist has, and that say so."""
    facts = case.closure.facts
    lines = _write_plots(case.result_file, facts)
    if facts.writes(case.result_file):
        lines = [f"if ${WROTE} = 0", *lines, "end"]
    if any(word_of(command) == "cd" for command in facts.control):
        lines = [f'cd "{case.directory}"', *lines]
    return [*lines, f"echo {FINISHED}"]


def _write_plots(result_file: str, facts: Facts) -> list[str]:
    return [
        "set filetype=binary",
        "set appendwrite",
        "foreach snakespice_plot $plots",
        "strcmp snakespice_differs $snakespice_plot const",
        "if $snakespice_differs ne 0",
        "setplot $snakespice_plot",
        *(keep_what_is_there() if facts.saves_parameters else ()),
        f"write {result_file}",
        "end",
        "end",
    ]


def environment(threads: int, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for ngspice, made from `base`, that of this process."""
    return {
        "HOME": "/",  # ngspice crashes without one
        **base,
        # ngspice runs two threads whatever OMP_NUM_THREADS says, which makes cases that run side by
        # side several times slower. This limit it cannot exceed.
        "OMP_THREAD_LIMIT": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "NGSPICE_MEAS_PRECISION": "15",
        "LC_ALL": "C",
    }


def append_stray_output(output: IO[bytes], log: StrPath) -> None:
    """Add to the log what ngspice and its shell commands printed elsewhere, but for the banner."""
    size = os.fstat(output.fileno()).st_size
    text = os.pread(output.fileno(), min(size, _MAX_STRAY_BYTES), 0).decode("utf-8", "replace")
    text = text.partition(BANNER_END)[2].partition("\n")[2] if BANNER_END in text else text
    if text.strip():
        with contextlib.suppress(OSError), open_regular(log, "ab") as file:
            file.write(f"\nsnakespice: printed past the log:\n{text.strip()}\n".encode())
