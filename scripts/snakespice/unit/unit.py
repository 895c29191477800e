"""A unit: the cases that one job simulates, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakespice.base.layout import case_name
from snakespice.config.settings import Keep, Requirement
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.sweep.plan import Plan
from snakespice.unit.inputs import Inputs

if TYPE_CHECKING:
    from snakespice.measures.measurer import Measurer


@dataclass(frozen=True)
class Unit:
    """The cases that one job simulates, of the sweep in `directory`.

    `index` is that of their netlists, see `sweep.index`; `engine` is auto, cold or warm. `measurer`
    takes the measures by expression, where there are any.
    """

    plan: Plan
    directory: Path
    cases: Sequence[int]
    index: dict[str, Any]
    engine: str
    settings: EngineSettings
    require: Requirement
    keep: Keep
    attempt: int
    inputs: Inputs
    measurer: Measurer | None = None

    @property
    def uses_scratch(self) -> bool:
        """Whether cases are simulated in scratch directories, as none of their files is kept."""
        return self.keep.nothing and len(self.cases) > 1

    def belongs_in_scratch(self, case: Case) -> bool:
        """Whether a case is simulated in a scratch directory.

        Not where the netlist has commands of its own: the files that these write are to stay.
        """
        return self.uses_scratch and not case.closure.facts.has_control

    @property
    def limits(self) -> dict[str, float]:
        """The limits as a record has them: a failure may be due to them, a result is not."""
        limits = self.settings.limits
        return {
            "timeout": limits.timeout,
            "mem_mb": limits.mem_mb,
            "max_output_mb": limits.max_output_mb,
            "sandboxed": int(self.settings.sandbox is not None),
        }

    def case_directory(self, number: int) -> str:
        """Return a case's own directory, as a string: there are many, and pathlib is slow."""
        return f"{self.directory}/{case_name(number)}"
