"""What an engine tells ngspice to do with a netlist that is loaded, and in which environment.

`run` alone is not enough: ngspice takes measures only of the last analysis, saves what they need
only in batch mode, and writes no raw file where it takes measures. So each analysis card is run by
its own command where that matters, and every plot is written into one raw file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

from snakespice.base.plainfile import StrPath, open_regular
from snakespice.netlist.analyses import kind_of, listed
from snakespice.netlist.netlist import Facts
from snakespice.verdict.phrases import FINISHED

_MAX_STRAY_BYTES = 1 << 20
_BANNER_END = "Comments and warnings go to log-file"


def script(lines: Iterable[str]) -> str:
    """Return the script that has ngspice do these lines as soon as it reads it."""
    return "\n".join(["*ng_script", ".control", *lines, ".endc", ""])


def card_commands(facts: Facts, listing: Callable[[], str]) -> tuple[str, ...]:
    """Return the commands that run the analysis cards, if the netlist does not run them itself.

    Expressions in the cards only ngspice can work out: `listing` asks it for its expanded listing.
    """
    if not facts.analyses or facts.runs_cards:
        return ()
    kinds = [kind_of(card) for card in facts.analyses]
    if len(kinds) == 1 or len(set(kinds)) < len(kinds) or not facts.measures:
        return ("run",)
    cards = facts.analyses
    if any(mark in card for card in cards for mark in "{}'"):
        return listed(listing(), kinds)
    return tuple(sorted(cards, key=kind_of))


def save_commands(facts: Facts, commands: Sequence[str]) -> list[str]:
    """Return the command that saves what is measured, as ngspice itself does only in batch mode."""
    if not commands or not facts.saved or not facts.measures:
        return []
    vectors = set().union(*(measure.vectors for measure in facts.measures))
    # ngspice makes a node of its own, pa_00, pa_01 ..., for each par('...') in a measure.
    expressions = sum(measure.text.count("par(") for measure in facts.measures)
    vectors |= {f"v(pa_{number:02})" for number in range(expressions)}
    return [f"save {' '.join(sorted(vectors))}"] if vectors else []


def closing_lines(facts: Facts, result_file: str) -> list[str]:
    """Return the lines that write all plots, unless the netlist does, and that say so."""
    writes = [] if facts.writes(result_file) else _write_plots(result_file)
    return [*writes, f"echo {FINISHED}"]


def _write_plots(result_file: str) -> list[str]:
    return [
        "set filetype=binary",
        "set appendwrite",
        "foreach snakespice_plot $plots",
        "strcmp snakespice_differs $snakespice_plot const",
        "if $snakespice_differs ne 0",
        "setplot $snakespice_plot",
        f"write {result_file}",
        "end",
        "end",
    ]


def environment(threads: int, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for ngspice, made from that of this process or another."""
    return {
        "HOME": "/",  # ngspice crashes without one
        **base,
        # ngspice takes two threads whatever OMP_NUM_THREADS says; this limit it cannot pass.
        "OMP_THREAD_LIMIT": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "NGSPICE_MEAS_PRECISION": "15",
        "LC_ALL": "C",
    }


def append_stray_output(output: IO[bytes], log: StrPath) -> None:
    """Add to the log what ngspice and its shell commands printed past it, without the banner."""
    size = os.fstat(output.fileno()).st_size
    text = os.pread(output.fileno(), min(size, _MAX_STRAY_BYTES), 0).decode("utf-8", "replace")
    text = text.partition(_BANNER_END)[2].partition("\n")[2] if _BANNER_END in text else text
    if text.strip():
        with contextlib.suppress(OSError), open_regular(log, "ab") as file:
            file.write(f"\nsnakespice: printed past the log:\n{text.strip()}\n".encode())
