"""Analysis cards: which there are, how ngspice lists them, and how they are run.

The process that holds the models has this, too: see engines/fork_server.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ANALYSES = frozenset(
    ["op", "dc", "ac", "tran", "noise", "tf", "pz", "sens", "disto", "sp", "pss", "hb"]
)
# Printed before each, so that the log tells how far it came.
_CARD = "snakespice: card"


def kind_of(card: str) -> str:
    """Return the analysis that a card without its dot asks for, in lower case."""
    return card.split(None, 1)[0].lower()


def listed(listing: str, kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the analysis cards in ngspice's expanded listing, by kind.

    When these are not of the given kinds, one each, it is the command that runs all cards.
    """
    cards = []
    for line in listing.split("\n"):
        number, dot, card = line.partition(" : .")
        if dot and number.strip().isdigit() and card.strip() and kind_of(card) in ANALYSES:
            cards.append(card)
    cards.sort(key=kind_of)
    return tuple(cards) if [kind_of(card) for card in cards] == sorted(kinds) else ("run",)


def run(commands: Iterable[str]) -> list[str]:
    """Return the lines that run `commands` one by one and stop at the first that fails."""
    lines = []
    for command in commands:
        # A netlist that did not load leaves 99 behind, as nothing runs.
        lines += ["set sim_status=99", f"echo {_CARD} {command}", command]
        lines += ["if $sim_status", "quit 3", "end"]
    return lines
