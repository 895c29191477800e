"""The example of a two-stage amplifier: its numbers against closed forms, and its notebook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

import snakespice

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "two_stage"
GM1, VT, R1, C1, GM2, R2, LOAD = 100e-6, 0.1, 1e6, 50e-15, 1e-3, 20e3, 100e3
STEP, AMPLITUDE, F0 = 0.5, 0.4, 500e3

Real = NDArray[np.float64]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("two_stage")
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--cores", "2", "--configfile", str(EXAMPLE / "config.yaml")),
    ]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return place


def response(cc: float, cl: float) -> Callable[[float], complex]:
    """Return the open-loop gain at a frequency, from the equations of its two nodes."""

    def gain(f: float) -> complex:
        s = 2j * np.pi * f
        nodes = np.array(
            [[1 / R1 + s * (C1 + cc), -s * cc], [GM2 - s * cc, 1 / R2 + s * (cl + cc)]]
        )
        return complex(np.linalg.solve(nodes, [-GM1, 0])[1])

    return gain


def follower(
    cc: float, cl: float, drive: Callable[[float], float], times: Real, load: float = np.inf
) -> Real:
    """Return the output of the amplifier as a follower, integrated by scipy."""
    inverse = np.linalg.inv([[C1 + cc, -cc], [-cc, cl + cc]])

    def change(t: float, state: Real) -> Real:
        first, out = state
        current = GM1 * VT * np.tanh((drive(t) - out) / VT)
        flows = [-first / R1 - current, -out / R2 - out / load - GM2 * first]
        return np.asarray(inverse @ flows)

    found = solve_ivp(
        change, (times[0], times[-1]), [0, 0], "LSODA", times, rtol=1e-9, atol=1e-12, max_step=1e-8
    )
    return np.asarray(found.y[1])


def measured(place: Path, case_id: int) -> dict[str, Any]:
    """Return the row of a case."""
    table = snakespice.open(place / "results/two_stage").table()
    return {str(name): table[name][case_id] for name in table.columns}


@pytest.mark.parametrize("case_id", range(1, 10))
def test_response_is_that_of_its_equations(place: Path, case_id: int) -> None:
    row = measured(place, case_id)
    gain = response(row["cc"], row["cl"])
    assert row["a0"] == pytest.approx(20 * np.log10(abs(gain(10))), abs=1e-4)
    unity = brentq(lambda f: abs(gain(f)) - 1, 1e5, 1e8)
    assert row["gbw"] == pytest.approx(unity, rel=1e-4)
    assert row["pm"] == pytest.approx(180 + np.degrees(np.angle(gain(unity))), abs=0.02)
    turned = brentq(lambda f: gain(f).imag, 2e7, 2e9)
    assert row["gm"] == pytest.approx(-20 * np.log10(abs(gain(turned))), abs=0.05)


@pytest.mark.parametrize("case_id", [1, 5, 9])
def test_settling_slew_and_distortion_are_those_of_its_equations(place: Path, case_id: int) -> None:
    row = measured(place, case_id)
    cc, cl = row["cc"], row["cl"]
    times = np.linspace(1e-6, 4e-6, 60_001)
    stepped = follower(cc, cl, lambda t: STEP * min(1, (t - 1e-6) / 1e-9), times, LOAD)
    outside = np.abs(stepped - stepped[-1]) > 1e-3 * stepped[-1]
    assert row["settle"] == pytest.approx(times[outside][-1] - 1e-6, rel=0.02)
    rise = [times[np.argmax(stepped > share * STEP)] for share in (0.1, 0.9)]
    assert row["slew"] == pytest.approx(0.8 * STEP / (rise[1] - rise[0]), rel=5e-3)
    assert row["slew"] < GM1 * VT / cc
    times = np.linspace(0, 8e-6, 8001)
    wave = follower(cc, cl, lambda t: AMPLITUDE * np.sin(2 * np.pi * F0 * t), times)
    lines = np.abs(np.fft.rfft(wave[4000:8000]))[2 * np.arange(1, 11)]
    expected = 100 * np.sqrt(np.sum(lines[1:] ** 2)) / lines[0]
    assert row["thd"] == pytest.approx(expected, rel=0.05)


def test_the_notebook_runs_and_says_what_is_kept_in_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells are run in their order; what the last line of each gives is shown as it is kept."""
    monkeypatch.chdir(place)
    notebook = json.loads((EXAMPLE / "results.ipynb").read_text())
    names: dict[str, object] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 6
    for cell in cells:
        *body, last = "".join(cell["source"]).splitlines()
        exec("\n".join(body), names)
        shown = eval(last, names)
        kept = ["".join(output["data"]["text/plain"]) for output in cell["outputs"]]
        assert kept == [repr(shown)], last
