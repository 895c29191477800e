"""The plan of a sweep, `plan.json`: everything that a case needs beside its number."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snakespice.base.files import UnusableFile, read_json
from snakespice.base.layout import PLAN, case_name, result_name
from snakespice.config.space import Space
from snakespice.expressions.declared import DeclaredExpression
from snakespice.netlist.sourcepath import source_path

if TYPE_CHECKING:
    # Reading a configuration takes what no job on a case's path should load.
    from snakespice.config.project import Project

_quoted = json.encoder.encode_basestring
LARGEST_SEED = 2**31 - 1  # ngspice's setseed refuses more


@dataclass(frozen=True)
class Plan:
    """One sweep, resolved: its space, its testbench, and where its files are.

    `library_path` has the directories in which included files may be, beside the usual ones.
    `reseeded` holds the seeds of the few cases whose own would be another case's, too. `measures`
    are all that are declared, `expressions` those that are taken of waveforms.
    """

    sweep: str
    space: Space
    seed: int
    template: Path
    defaults: dict[str, str]
    measures: tuple[str, ...]
    filename_raw: str
    filename_log: str
    dut: dict[str, str]
    project_root: Path
    cases_per_job: int | None
    reseeded: Mapping[int, int] = field(default_factory=dict)
    library_path: tuple[str, ...] = ()
    expressions: Mapping[str, DeclaredExpression] = field(default_factory=dict)
    measure_files: tuple[Path, ...] = ()

    @classmethod
    def of(cls, project: Project, name: str) -> Plan:
        """Return the plan of the sweep `name`, before its seeds were compared: see `seeds`."""
        sweep = project.sweeps[name]
        bench = sweep.testbench
        return cls(
            sweep=name,
            space=sweep.space,
            seed=sweep.seed,
            template=bench.template,
            defaults=dict(bench.parameters),
            measures=bench.measures.columns,
            expressions=bench.measures.expressions,
            measure_files=bench.measures.files,
            filename_raw=bench.filename_raw,
            filename_log=bench.filename_log,
            dut=dict(project.dut),
            project_root=project.root,
            cases_per_job=project.cases_per_job,
            library_path=_library_path(project.simulator.spiceinit),
        )

    def __len__(self) -> int:
        return len(self.space)

    @property
    def segments(self) -> tuple[int, ...]:
        """The numbers of cases of the segments, from which units and parts follow."""
        return self.space.segments

    def parameters(self, case_id: int) -> dict[str, str]:
        """Return all parameters of a case: the testbench's defaults and what the sweep sets."""
        return self.defaults | self.space.case(case_id)

    def case_key(self, case_id: int) -> str:
        """Return what stands for the case's parameters, whatever its number is."""
        return self.key_of(case_id, self.space.case(case_id))

    def key_of(self, case_id: int, own: dict[str, str]) -> str:
        """Return the key of a case with these parameters of its own.

        Two draws can have the same values, and differ in their seeds.
        """
        parameters = self.defaults | own
        if self.space.random is None:
            return key_of(parameters)
        return key_of(parameters | {"seed": str(self.first_seed(case_id, own))})

    def seed_of(self, case_id: int, own: dict[str, str]) -> int:
        """Return the seed of a case with these parameters of its own, 1 to 2**31 - 1.

        No other case has it; with draws, it is that of the draw, at all conditions that share it.
        """
        return self.reseeded.get(case_id) or self.first_seed(case_id, own)

    def first_seed(self, case_id: int, own: dict[str, str]) -> int:
        """Return the seed that a case has unless another has it already."""
        if (shared := self.space.stream(case_id)) is None:
            return first_seed(self.seed, key_of(self.defaults | own))
        return seed_of_draw(self.seed, *shared)

    @property
    def ngspice_measures(self) -> tuple[str, ...]:
        """The declared measures that ngspice takes; the others are expressions of waveforms."""
        if not self.expressions:
            return self.measures
        by_expression = {c for one in self.expressions.values() for c in one.columns.values()}
        return tuple(name for name in self.measures if name not in by_expression)

    @property
    def vectors(self) -> frozenset[str]:
        """What expressions read of the raw file, so that it has to be saved."""
        return frozenset[str]().union(*(one.vectors for one in self.expressions.values()))

    def result_file(self, case_id: int) -> str:
        """Return the name of the case's raw file."""
        return result_name(case_id, self.filename_raw)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as it is written."""
        data = self.__dict__ | {
            "space": self.space.to_json(),
            "template": str(self.template),
            "project_root": str(self.project_root),
            "measures": list(self.measures),
            "expressions": {name: one.to_json() for name, one in self.expressions.items()},
            "measure_files": [str(path) for path in self.measure_files],
            "reseeded": {str(case_id): seed for case_id, seed in self.reseeded.items()},
            "library_path": list(self.library_path),
        }
        if not self.library_path:  # most plans are as they were before there was this
            del data["library_path"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that `to_json` described; raise KeyError, TypeError or ValueError."""
        return cls(
            **{
                **data,
                "space": Space.from_json(data["space"]),
                "template": Path(data["template"]),
                "project_root": Path(data["project_root"]),
                "measures": tuple(data["measures"]),
                "library_path": tuple(data.get("library_path", ())),
                "expressions": {
                    name: DeclaredExpression.from_json(one)
                    for name, one in data.get("expressions", {}).items()
                },
                "measure_files": tuple(map(Path, data.get("measure_files", ()))),
                "reseeded": {int(case): seed for case, seed in data["reseeded"].items()},
            }
        )

    def digest(self) -> str:
        """Return a hash of the plan, to notice that it changed."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()


def _library_path(spiceinit: Path | None) -> tuple[str, ...]:
    if spiceinit is None:
        return ()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return source_path(spiceinit.read_text())
    return ()


def read_plan(directory: Path) -> Plan:
    """Read `plan.json` of a sweep's directory; raise UnusableFile when it is missing or damaged."""
    data = read_json(directory / PLAN)
    if not isinstance(data, dict):
        raise UnusableFile(f"{directory / PLAN} is missing: is this the directory of a sweep?")
    try:
        return Plan.from_json(data)
    except (KeyError, TypeError, ValueError) as fault:
        raise UnusableFile(f"{directory / PLAN} is damaged: {fault}") from fault


def key_of(parameters: Mapping[str, str]) -> str:
    """Return what stands for a set of parameters: 16 hexadecimal digits of its hash."""
    # As JSON has it, whose encoder takes four times as long to say so.
    pairs = [f"[{_quoted(name)}, {_quoted(value)}]" for name, value in sorted(parameters.items())]
    text = f"[{', '.join(pairs)}]"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def result_path(plan: Plan, case_id: int) -> str:
    """Return the path of a case's raw file relative to the sweep's directory."""
    return f"{case_name(case_id)}/{plan.result_file(case_id)}"


def seed_of_draw(sweep_seed: int, draw: int, stream: str) -> int:
    """Return the seed of a draw; no other draw of the stream has it."""
    # Multiples of a number modulo a prime are all different, and come in no order.
    factor = first_seed(sweep_seed, f"{stream}:factor") % (LARGEST_SEED - 1) + 1
    return (factor * draw + first_seed(sweep_seed, f"{stream}:first")) % LARGEST_SEED + 1


def first_seed(sweep_seed: int, key: str) -> int:
    """Return the seed that a case with this key has, unless another has it already."""
    digest = hashlib.sha256(f"{sweep_seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % LARGEST_SEED + 1
