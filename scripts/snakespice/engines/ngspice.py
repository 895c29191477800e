"""The ngspice that is run, as found on the PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple


class SimulatorMissing(Exception):
    """ngspice cannot be found or does not start."""


class Ngspice(NamedTuple):
    """An installed ngspice: its path, and its version as it states it (`ngspice-39`).

    `fingerprint` changes when another program takes its place.
    """

    path: str
    version: str
    fingerprint: tuple[int, int, int]

    def was_replaced(self) -> bool:
        """Whether another program has taken its place."""
        return _fingerprint(self.path) != self.fingerprint


def find_ngspice() -> Ngspice:
    """Return the ngspice on the PATH; raise SimulatorMissing if there is none that starts."""
    path = shutil.which("ngspice")
    if path is None:
        raise SimulatorMissing(
            "ngspice is not on the PATH; install it with"
            " apt install ngspice, dnf install ngspice, brew install ngspice or conda"
        )
    try:
        fingerprint = _fingerprint(path)
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
            return Ngspice(path, word, fingerprint)
    raise SimulatorMissing(f"{path} --version does not answer as ngspice does")


def _fingerprint(path: str) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_ino, status.st_size, status.st_mtime_ns
