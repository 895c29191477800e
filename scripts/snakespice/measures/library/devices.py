"""Devices: how far each transistor is from leaving saturation."""

from __future__ import annotations

import re

import numpy as np

from snakespice.measures import curves
from snakespice.measures.mark import measure
from snakespice.measures.signal import Misuse, NotTaken
from snakespice.measures.waveforms import Case

_VDSAT = re.compile(r"@(.+)\[vdsat\]")


@measure("V", reads=("@{}[vds]", "@{}[vdsat]"))
def saturation_margin(case: Case, *device: str) -> float:
    """Smallest |vds| - |vdsat| of the transistors named (`"m1"`, `"m.x1.m1"`), at all points.

    Above 0 all of them are saturated. Without names: of every transistor whose `@m1[vds]` and
    `@m1[vdsat]` the netlist saves.

    Raises:
        NotTaken: the netlist saves these of no transistor.
    """
    names = [name.lower() for name in device] or [
        match[1] for name in case.names() if (match := _VDSAT.search(name))
    ]
    if not names:
        raise NotTaken("no @device[vdsat] is saved: .save all @m1[vds] @m1[vdsat]")
    margins = []
    for name in names:
        vds, vdsat = case.signal(f"@{name}[vds]"), case.signal(f"@{name}[vdsat]")
        if not vds.has_points_of(vdsat):
            raise Misuse(f"vds and vdsat of {name} are of different analyses")
        margins.append(np.min(np.abs(curves.real(vds)) - np.abs(curves.real(vdsat))))
    return float(min(margins))
