"""ngspice's code models, which most circuits do without.

At every start ngspice loads some hundred kinds of devices beyond its own (manual, chapter "XSPICE
code models"), because its start-up file `spinit` says so. They make the start slower, and every
time step, too. Only A devices need them, and the E, F, G and H devices with POLY or TABLE, which
ngspice turns into A devices. If a netlist needs one that is not loaded, ngspice says so and does
not load the netlist.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

VARIABLE = "SPICE_SCRIPTS"  # tells ngspice where its start-up file is
_LEAN = Path(__file__).parent / "lean"
_LOADING = re.compile(r"codemodel|osdi|if \$\?(?:xspice|osdi)_enabled$|end$|set num_threads *=")


def lean_start(ngspice: str) -> Path | None:
    """Return the directory of a start-up file that loads no code models, for the program `ngspice`.

    None if its own does things that are not known here, or cannot be found.
    """
    if VARIABLE in os.environ or "SPICE_LIB_DIR" in os.environ:
        return None
    prefix = Path(os.path.realpath(ngspice)).parent.parent
    try:
        own = _commands(prefix / "share/ngspice/scripts/spinit")
        known = _commands(_LEAN / "spinit")
    except OSError:
        return None
    others = [command for command in own if not _LOADING.match(command)]
    return _LEAN if sorted(others) == sorted(known) else None


def _commands(spinit: Path) -> list[str]:
    lines = (line.strip() for line in spinit.read_text(errors="replace").splitlines())
    return [line for line in lines if line and not line.startswith("*")]
