"""Does what a sweep varies reach the netlists? What does not makes cases that are all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from snakespice.base.problems import shown
from snakespice.config.product import Axis
from snakespice.config.scope import ConfigScope, KeyPath
from snakespice.templates.usage import Usage, draws_at_random, find_slip


def check_effect(
    axes: Sequence[Axis],
    usage: Usage | None,
    dut: Mapping[str, str],
    places: Mapping[str, KeyPath],
    scope: ConfigScope,
) -> None:
    """Find what a sweep varies and its template does not use.

    It is a mistake where the netlist has the name as its own. Otherwise it may be meant: as a label
    of a row that has other values, or to have as many random draws, as the seeds differ. So that is
    told only where nothing of an axis is used, and the netlist itself draws no random numbers.

    `usage` is the template's, None where it cannot be told; `places` is where each parameter is
    varied, in the sweep at `scope`.
    """
    if usage is None:
        return
    files = list(usage.files)
    if dut and "dut" in usage.names:
        files.append(Path(dut["netlist"]))
    for axis in axes:
        unused = [name for name in axis.names if name not in usage.names]
        slips = {name: slip for name in unused if (slip := find_slip(name, files))}
        for name, slip in slips.items():
            own = f'".param {name}=" of its own' if slip.is_param else f"{name} in an expression"
            where = f"{shown(slip.file)}, line {slip.line}"
            wrong = f'"{name}" changes nothing: {where}, has {own}, and {{{{ {name} }}}} is nowhere'
            scope.add(places[name], wrong, f'write ".param {name}={{{{ {name} }}}}"')
        reaches_nothing = len(axis) > 1 and len(unused) == len(axis.names) and not slips
        if reaches_nothing and not draws_at_random(files):
            names = " or ".join(f"{{{{ {name} }}}}" for name in unused)
            what = f"the template has no {names}: such cases differ in their seeds alone"
            scope.note(places[unused[0]], what)
