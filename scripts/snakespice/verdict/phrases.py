"""What ngspice prints, and what the driver has it print: the phrases that several modules know."""

from __future__ import annotations

# The driver prints this last, so that the log tells how far it came.
FINISHED = "snakespice: finished"
# A device is made of a code model, and ngspice was started without them.
CODE_MODEL_MISSING = "MIF-ERROR - unable to find definition of model"
