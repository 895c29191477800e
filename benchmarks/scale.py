"""Sweeps, hubs and netlists that are large in one way each: time, memory, and lines on the screen.

Each is run from nothing, and then once more with nothing to do.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

REPOSITORY = Path(__file__).resolve().parent.parent
RC = """RC low-pass
V1 in 0 sin(0 1 10k)
R1 in out {{ R }}
C1 out 0 1n
.tran 1u 20u
.meas tran vmax max v(out)
.end
"""
# Every third case fails, in one of five ways.
FAILING = """Failures
{% set kind = (R.value() | int) % 15 %}
V1 in 0 sin(0 1 10k)
R1 in out {{ R }}
C1 out 0 1n
{% if kind == 0 %}Q1 out in 0 nomodel
{% elif kind == 3 %}V2 in 0 1
{% elif kind == 6 %}.include nowhere.inc
{% elif kind == 9 %}X1 in out nosuch
{% endif %}
{% if kind != 12 %}.tran 1u 20u{% endif %}

.end
"""


def hub(place: Path, template: str, sweeps: str, parameters: str = "R: 1k") -> None:
    """Write a project with one testbench."""
    (place / "t.spice.j2").write_text(template)
    (place / "config.yaml").write_text(
        f"testbenches:\n  b: {{template: t.spice.j2, parameters: {{{parameters}}}}}\n"
        f"sweeps:\n{sweeps}"
    )


def numbers(count: int) -> str:
    """Return the sweep of R over so many whole numbers."""
    return f"R: {{type: range, start: 1, stop: {count}, num: {count}}}"


def failures(place: Path) -> None:
    """20,000 cases of which a third fail in five ways."""
    hub(place, FAILING, f"  s: {{testbench: b, parameters: {{{numbers(20000)}}}}}\n")


def many_sweeps(place: Path) -> None:
    """200 sweeps of two cases in a hub."""
    text = "".join(
        f"  s{n}: {{testbench: b, parameters: {{R: [{n}k, {n}.5k]}}}}\n" for n in range(1, 201)
    )
    hub(place, RC, text)


def many_parameters(place: Path) -> None:
    """60 swept parameters, zipped, 50 cases."""
    names = [f"p{n}" for n in range(60)]
    values = ", ".join(map(str, range(1, 51)))
    text = "  s:\n    testbench: b\n    parameters:\n"
    text += "".join(f"      {name}: [{values}]\n" for name in names)
    text += f"    zip: [[{', '.join(names)}]]\n"
    cards = "".join(f"R{name} in out {{{{ {name} }}}}\n" for name in names)
    template = RC.replace("R1 in out {{ R }}\n", cards)
    hub(place, template, text, ", ".join(f"{name}: 1" for name in names))


def many_measures(place: Path) -> None:
    """500 measures, 50 cases."""
    cards = "".join(f".meas tran m{n} find v(out) at={n * 0.04}u\n" for n in range(500))
    template = RC.replace(".meas tran vmax max v(out)\n", cards)
    hub(place, template, f"  s: {{testbench: b, parameters: {{{numbers(50)}}}}}\n")


def large_netlist(place: Path) -> None:
    """A netlist of 5 MB, 4 cases."""
    cards = "".join(f"Rload{n} out n{n % 50} 1meg\n" for n in range(200_000))
    template = RC.replace(".tran", cards + ".tran")
    hub(place, template, "  s: {testbench: b, parameters: {R: [1k, 2k, 3k, 4k]}}\n")


def large_log(place: Path) -> None:
    """A log of 100 MB, 2 cases."""
    loop = ".control\nrun\nlet n = 0\nwhile n < 1000000\n"
    loop += f"echo {'x' * 100}\nlet n = n + 1\nend\n.endc\n"
    hub(
        place,
        RC.replace(".end\n", loop + ".end\n"),
        "  s: {testbench: b, parameters: {R: [1k, 2k]}}\n",
    )


SIZES: dict[str, Callable[[Path], None]] = {
    function.__name__: function
    for function in (
        *(failures, many_sweeps, many_parameters, many_measures, large_netlist, large_log),
    )
}


def run(place: Path, cores: int) -> tuple[float, float, int, int]:
    """Return seconds, the largest process's MB, lines on the screen and the exit code of a run."""
    clock = time.monotonic()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")]
    command += ["--cores", str(cores), "--configfile", "config.yaml"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (place / "screen").open("w+") as screen:
        process = subprocess.Popen(
            command, cwd=place, env=os.environ | {"PATH": path}, stdout=screen, stderr=screen
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - clock
        screen.seek(0)
        lines = len(screen.read().splitlines())
    largest = max(usage.ru_maxrss, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    return seconds, largest / 1024, lines, os.waitstatus_to_exitcode(status)


def main() -> int:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SIZES)}; all of them")
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    print("| | first run | again | largest process | lines on the screen |\n|---|---|---|---|---|")
    for name in arguments.names or SIZES:
        with TemporaryDirectory() as directory:
            place = Path(directory)
            SIZES[name](place)
            first, largest, lines, code = run(place, arguments.cores)
            again = run(place, arguments.cores)[0]
            told = f"exit code {code}" if code else f"{first:.0f} s"
            if code:
                shutil.copy(place / "screen", f"{name}.screen")
            what = (SIZES[name].__doc__ or name).rstrip(".")
            print(f"| {what} | {told} | {again:.1f} s | {largest:.0f} MB | {lines} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
