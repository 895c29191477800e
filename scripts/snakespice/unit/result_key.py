"""When two simulations give the same: a hash of all that their results depend on."""

from __future__ import annotations

import hashlib
import json

from snakespice.engines.settings import EngineSettings
from snakespice.netlist.netlist import Closure


def result_key(text: str, closure: Closure, result_file: str, settings: EngineSettings) -> str:
    """Return the hash of a netlist, what it includes, the start-up commands and the simulator.

    The case's number, which is in the name of its `result_file`, is left out: it may change.
    """
    parts = [
        text.replace(result_file, "case_#"),
        list(closure.files.values()),
        settings.spiceinit,
        settings.ngspice.version,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
