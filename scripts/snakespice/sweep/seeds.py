"""The seeds of a sweep's cases: each of them has one of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from snakespice.sweep.plan import Plan, first_seed


def with_seeds(plan: Plan, first_seeds: Iterable[int]) -> Plan:
    """Return the plan in which no two cases have the same seed; given is each case's first one."""
    used: set[int] = set()
    taken = []
    for case_id, seed in enumerate(first_seeds, start=1):
        if seed in used:
            taken.append(case_id)
        used.add(seed)
    reseeded = {}
    for case_id in taken:
        salt = 1
        while (seed := first_seed(plan.seed, f"{plan.case_key(case_id)}+{salt}")) in used:
            salt += 1
        used.add(seed)
        reseeded[case_id] = seed
    return replace(plan, reseeded=reseeded)
