"""The resolved configuration of a sweep, `.resolved.json`: what a run tells all of its jobs.

Snakemake's own process writes it as soon as it has locked the sweep. So the configuration is read
once, its text never passes through a command line, and a job on another machine works by what the
run began with, even if somebody edits the YAML meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from snakespice.base.files import UnusableFile, read_json, write_json
from snakespice.config.settings import Keep, Simulator
from snakespice.config.specification import Spec
from snakespice.measures.sources import Sources
from snakespice.sweep.plan import Plan

RESOLVED = ".resolved.json"


@dataclass(frozen=True)
class Resolved:
    """What all jobs of a sweep go by.

    `plan` is the sweep before its seeds were compared (rule plan writes the final one), `units` are
    those of its measures, as far as they are known, `sources` those of its measure files, `corners`
    those that the run is asked for, None for all, and `run` is what provenance.json tells.
    """

    plan: Plan
    simulator: Simulator
    keep: Keep
    units: Mapping[str, str]
    sources: Sources | None
    specs: tuple[Spec, ...]
    corners: tuple[str, ...] | None
    run: dict[str, Any]

    def write(self, directory: Path) -> None:
        """Write it into the directory of the sweep."""
        data = {
            "plan": self.plan.to_json(),
            "simulator": self.simulator.to_json(),
            "keep": asdict(self.keep),
            "units": {**self.units},
            "sources": asdict(self.sources) if self.sources else None,
            "specs": [spec.to_json() for spec in self.specs],
            "corners": self.corners,
            "run": self.run,
        }
        write_json(directory / RESOLVED, data, synced=True)


def read_resolved(directory: Path) -> Resolved:
    """Read what the last run on a sweep has left; UnusableFile if there is none."""
    path = directory / RESOLVED
    data = read_json(path)
    if not isinstance(data, dict):
        raise UnusableFile(f"{path} is missing; snakemake writes it when it runs the sweep")
    try:
        return Resolved(
            Plan.from_json(data["plan"]),
            Simulator.of(data["simulator"]),
            Keep.of(data["keep"]),
            data.get("units", {}),
            Sources(**data["sources"]) if data.get("sources") else None,
            tuple(map(Spec.from_json, data["specs"])),
            None if data["corners"] is None else tuple(data["corners"]),
            data["run"],
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise UnusableFile(
            f"{path} is damaged ({fault}); the next run of snakemake mends it"
        ) from fault
