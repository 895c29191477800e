"""Analysis cards: which there are, how ngspice lists them, and how they are run.

The fork server has this, too: nothing heavy may be imported here.
"""

from __future__ import annotations

from snakespice.netlist.marks import CARD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# In the order in which each gives what it gives alone. ngspice's own order has AC first, and leaves
# code models as they are for AC to the operating point of TF, DISTO and NOISE. SENS leaves the
# circuit's parameters disturbed (ngspice 39).
_ORDER = ("op", "dc", "tran", "tf", "disto", "noise", "sp", "ac", "pz", "hb", "pss", "sens")
ANALYSES = frozenset(_ORDER)


def kind_of(card: str) -> str:
    """Return the analysis that a card without its dot asks for, in lower case."""
    return card.split(None, 1)[0].lower()


def in_order(cards: Iterable[str]) -> tuple[str, ...]:
    """Return analysis cards of different kinds in the order in which they are run."""
    return tuple(sorted(cards, key=lambda card: _ORDER.index(kind_of(card))))


def listed(listing: str, kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the analysis cards in ngspice's expanded listing, in the order of their run.

    When these are not of the given kinds, one each, it is the command that runs all cards. Without
    `kinds` any will do, one of each.
    """
    cards = []
    for line in listing.split("\n"):
        number, dot, card = line.partition(" : .")
        if dot and number.strip().isdigit() and card.strip() and kind_of(card) in ANALYSES:
            cards.append(card)
    found = sorted(map(kind_of, cards))
    if (kinds and found != sorted(kinds)) or len(set(found)) < len(found):
        return ("run",)
    return in_order(cards)


def run(commands: Iterable[str]) -> list[str]:
    """Return the lines that run `commands` one by one and stop at the first that fails."""
    lines = []
    for command in commands:
        # A netlist that did not load leaves 99 behind, as nothing runs.
        lines += ["set sim_status=99", f"echo {CARD} {command}", command]
        lines += ["if $sim_status", "quit 3", "end"]
    return lines
