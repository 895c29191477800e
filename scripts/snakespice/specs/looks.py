"""How often somebody has looked at a Monte Carlo run, `.looks.json`: looking early costs.

An interval of 95 % is one for a number of draws that was fixed before. Whoever looks at 500 draws,
and then decides whether to simulate 700, looks twice, and is wrong more often.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from snakespice.base.files import UnusableFile, read_json, write_json
from snakespice.base.layout import LOOKS
from snakespice.specs.cases import PENDING, Cases
from snakespice.sweep.plan import Plan


def count_looks(directory: Path, plan: Plan, cases: Cases) -> int:
    """Note this look, and return how many there were; 0 if it is the only one.

    It is a look of its own if other draws are done than at those before.
    """
    random = plan.space.random
    if random is None or cases.draw is None:
        return 0
    pending = np.unique(cases.draw[cases.status == PENDING])
    done = int(random.num - np.count_nonzero(pending > 0))
    of = {"seed": random.seed, **random.spec}
    try:
        before = read_json(directory / LOOKS)
        numbers = before["done"] if isinstance(before, dict) and before["of"] == of else []
    except (UnusableFile, KeyError):
        numbers = [None]  # there was a look, and nobody knows at what
    if done not in numbers:
        numbers = [*numbers, done]
        write_json(directory / LOOKS, {"of": of, "done": numbers})
    return len(numbers) if len(numbers) > 1 else 0
