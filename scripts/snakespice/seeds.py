"""The seeds of a sweep's cases: each of them has one of its own."""

from __future__ import annotations

from array import array
from dataclasses import replace
from functools import partial
from itertools import pairwise

from snakespice.plan import Plan, first_seed
from snakespice.workers import in_order, shares_of

CASES_PER_SHARE = 10_000


def with_seeds(plan: Plan, at_once: int) -> Plan:
    """Return the plan in which no two cases have the same seed.

    Every case is looked at once, by so many processes.
    """
    cases = range(1, len(plan) + 1)
    seeds = array("l")
    shares = shares_of(cases, CASES_PER_SHARE)
    for found in in_order(partial(_seeds, plan), shares, at_once):
        seeds += found
    order = sorted(cases, key=lambda case_id: seeds[case_id - 1])
    taken = [
        case_id for before, case_id in pairwise(order) if seeds[before - 1] == seeds[case_id - 1]
    ]
    used = set(seeds) if taken else set()
    reseeded = {}
    for case_id in sorted(taken):
        salt = 1
        while (seed := first_seed(plan.seed, f"{plan.case_key(case_id)}+{salt}")) in used:
            salt += 1
        used.add(seed)
        reseeded[case_id] = seed
    return replace(plan, reseeded=reseeded)


def _seeds(plan: Plan, cases: range) -> array[int]:
    return array("l", (first_seed(plan.seed, plan.case_key(case_id)) for case_id in cases))
