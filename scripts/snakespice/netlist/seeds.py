"""Seeds that a netlist sets itself: what ngspice makes of them.

After ngspice 39: eval_opt in frontend/inp.c, com_sseed in maths/misc/randnumb.c.
"""

from __future__ import annotations

import re

# ngspice takes the second of the day for it, so cases that begin together draw the same.
CLOCK = "random"
# Where that was replaced, and harms nobody.
REPLACED_CLOCK = "random (replaced)"
# What stands in a netlist where its `seed=random` was replaced by the seed of the case.
REPLACED = "* snakespice: the seed of the case in place of seed=random\n"
LARGEST_SEED = 2**31 - 1
_WHOLE = re.compile(r"\+?\d+", re.ASCII)
_CLOCK_CARD = re.compile(
    r"^([ \t]*\.options?\b[^\n]*\bseed[ \t]*=[ \t]*)(?:random\b|'random'|\{random\})",
    re.IGNORECASE | re.MULTILINE,
)


def effective_seed(written: str) -> str | None:
    """Return the seed that ngspice reads in what a netlist sets, None where it passes it over."""
    digits = _WHOLE.match(written)
    if digits is None:
        return None
    seed = int(digits[0]) if len(digits[0]) < 20 else LARGEST_SEED + 1
    return str(seed) if 0 < seed <= LARGEST_SEED else None


def replace_clock(text: str, seed: int) -> str:
    """Return a netlist with this seed where it has `seed=random`, and a comment that says so."""
    if CLOCK not in text.lower():
        return text
    return _CLOCK_CARD.sub(rf"{REPLACED}\g<1>{seed}", text)
