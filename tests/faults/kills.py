"""Signals to Snakemake, to any process of a unit, to ngspice and to all at once."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from fault import STAGES, Fault, Faults, moment
from life import Life
from waiting import wait_until

FAULTS = Faults()

UNITS_SCRIPT = "unit's script"  # or what it has forked
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def signalled(number: signal.Signals, target: str) -> Fault:
    """Return the fault that a signal goes to `target` at a random moment."""

    def strike(life: Life) -> str:
        life.find_work()
        run = life.begin()
        if target in (UNITS_SCRIPT, "ngspice"):
            words = STAGES if target == UNITS_SCRIPT else ("ngspice -n",)
            when = moment(life, run, *(STAGES if target == UNITS_SCRIPT else ("simulate.py",)))
            wait_until(lambda: run.is_over() or bool(run.find(*words)), 5)
            victims = run.find(*words)
            if victims:
                with suppress(ProcessLookupError):
                    os.kill(life.rng.choice(victims), number)
            else:
                when += ", nobody there"
            # The warm engine's simulations are processes of the script's.
            life.killed = life.killed or target == "ngspice" or life.kind.engine != "cold"
        else:
            when = moment(life, run)
            send = os.killpg if target == "process group" else os.kill
            with suppress(ProcessLookupError):
                send(run.process.pid, number)
        hasty = number == signal.SIGKILL and life.rng.random() < 0.5
        code = life.end(run, hasty=hasty)
        return f"at {when}, exit code {code}{', next run at once' if hasty else ''}"

    return strike


for _number in SIGNALS:
    for _target in ("snakemake", UNITS_SCRIPT, "ngspice", "process group"):
        FAULTS.add(f"{_number.name} to {_target}", 5)(signalled(_number, _target))


def go_on(life: Life) -> None:
    """Let a life go on to its end, or until it is killed."""
    if life.rng.random() < 0.4:
        life.plain()
    else:
        signalled(signal.SIGKILL, "snakemake")(life)
        life.settle()
