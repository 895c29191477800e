"""How large a deck has to be for ngspice to take a given time for it on this machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import jinja2
from harness import ONE_THREAD, run

_RUNS = 5


def size_for(
    seconds: float,
    template: str,
    names: Mapping[str, str],
    values: Callable[[float], str],
    *sizes: float,
) -> float:
    """Return for which size `ngspice -b` takes so many seconds, from its start to its end.

    `values(size)` is what the template has for `size`, `names` is for the others. It is run with
    the two `sizes`; the time grows by the same amount with each step. What comes out is never less
    than the first.
    """
    small, large = sizes
    few, many = (_seconds(template, {**names, "size": values(size)}) for size in sizes)
    return max(small, small + (seconds - few) * (large - small) / (many - few))


def _seconds(template: str, names: Mapping[str, str]) -> float:
    netlist = jinja2.Template(template).render(names)
    with TemporaryDirectory() as place:
        Path(place, "netlist.spice").write_text(f"{netlist}\n")
        took = []
        for _ in range(_RUNS):
            clock = time.monotonic()
            run(["ngspice", "-b", "-o", "log", "netlist.spice"], Path(place), **ONE_THREAD)
            took.append(time.monotonic() - clock)
            log = Path(place, "log").read_text()
            if "No. of Data Rows" not in log:
                sys.exit(f"a deck of the benchmarks does not run:\n{log[-3000:]}")
    return min(took)
