"""When two simulations give the same: a hash of all that their results depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from snakespice.engines.settings import EngineSettings
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import without_what_measures_need


def result_key(
    text: str,
    closure: ResolvedNetlist,
    result_file: str,
    settings: EngineSettings,
    start_up_reads: Mapping[str, str],
) -> str:
    """Return the hash of a netlist, what it reads, the start-up commands and the simulator.

    `start_up_reads` are the files, with their SHA-256, that the start-up commands read.

    The case's number, which is in the name of its `result_file`, is left out: it may change. So is
    what the netlist saves for measures: it adds to a result and changes none.
    """
    parts: list[object] = [
        without_what_measures_need(text).replace(result_file, "case_#"),
        list(closure.files.values()),
        settings.spiceinit,
        settings.ngspice.version,
    ]
    if closure.reads or start_up_reads:
        parts += [list(closure.reads.values()), list(start_up_reads.values())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
