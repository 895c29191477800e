"""Which ngspice is run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple


class SimulatorMissing(Exception):
    """ngspice cannot be found or does not start."""


class Ngspice(NamedTuple):
    """An installed ngspice: its path and what it says its version is (`ngspice-39`)."""

    path: str
    version: str


def find_ngspice() -> Ngspice:
    """Return the ngspice on the PATH; raise SimulatorMissing when there is none that starts."""
    path = shutil.which("ngspice")
    if path is None:
        raise SimulatorMissing(
            "ngspice is not on the PATH; install it with"
            " apt install ngspice, dnf install ngspice, brew install ngspice or conda"
        )
    try:
        # HOME must be set: ngspice crashes without it.
        answer = subprocess.run(
            [path, "--version"],
            env={"HOME": "/", **os.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise SimulatorMissing(f"{path} does not start: {fault}") from fault
    for word in answer.stdout.split():
        if word.startswith("ngspice-"):
            return Ngspice(path, word)
    raise SimulatorMissing(f"{path} --version does not answer as ngspice does")


def fingerprint(program: str) -> tuple[int, int, int]:
    """Return what changes when another program takes the place of this one."""
    there = os.stat(program)
    return there.st_ino, there.st_size, there.st_mtime_ns
