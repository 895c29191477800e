"""What the engines have in common."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult


class Engine(Protocol):
    """A way to run ngspice; `name` is cold or warm."""

    name: str
    settings: EngineSettings

    def simulate(self, runner: Runner, case: Case) -> ProcessResult:
        """Simulate a case, and leave its log and raw file in its directory."""


class EngineChoice(NamedTuple):
    """The engine that simulated a case; `reason`: why the cold one, where the warm was asked for.

    Both are None for a case that was not simulated.
    """

    engine: str | None = None
    reason: str | None = None
