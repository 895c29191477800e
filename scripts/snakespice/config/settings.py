"""How the cases of a sweep are run and what is kept of them: `simulator` and `keep` of a hub.

These go from the configuration to the jobs as they are: see `sweep.resolved`. Their defaults stand
in workflow/schemas/hub.schema.yaml and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Requirement:
    """What must be free for a case to start, and for how many seconds to `wait` for it.

    None: that much does not matter.
    """

    free_mem_mb: float | None
    max_cpu_percent: float | None
    wait: float

    @property
    def asks(self) -> bool:
        """Whether anything is required."""
        return self.free_mem_mb is not None or self.max_cpu_percent is not None


@dataclass(frozen=True)
class Simulator:
    """How ngspice is run: `timeout` in seconds of wall clock, sizes in megabytes, per case.

    `engine` is auto, cold or warm; `sandbox` is none or bwrap; `spiceinit` is an absolute path.
    """

    engine: str
    timeout: float
    mem_mb: int
    max_output_mb: float
    threads: int
    spiceinit: Path | None
    sandbox: str
    require: Requirement

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Simulator:
        """Return the settings that `data` holds: a key for each field, none left out."""
        spiceinit = data["spiceinit"]
        return cls(
            **{
                **data,
                "spiceinit": Path(spiceinit) if spiceinit else None,
                "require": Requirement(**data["require"]),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data, from which `of` makes them again."""
        return asdict(self) | {"spiceinit": str(self.spiceinit) if self.spiceinit else None}

    @property
    def longest(self) -> float:
        """The longest time that a case can take, in seconds."""
        return self.timeout + (self.require.wait if self.require.asks else 0)


@dataclass(frozen=True)
class Keep:
    """What is kept of which cases: of all of them, of the failed ones, or of none.

    Each is `always`, `failed` or `never`; waveforms can also be `store`: those of completed cases
    go into one file for many cases, only `signals` of them if any are named, in double or single
    `precision`.
    """

    waveforms: str
    logs: str
    netlists: str
    signals: tuple[str, ...] = ()
    precision: str = "double"

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Keep:
        """Return what `data`, as a configuration or a file has it, says is kept."""
        return cls(**{**data, "signals": tuple(data.get("signals", ()))})

    @property
    def nothing(self) -> bool:
        """Whether no file of a completed case is kept."""
        return not {"always", "store"} & {self.waveforms, self.logs, self.netlists}

    def waveform(self, status: str) -> bool:
        """Whether the waveforms of a case that ended so are kept."""
        return applies(self.waveforms, status)


KEEP_ALL = Keep("always", "always", "always")


_APPLIES = {("failed", "failed"), ("store", "completed")}


def applies(choice: str, status: str) -> bool:
    """Whether what a case with this status leaves is kept by this choice."""
    return choice == "always" or (choice, status) in _APPLIES
