"""What all faults share: a register, and the moments at which they strike.

A fault is a function that happens to a life and returns a few words on what it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from life import Life
from processes import Run
from waiting import wait_until

STAGES = ("plan.py", "render.py", "simulate.py", "aggregate.py")
IS_ROOT = os.geteuid() == 0

Fault = Callable[[Life], str]


class Faults(dict[str, tuple[float, Fault]]):
    """Faults by their names; the weight of each says how often it is chosen."""

    def add(self, name: str, weight: float, *, root: bool = False) -> Callable[[Fault], Fault]:
        """Register a fault; one that only root can cause is left out for others."""

        def register(function: Fault) -> Fault:
            if IS_ROOT or not root:
                self[name] = (weight, function)
            return function

        return register


def moment(life: Life, run: Run, *stages: str) -> str:
    """Wait for a random moment of a run, in one of some stages; return its name."""
    stage = life.rng.choice(stages or [*STAGES, "simulate.py", "simulate.py", "any"])
    if stage == "any":
        delay = life.rng.uniform(0.3, 7)
        wait_until(run.is_over, delay)
    else:
        wait_until(lambda: run.is_over() or bool(run.find(stage)), 60)
        delay = life.rng.uniform(0, 1.5 if stage == "simulate.py" else 0.25)
        wait_until(run.is_over, delay)
    return ("over" if run.is_over() else stage) + f"+{delay:.2f}s"
