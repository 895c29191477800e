"""The projects that are measured: each a directory with a configuration and a template."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tuning import size_for

# In each, `size` is what the time for a case depends on: see tuning.py.
RC = """RC low-pass
.param r={{ R }} c={{ C }}
V1 in 0 sin(0 1 10k)
R1 in out {r}
C1 out 0 {c}
.tran 1u {{ size }}
.meas tran vmax max v(out)
.end
"""
TRIVIAL = """Divider
.param r={{ R }} c={{ C }}
V1 in 0 1
R1 in out {r}
R2 out 0 {c}
.op
.end
"""
LONG = """RC ladder
.param r={{ R }} c={{ C }}
V1 in 0 sin(0 1 1meg)
R1 in a {r}
C1 a 0 {c}
R2 a b {r}
C2 b 0 {c}
.tran 1n {{ size }} 0 1n
.save v(b)
.meas tran vmax max v(b)
.end
"""
INVERTER = """sky130 inverter
.lib "{{ size }}" tt
.param wn={{ R }} vdd={{ C }}{{ load }}
VDD vdd 0 {vdd}
VIN in 0 pulse(0 {vdd} 100p 20p 20p 400p 1n)
XP out in vdd vdd sky130_fd_pr__pfet_01v8 w={2*wn} l=0.15
XN out in 0 0 sky130_fd_pr__nfet_01v8 w={wn} l=0.15
CL out 0 {load}
.tran 2p 1n
.meas tran tphl trig v(in) val={vdd/2} rise=1 targ v(out) val={vdd/2} fall=1
.end
"""


def project(
    directory: Path,
    template: str,
    first: tuple[str, str, int],
    second: tuple[str, str, int],
    keep: str = "always",
    **constants: str,
) -> Path:
    """Write a project that sweeps R over `first` and C over `second`: start, stop, number."""
    directory.mkdir(parents=True)
    (directory / "t.spice.j2").write_text(template)
    axes = "".join(
        f"      {name}: {{type: range, start: {start}, stop: {stop}, num: {number}}}\n"
        for name, (start, stop, number) in (("R", first), ("C", second))
    )
    defaults = ", ".join(f'{name}: "{value}"' for name, value in constants.items())
    (directory / "config.yaml").write_text(
        "testbenches:\n"
        f"  b: {{template: t.spice.j2, parameters: {{R: 1k, C: 1n, {defaults}}}}}\n"
        f"sweeps:\n  s:\n    testbench: b\n    parameters:\n{axes}"
        f"keep: {{waveforms: {keep}, logs: {keep}, netlists: {keep}}}\n"
    )
    return directory


def rc(directory: Path, cases: int) -> Path:
    """Return a project of `cases` RC low-passes of 10 ms each."""
    stop = size_for(0.010, RC, {"R": "1k", "C": "1n"}, "{:.3f}m".format, 0.1, 5)
    return project(directory, RC, ("1k", "2k", cases // 10), ("1n", "2n", 10), size=f"{stop:.3f}m")


def trivial(directory: Path, cases: int, keep: str = "always") -> Path:
    """Return a project of `cases` operating points of a divider."""
    return project(directory, TRIVIAL, ("1k", "2k", cases // 10), ("1k", "2k", 10), keep)


def long(directory: Path, cases: int) -> Path:
    """Return a project of `cases` cases of 1 s each."""
    stop = size_for(1, LONG, {"R": "1k", "C": "10p"}, "{:.0f}u".format, 10, 100)
    return project(
        directory, LONG, ("1k", "2k", cases // 4), ("10p", "20p", 4), size=f"{stop:.0f}u"
    )


def inverter(
    directory: Path, cases: int, *, seconds: float | None = None, random: bool = False
) -> Path:
    """Return a project of `cases` sky130 inverters.

    With `seconds` there is so much in their library that ngspice takes so long to read it. With
    `random` the load is a Monte Carlo draw. Stops with a message without PDK_ROOT.
    """
    root = os.environ.get("PDK_ROOT")
    if not root:
        sys.exit("set PDK_ROOT to a directory with sky130_fd_pr (see the README of the example)")
    library = Path(root).resolve() / "sky130_fd_pr/models/sky130.lib.spice"
    if seconds:
        models = library

        def large(copies: float) -> str:
            place = directory.with_name(f"{directory.name}_library_{copies:.0f}")
            return str(_many_times(models, place, round(copies)))

        values = {"R": "1", "C": "1.8", "load": " load=2f"}
        library = Path(large(size_for(seconds, INVERTER, values, large, 2, 8)))
    load = " load=agauss(2f, 0.4f, 1)" if random else " load=2f"
    return project(
        directory,
        INVERTER,
        ("0.42", "2", cases // 5),
        ("1.6", "2", 5),
        size=str(library),
        load=load,
    )


def _many_times(library: Path, directory: Path, copies: int) -> Path:
    """Return a library that holds the models of `library` and, under other names, copies of them.

    A foundry's full library holds many devices of which a circuit uses two; so does this one.
    """
    directory.mkdir(parents=True)
    cells = sorted((library.parent.parent / "cells").glob("*/*__tt.pm3.spice"))
    lines = [".lib tt", f'.lib "{library}" tt']
    for number in range(1, copies):
        for cell in cells:
            text = cell.read_text().replace("sky130_fd_pr__", f"copy{number}_")
            copy = directory / f"{number}_{cell.name}"
            copy.write_text(text)
            lines.append(f'.include "{copy}"')
    whole = directory / "library.spice"
    whole.write_text("\n".join([*lines, ".endl tt", ""]))
    return whole
