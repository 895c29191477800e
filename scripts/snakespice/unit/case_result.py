"""What a unit reports of each of its cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from snakespice.record.record import Record


class CaseResult(NamedTuple):
    """What is reported of a case that is done: little, as it goes from process to process.

    `parameters` are there only if it failed. `kept`: an earlier run simulated it. If it was judged
    anew, its status `was` that before; `measured_again`: some of its measures are new. `wrong`
    tells what is wrong with a measure whatever the case.
    """

    case_id: int
    failure: str | None
    error_message: str | None
    parameters: Mapping[str, str]
    kept: bool
    inputs_key: str | None
    was: str | None
    measured_again: bool = False
    wrong: str | None = None

    @classmethod
    def of(cls, record: Record, *, kept: bool, was: str | None = None) -> CaseResult:
        """Return what is reported of the case that has this record."""
        parameters = record.parameters if record.failure else {}
        failure, message = record.failure, record.error_message
        return cls(record.case_id, failure, message, parameters, kept, record.inputs_key, was)
