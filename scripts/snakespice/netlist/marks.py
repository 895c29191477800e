"""What the driver has ngspice print, so that its log tells what it was doing.

The fork server has this, too: nothing heavy may be imported here.
"""

from __future__ import annotations

# All that is printed so begins like this.
SNAKESPICE = "snakespice:"
# Before each analysis.
CARD = "snakespice: card"
# Where the commands of its `.control` sections begin.
SECTION = "snakespice: commands"
# Around what a netlist's own `echo` or `shell` prints: ngspice does not speak there.
SAYS = "snakespice: the netlist says"
RUNS = "snakespice: the netlist runs a program"
SAID = "snakespice: end of its words"
# Before each plot that is written of which vectors may be missing.
PLOT = "snakespice: plot"
# Last, so that the log tells how far it came.
FINISHED = "snakespice: finished"
# The measures that are cards of a netlist's own `meas` commands: see `instrument`.
TWIN = "snakespice_"
