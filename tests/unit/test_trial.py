"""What both engines give for the same cases has to be the same, or the group runs cold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from snakespice.engines.warm import CannotRunWarm
from snakespice.processes.result import ProcessResult
from snakespice.unit.trial import TrialResult, compare
from snakespice.verdict.diagnosis import Verdict

ENDED = ProcessResult(0, None, False, datetime.now(UTC), 0.1, 0.1, 20.0)
MISSED = "measure t1 could not be taken: "
VERDICT = Verdict("completed", None, None, ("careful",), {"vmax": 0.1, "t1": None})
FAILED = Verdict("failed", "timeout", "stopped after 1 s", (), {"vmax": None, "t1": None})
COLD = TrialResult(1, ENDED, VERDICT, {"r.raw": "ab", "own.txt": "cd"})


def test_the_same_is_the_same() -> None:
    slower = replace(ENDED, wall=9.0, max_rss_mb=99.0)
    compare([COLD, replace(COLD, number=2)], [replace(COLD, number=2, result=slower), COLD])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"measures": {"vmax": 0.1000000000000001, "t1": None}}, "measure vmax is 0.1000000000000"),
        ({"measures": {"vmax": 0.1, "t1": 0.5}}, "measure t1 is 0.5, not None"),
        ({"measures": {"t1": None}}, "measure vmax is None, not 0.1"),
        ({"warnings": ()}, r"warnings is \(\), not \('careful',\)"),
        ({"warnings": ("careful", "more")}, "warnings is"),
        ({"warnings": ("careless",)}, "warnings is"),
        ({"status": "failed"}, "status is 'failed', not 'completed'"),
        ({"failure": "timeout"}, "failure is 'timeout', not None"),
        ({"error_message": "why"}, "error_message is 'why', not None"),
    ],
)
def test_another_verdict_is_caught(change: dict[str, Any], told: str) -> None:
    warm = replace(COLD, verdict=replace(VERDICT, **change))
    with pytest.raises(CannotRunWarm, match=f"differs from the cold one in case 1: .*{told}"):
        compare([COLD], [warm])


@pytest.mark.parametrize(
    "files",
    [
        {"r.raw": "xx", "own.txt": "cd"},
        {"r.raw": "ab"},
        {"own.txt": "cd"},
        {"r.raw": "ab", "own.txt": "cd", "more": "ef"},
    ],
)
def test_other_files_are_caught(files: dict[str, str]) -> None:
    with pytest.raises(CannotRunWarm, match="has other data"):
        compare([COLD], [replace(COLD, files=files)])


def test_where_it_stands_in_the_log_may_differ() -> None:
    """The library prints less, so what it says stands on other lines."""

    def said(line: int) -> Verdict:
        place = f" (ngspice.log, line {line})"
        return replace(VERDICT, warnings=(f"careful{place}", f"{MISSED}out of interval{place}"))

    compare([replace(COLD, verdict=said(7))], [replace(COLD, verdict=said(9))])
    other = replace(said(7), warnings=(*said(7).warnings[:1], f"{MISSED}no such vector"))
    compare([replace(COLD, verdict=said(7))], [replace(COLD, verdict=other)])
    other = replace(said(7), warnings=(said(7).warnings[0], MISSED.replace("t1", "t2")))
    with pytest.raises(CannotRunWarm, match="warnings"):
        compare([replace(COLD, verdict=said(7))], [replace(COLD, verdict=other)])


def test_cases_that_failed_show_nothing() -> None:
    """Each may have been stopped before what the engines would do differently."""
    failed = [replace(COLD, number=number, verdict=FAILED, files={}) for number in (1, 2)]
    with pytest.raises(CannotRunWarm, match=r"the cases that both engines ran, .* failed"):
        compare(failed, failed)
    compare([failed[0], replace(COLD, number=2)], [failed[0], replace(COLD, number=2)])


def test_what_a_failed_case_leaves_may_differ() -> None:
    failed = replace(COLD, number=2, verdict=FAILED)
    compare([COLD, failed], [COLD, replace(failed, files={})])
