"""Plans: keys and seeds of cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sweeps import plan_of

from snakespice.base.files import UnusableFile, write_json
from snakespice.config.column import Listed
from snakespice.config.product import Axis
from snakespice.config.space import Space
from snakespice.sweep import plan as module
from snakespice.sweep.plan import Plan, key_of, read_plan
from snakespice.sweep.seeds import with_seeds


def seed_of(sweep: Plan, case_id: int) -> int:
    return sweep.seed_of(case_id, sweep.parameters(case_id))


def test_the_key_of_parameters_is_theirs_alone() -> None:
    assert len({key_of({"R": str(number)}) for number in range(50_000)}) == 50_000
    assert key_of({"R": "1k", "C": "1n"}) == key_of({"C": "1n", "R": "1k"})
    assert key_of({"R": "1", "C": ""}) != key_of({"R": "", "C": "1"})


def test_the_key_of_parameters_stays_what_it_is() -> None:
    """With another one an upgrade would simulate every case again."""
    assert key_of({"R": "1k", "label": 'a "µ"\\'}) == "dec8da9436867eeb"


def test_seeds_follow_the_parameters_and_not_the_number() -> None:
    first, second = plan_of(["1k", "2k"]), plan_of(["500", "1k", "2k"])
    assert [seed_of(first, n) for n in (1, 2)] == [seed_of(second, n) for n in (2, 3)]
    assert seed_of(first, 1) != seed_of(plan_of(["1k"], seed=2), 1)


def test_a_default_that_is_swept_keeps_its_seed() -> None:
    space = Space((Axis(("R",), (Listed(["1k"]),)), Axis(("C",), (Listed(["1n", "2n"]),))))
    assert seed_of(plan_of(["1k"]), 1) == seed_of(plan_of([], space=space), 1)


def test_no_two_cases_have_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_SEED", 60)
    first = plan_of([str(n) for n in range(50)])
    sweep = with_seeds(first, [seed_of(first, n) for n in range(1, 51)])
    seeds = [seed_of(sweep, n) for n in range(1, 51)]
    assert len(set(seeds)) == 50
    assert all(1 <= seed <= 60 for seed in seeds)
    assert sweep.reseeded


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    sweep = with_seeds(plan_of(["1k", "2k"]), [1, 1])
    write_json(tmp_path / "plan.json", sweep.to_json())
    again = read_plan(tmp_path)
    assert again.to_json() == sweep.to_json()
    assert again.case_key(2) == sweep.case_key(2)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"sweep": "s"}'])
def test_no_plan_of(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "plan.json").write_text(text)
    with pytest.raises(UnusableFile):
        read_plan(tmp_path)
