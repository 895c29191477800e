"""What a unit reports of each of its cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from snakespice.record.record import Record


class CaseResult(NamedTuple):
    """What is reported of a case that is done: little, as it goes from process to process.

    `parameters` are there only if it failed. `kept`: an earlier run simulated it.
    """

    case_id: int
    failure: str | None
    error_message: str | None
    parameters: Mapping[str, str]
    kept: bool
    inputs_key: str | None

    @classmethod
    def of(cls, record: Record, *, kept: bool) -> CaseResult:
        """Return what is reported of the case that has this record."""
        parameters = record.parameters if record.failure else {}
        return cls(
            record.case_id,
            record.failure,
            record.error_message,
            parameters,
            kept,
            record.inputs_key,
        )
