"""Every netlist of the corpus is reported as what it is (corpus.py explains their headers)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import corpus  # type: ignore[import-not-found]  # beside this file, where pytest finds it
import pytest
from single import one_runner

from snakespice.processes.process import Runner
from snakespice.verdict import log


@pytest.fixture(scope="session")
def runner() -> Iterator[Runner]:
    with one_runner() as runner:
        yield runner


def test_corpus_is_large_enough() -> None:
    assert len(corpus.names()) >= 75


@pytest.mark.parametrize("name", corpus.names())
def test_verdict(name: str, runner: Runner, tmp_path: Path) -> None:
    truth, verdict = corpus.run(name, runner, tmp_path.resolve())
    assert corpus.differences(truth, verdict) == []


def test_no_sign_holds_a_number() -> None:
    """Lines are looked at with every number as 0, so that most are known from the last case."""
    assert not [pattern for pattern in log._SIGNS.values() if re.search("[1-9]", pattern)]
