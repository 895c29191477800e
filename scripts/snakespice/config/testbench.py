"""Testbenches: templates with the defaults of their parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snakespice.base.layout import LOG, NETLIST, RECORD
from snakespice.config import names
from snakespice.config.measures import Measures, read_measures
from snakespice.config.schema import load_schema, with_defaults
from snakespice.config.scope import ConfigScope
from snakespice.config.specification import Spec
from snakespice.config.specs import read_specs
from snakespice.config.yamlfile import as_written


@dataclass(frozen=True)
class Testbench:
    """A template with the defaults of its parameters; `file` is None where it stands inline."""

    name: str
    file: Path | None
    template: Path
    parameters: dict[str, str]
    filename_raw: str
    filename_log: str
    measures: Measures
    specs: tuple[Spec, ...]


def read_testbenches(entries: dict[str, Any], hub: ConfigScope) -> dict[str, Testbench | None]:
    """Return every testbench by its name; None for one that cannot be used."""
    testbenches: dict[str, Testbench | None] = {}
    for name, entry in entries.items():
        hub.add_fault(("testbenches",), names.testbench_name_fault(name))
        found = hub.entry("testbenches", name, entry)
        testbenches[name] = _testbench(name, *found) if found else None
    return testbenches


def _testbench(
    name: str, data: dict[str, Any], scope: ConfigScope, file: Path | None
) -> Testbench | None:
    data = with_defaults(scope.checked(data, "testbench"), load_schema("testbench"))
    parameters = data["parameters"]
    for parameter, value in parameters.items():
        scope.add_fault(("parameters",), names.parameter_name_fault(parameter))
        scope.add_fault(("parameters", parameter), names.value_fault(value))
    for one, other in names.case_twins(parameters):
        wrong = f'"{one}" and "{other}" differ by case only: they are the same to ngspice'
        scope.add(("parameters",), wrong, "rename one")
    measures = read_measures(data["measures"], data["measure_files"], parameters, scope)
    if data["filename_log"] in (NETLIST, LOG, RECORD):
        scope.add(("filename_log",), "is a file that snakespice itself writes", "rename it")
    units = {name: measures.units.get(name, "") for name in measures.columns}
    specs = read_specs(data["specs"], units, list(parameters), scope)
    template = scope.file(("template",), data["template"]) if data["template"] else None
    if not template:
        return None
    return Testbench(
        name=name,
        file=file,
        template=template,
        parameters={key: as_written(value) for key, value in parameters.items()},
        filename_raw=data["filename_raw"],
        filename_log=data["filename_log"],
        measures=measures,
        specs=specs,
    )
