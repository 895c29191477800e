"""How the cases of a unit are run, whichever engine runs them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from snakespice.engines import code_models, driver
from snakespice.engines.ngspice import Ngspice
from snakespice.netlist.netlist import Facts
from snakespice.processes.limits import Limits
from snakespice.processes.sandbox import Sandbox

_MODE = re.compile(r"\bngbehavior\b\s*=?\s*(\w*)", re.IGNORECASE)


@dataclass(frozen=True)
class EngineSettings:
    """How every case of a unit is run. `spiceinit` holds commands, or nothing.

    `lean_start` is that of `code_models`, for the netlists that can do without code models.
    """

    ngspice: Ngspice
    limits: Limits
    threads: int
    spiceinit: str
    sandbox: Sandbox | None = None
    lean_start: Path | None = None

    @property
    def start_commands(self) -> list[str]:
        """The commands that ngspice is given before a netlist."""
        return [*self.spiceinit.splitlines(), f"set num_threads={self.threads}"]

    @property
    def compatibility_mode(self) -> str:
        """Which simulators ngspice is to be compatible with (`ngbehavior`): `hsa`, or nothing."""
        return "".join(_MODE.findall(self.spiceinit)).lower()

    def can_be_lean(self, facts: Facts) -> bool:
        """Whether netlists with these facts can do without code models."""
        commands = facts.has_control or bool(self.spiceinit)  # which could do anything
        return self.lean_start is not None and not commands and not facts.has_code_models

    def environment(self, *, lean: bool) -> dict[str, str]:
        """Return the environment for ngspice, with code models or without."""
        base = self.sandbox.environment() if self.sandbox else os.environ
        start = {code_models.VARIABLE: str(self.lean_start)} if lean else {}
        return {**driver.environment(self.threads, base), **start}
