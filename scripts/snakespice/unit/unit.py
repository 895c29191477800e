"""A unit, the cases that one job simulates, and what its engines and its records have in common."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from snakespice.base.files import write_text
from snakespice.base.layout import NETLIST, case_name
from snakespice.base.plainfile import read_regular
from snakespice.config.settings import Keep, Requirement
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.case import Case
from snakespice.netlist.netlist import Closure
from snakespice.netlist.rewrite import real_directory
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.record.record import Record
from snakespice.sweep.plan import Plan
from snakespice.templates.includes import UnsetVariable


class InputChanged(Exception):
    """A netlist or ngspice is not what it was; the message says which and what to do."""


class MachineFault(Exception):
    """The machine cannot do it now, so nothing was learnt of the circuit; the message says why."""


class Engine(Protocol):
    """A way to drive ngspice."""

    name: str

    def simulate(self, runner: Runner, case: Case) -> ProcessResult:
        """Simulate a case; leave its log and raw file in its directory."""


class EngineChoice(NamedTuple):
    """By which engine a case was simulated; why by the cold one, where the warm one was wished."""

    engine: str | None = None
    reason: str | None = None


NOT_SIMULATED = EngineChoice()


@dataclass(frozen=True)
class Unit:
    """The cases that one job simulates and what it needs; `index` is that of the netlists.

    `engine` is auto, cold or warm; `program` is what changes when another ngspice takes the place
    of the one that is to be run.
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
    program: tuple[int, int, int]

    @property
    def uses_scratch(self) -> bool:
        """Whether cases are simulated in their workers' directories: no file of them stays."""
        return self.keep.nothing and len(self.cases) > 1

    def belongs_in_scratch(self, case: Case) -> bool:
        """Whether a case is simulated in its worker's directory.

        What the commands of a netlist of its own leave beside that stays, so it has to be at home.
        """
        return self.uses_scratch and not case.closure.facts.has_control

    @property
    def limits(self) -> dict[str, float]:
        """What a failure may be due to, and a completed case is not touched by."""
        limits = self.settings.limits
        return {
            "timeout": limits.timeout,
            "mem_mb": limits.mem_mb,
            "max_output_mb": limits.max_output_mb,
            "sandboxed": int(self.settings.sandbox is not None),
        }

    def home(self, number: int) -> str:
        """Return the directory of a case's own; there are many, and pathlib is slow."""
        return f"{self.directory}/{case_name(number)}"

    def netlist(self, number: int) -> tuple[str, Closure]:
        """Return the netlist as it was rendered, and its closure.

        Where it is not kept, or lost, it is rendered again.

        Raises InputChanged when it was changed since.
        """
        directory = self.home(number)
        path = f"{directory}/{NETLIST}"
        try:
            data = read_regular(path)
        except OSError:
            data = b""
        digest = self.index["netlists"].get(str(number))
        changed = f"{path} is not as it was rendered"
        if hashlib.sha256(data).hexdigest() == digest:
            text = data.decode()
            return text, Closure(text, real_directory(directory))
        # Jinja takes time to load, and many a unit does not need it.
        from snakespice.sweep.render import render_case
        from snakespice.templates.template import TemplateFault

        with contextlib.suppress(FileExistsError):
            os.mkdir(directory)
        try:
            text, closure = render_case(self.plan, directory, number)
        except (TemplateFault, UnsetVariable) as fault:
            raise InputChanged(f"{changed}, and cannot be again: {fault}") from fault
        if not text.encode().startswith(data) or _sha256(text) != digest:
            raise InputChanged(f"{changed}; delete it to have it rendered again")
        if os.path.isfile(path):
            write_text(path, text)
        return text, closure


class CaseResult(NamedTuple):
    """What is told of a case that is done: little, as it goes from process to process.

    `parameters` are those of a failed one. `kept`: it is as an earlier run has left it.
    """

    case_id: int
    failure: str | None
    error_message: str | None
    parameters: Mapping[str, str]
    kept: bool

    @classmethod
    def of(cls, record: Record, *, kept: bool) -> CaseResult:
        """Take from its record what is told."""
        told = record.parameters if record.failure else {}
        return cls(record.case_id, record.failure, record.error_message, told, kept)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def result_key(text: str, closure: Closure, result_file: str, settings: EngineSettings) -> str:
    """Return what stands for all that determines a result, whatever the case's number is."""
    parts = [
        text.replace(result_file, "case_#"),
        list(closure.files.values()),
        settings.spiceinit,
        settings.ngspice.version,
    ]
    return _sha256(json.dumps(parts))
