"""What a person should see of a case that completed, beside the measures that it lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from snakespice.netlist.analyses import kind_of
from snakespice.netlist.netlist import Facts
from snakespice.netlist.seeds import CLOCK
from snakespice.processes.result import ProcessResult
from snakespice.verdict.log import LogFindings
from snakespice.verdict.raw import Plot

_SAVED = re.compile(r"[vi]\(.*\)$")
_IMMITTANCE = re.compile(r"(?:v\()?[yz]_\d+_\d+\)?$")
_SMALL_SIGNAL = frozenset({"tf", "disto", "noise"})


def what_is_odd(
    facts: Facts, ended: ProcessResult, found: LogFindings, plots: Sequence[Plot], no_raw_file: bool
) -> Iterator[str]:
    """Yield a line for each; the gravest first."""
    if ended.signal:
        yield f"ngspice crashed (signal {ended.signal}) when all was done and written"
    elif ended.exit_code:
        yield (
            f"the netlist ended ngspice with code {ended.exit_code}, though all it asks for is"
            " there"
        )
    if no_raw_file:
        yield "no waveforms: the netlist destroys its plots before its end"
    yield from _ambiguous(facts)
    yield from _disturbed(facts, found)
    yield from _seeds(facts)
    yield from found.warnings
    yield from _numbers(facts, plots)


def is_excused(plot: Plot, name: str) -> bool:
    """Whether this may be NaN or infinite in a plot that is whole.

    So may a sensitivity to a parameter that has no value (ngspice 44, 47), and the admittances and
    impedances that a scattering matrix does not have.
    """
    if plot.name.startswith("Sensitivity"):
        return True
    return plot.name.startswith("SP ") and bool(_IMMITTANCE.match(name.lower()))


def _ambiguous(facts: Facts) -> Iterator[str]:
    """Warn where ngspice measures one of several analyses of a kind and does not say which."""
    kinds = Counter(kind_of(card) for card in set(facts.analyses))
    for kind, count in kinds.items():
        if count > 1 and any(measure.analysis == kind for measure in facts.measures):
            yield f"there are {count} different {kind} analyses, of which ngspice measures one only"


def _disturbed(facts: Facts, found: LogFindings) -> Iterator[str]:
    """Warn of analyses that do not give what they give alone, after others of the same section.

    The driver runs cards in an order in which they do.
    """
    if not facts.has_control:
        return
    before = ""
    for card in found.analyses:
        kind = kind_of(card) if card else ""
        if before == "sens" and kind != "sens":
            yield f"`{card}` follows sens, which leaves parameters of the circuit changed"
            return
        if before == "ac" and kind in _SMALL_SIGNAL and facts.has_code_models:
            yield f"`{card}` follows ac: code models have no operating point of their own then"
            return
        before = kind


def _seeds(facts: Facts) -> Iterator[str]:
    for seed in facts.refused_seeds:
        if CLOCK in seed.lower():
            yield f"seed=random would draw by the clock: {facts.own_seed} took its place"
        else:
            yield f"seed={seed} is no seed to ngspice: {facts.own_seed} took its place"


def _numbers(facts: Facts, plots: Sequence[Plot]) -> Iterator[str]:
    """Yield warnings about what ngspice leaves out, or computes, without a word."""
    there = {variable.lower() for plot in plots for variable in plot.variables}
    for name in facts.saved:
        if _SAVED.match(name) and name not in there:
            yield f"not saved: {name} (no such node or branch)"
    for plot in plots:
        if plot.nonfinite:
            more = f" and {len(plot.nonfinite) - 1} more" if len(plot.nonfinite) > 1 else ""
            yield f'{plot.nonfinite[0]}{more} hold NaN or inf in plot "{plot.name}"'
        if plot.huge:
            yield f"{plot.huge}: does something divide by zero?"
    if any(plot.is_silent for plot in plots):
        yield "the AC analysis is zero throughout: does a source have an AC value?"
