"""Twenty measures of waveforms of 5,000 points: what they add to a run, and taken again alone."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import decks
from harness import compare, scratch, sweep

CASES = 10_000
RC = """RC low-pass
.param r={{ R }} c={{ C }}
V1 in 0 sin(0 1 10k)
R1 in out {r}
C1 out 0 {c}
.tran 1u 5m 0 1u
.meas tran vmax max v(out)
.end
"""
EXPRESSIONS = (
    *('minimum(v("out"))', 'maximum(v("out"))', 'peak_to_peak(v("out"))', 'average(v("out"))'),
    *('rms(v("out"))', 'integral(v("out"))', 'value_at(v("out"), 1.5m)', 'x_of_maximum(v("out"))'),
    *('crossing(v("out"), 0.1)', 'crossing(v("out"), 0.1, 5, edge="rise")'),
    *('crossing_count(v("out"), 0, hysteresis=0.1)', 'delay(v("in"), v("out"), 0.1)'),
    *('period(v("out"))', 'frequency(v("out"))', 'duty_cycle(v("out"))', 'rise_time(v("out"))'),
    *('tone_amplitude(window(v("out"), 1m), f0=10k)', 'average(v("in") * i("v1"))'),
    *('thd(v("out"), f0=10k)', 'max_slope(v("out")) * C'),
)


def project(directory: Path, cases: int) -> Path:
    """Write the project, without measures of waveforms."""
    side = round(cases**0.5)
    return decks.project(directory, RC, ("500", "2k", side), ("1n", "9n", side))


def declare(project: Path, factor: int) -> None:
    """Have the measures in the configuration, each times a factor, so that all are new."""
    path = project / "config.yaml"
    head = path.read_text().partition("    measures:")[0].partition("sweeps:")
    measures = "".join(
        f"      m{k}: {{expr: '{factor} * {text}'}}\n" for k, text in enumerate(EXPRESSIONS)
    )
    bench = (
        "testbenches:\n  b:\n    template: t.spice.j2\n    parameters: {R: 1k, C: 1n}\n"
        f"    measures:\n{measures}"
    )
    sweeps = project / "sweeps.txt"
    if not sweeps.exists():
        sweeps.write_text("".join(head[1:]))
    path.write_text(bench + sweeps.read_text())


def main(cases: int = CASES, rounds: int = 3) -> str:
    """Measure, print and return the table."""
    place = scratch()
    cases = round(cases**0.5) ** 2
    plain, measured = (project(place / name, cases) for name in ("plain", "measured"))
    declare(measured, 1)
    warm = ("--config", "simulator={engine: warm}")
    factors = iter(range(2, 1000))
    contenders = [
        sweep("warm run, no expression", plain / "a", cases, *warm),
        sweep("warm run, 20 expressions", measured / "a", cases, *warm),
    ]
    again = replace(
        contenders[1],
        name="measured again, nothing simulated",
        prepare=lambda: declare(measured, next(factors)),
        seconds=[],
    )
    return compare(
        f"Measures of waveforms, {cases} cases of 5,000 points", [*contenders, again], rounds
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
