"""Where ngspice takes the same measure itself, both give the same, over random circuits.

It prints MIN, MAX, AVG, PP, FIND and TRIG/TARG with 7 digits, the others with 16.
"""

from __future__ import annotations

import math
import random
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from waveform_files import case_of

from snakespice.expressions.functions import library_functions
from snakespice.expressions.syntax import parse
from snakespice.measures.evaluate import evaluate
from snakespice.measures.functions import library
from snakespice.measures.waveforms import Case

# What ngspice is told to measure, the same as an expression, and how near both must be.
TRAN = {
    "min v(out)": ('minimum(v("out"))', 1e-6),
    "max v(out)": ('maximum(v("out"))', 1e-6),
    "pp v(out)": ('peak_to_peak(v("out"))', 1e-6),
    "avg v(out) from=0.1m to=0.9m": ('average(window(v("out"), 0.1m, 0.9m))', 5e-3),
    "avg v(out)": ('average(v("out"))', 1e-6),
    "integ v(out)": ('integral(v("out"))', 2e-4),
    "rms v(out)": ('rms(v("out"))', 1e-3),
    "integ i(v1) from=0.2m to=0.7m": ('integral(window(i("v1"), 0.2m, 0.7m))', 2e-2),
    "find v(out) at=0.33m": ('value_at(v("out"), 0.33m)', 1e-6),
    "find v(in) when v(out)=0.31 cross=2": ('value_when(v("in"), v("out"), 0.31, 2)', 1e-5),
    "when v(out)=0.31 rise=2": ('crossing(v("out"), 0.31, 2, edge="rise")', 1e-6),
    "when v(out)=0.31 fall=last": ('crossing(v("out"), 0.31, -1, edge="fall")', 1e-6),
    "trig v(in) val=0.4 rise=2 targ v(out) val=0.3 rise=2": (
        'delay(v("in"), v("out"), 0.4, 0.3, trigger_edge="rise", target_edge="rise",'
        " trigger_n=2, target_n=2)",
        1e-5,
    ),
    "max_at i(v1) from=0.01m to=0.35m": ('x_of_maximum(window(i("v1"), 0.01m, 0.35m))', 1e-6),
    "min_at i(v1) from=0.01m to=0.35m": ('x_of_minimum(window(i("v1"), 0.01m, 0.35m))', 1e-6),
}
AC = {
    "find vdb(out) at=2k": ('gain_at(v("out"), 2k)', 1e-4),
    "find vp(out) at=2k": ('phase_at(v("out"), 2k) * pi / 180', 1e-4),
    "max vm(out)": ('maximum(mag(v("out")))', 1e-6),
    "when vdb(out)=-9 fall=1": ('crossing(db(v("out")), -9, edge="fall")', 1e-6),
}
NOISE = {
    "onoise_total": ('noise_rms(signal("onoise_spectrum"))', 1e-3),
    # ngspice weighs each step by the gain at its end: it comes nearer with more points a decade.
    "inoise_total": ('noise_rms(signal("inoise_spectrum"))', 1e-2),
}


def deck(seed: int) -> str:
    """Return a ladder of resistors and capacitors with a diode, driven by a pulse."""
    generator = random.Random(seed)
    nodes = generator.randint(2, 5)
    names = ["in", *(f"n{k}" for k in range(1, nodes)), "out"]
    lines = ["v1 in 0 dc 0.4 ac 1 pulse(0 1 20u 30u 50u 180u 400u)", "d1 out 0 dm", ".model dm d"]
    for number, (one, other) in enumerate(pairwise(names)):
        lines.append(f"r{number} {one} {other} {generator.uniform(50, 500):.3f}")
        lines.append(f"c{number} {other} 0 {generator.uniform(1, 20):.3f}n")
    return "\n".join(["* random", *lines, ".end", ""])


def measured(place: Path, seed: int) -> dict[str, float]:
    """Run ngspice with all measures; return what it has printed, by command."""
    (place / "deck.spice").write_text(deck(seed))
    commands = [f"meas tran t{k} {text}" for k, text in enumerate(TRAN)]
    ac_commands = [f"meas ac a{k} {text}" for k, text in enumerate(AC)]
    script = "\n".join(
        [
            "*ng_script",
            ".control",
            "source deck.spice",
            "set filetype=binary",
            "set appendwrite",
            "tran 2u 1m",
            *commands,
            "write out.raw",
            "ac dec 50 1 10meg",
            *ac_commands,
            "write out.raw",
            "noise v(out) v1 dec 200 10 20k",
            "setplot noise1",
            "write out.raw",
            "setplot noise2",
            "print onoise_total inoise_total",
            "write out.raw",
            "quit 0",
            ".endc",
            "",
        ]
    )
    (place / "run.sp").write_text(script)
    done = subprocess.run(
        ["ngspice", "-n", "-b", "run.sp"],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=60,
        env={"NGSPICE_MEAS_PRECISION": "15", "PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": "/"},
    )
    printed = re.findall(r"^(\w+) *= +(\S+)", done.stdout, re.MULTILINE)
    found = {name: float(number) for name, number in printed}
    names = {f"t{k}": text for k, text in enumerate(TRAN)}
    names |= {f"a{k}": text for k, text in enumerate(AC)}
    names |= {name: name for name in NOISE}
    return {names[name]: number for name, number in found.items() if name in names}


@pytest.mark.parametrize("seed", range(8))
def test_ngspice_measures_the_same(seed: int, tmp_path: Path) -> None:
    theirs = measured(tmp_path, seed)
    case = case_of(tmp_path / "out.raw", {})
    compared = 0
    for plot, measures in (("tran", TRAN), ("ac", AC), ("noise", NOISE)):
        for command, (text, tolerance) in measures.items():
            if command in theirs:
                text = re.sub(r'\b([vi]|signal)\("(\w+)"\)', rf'\1("\2", plot="{plot}")', text)
                compare(case, command, text, theirs[command], tolerance)
                compared += 1
    assert compared >= 18


def compare(case: Case, command: str, text: str, theirs: float, tolerance: float) -> None:
    """Hold an expression against what ngspice has printed for a command."""
    mine = evaluate(parse(text, library_functions(), ()), case, library())[""]
    assert math.isclose(mine, theirs, rel_tol=tolerance), (command, mine, theirs)


def test_distortion_is_that_of_four(tmp_path: Path) -> None:
    """Of the last period, 200 points of it, nine harmonics: of a diode clipper."""
    (tmp_path / "deck.spice").write_text(
        "* clipper\nv1 in 0 sin(0 2 1k)\nr1 in out 1k\nd1 out 0 dm\nc1 out 0 1n\n"
        ".model dm d\n.tran 1u 5m 0 1u\n.end\n"
    )
    (tmp_path / "run.sp").write_text(
        "*ng_script\n.control\nsource deck.spice\nset nfreqs=10\nset fourgridsize=2000\n"
        "set polydegree=1\nrun\nfourier 1k v(out)\nset filetype=binary\nwrite out.raw\nquit 0\n"
        ".endc\n"
    )
    done = subprocess.run(
        ["ngspice", "-n", "-b", "run.sp"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    theirs = float(re.findall(r"THD: (\S+) %", done.stdout)[0])
    case = case_of(tmp_path / "out.raw", {})
    expression = parse('thd(v("out"), f0=1k, harmonics=8, start=4m)', library_functions(), ())
    assert evaluate(expression, case, library())[""] == pytest.approx(theirs, rel=1e-3)
