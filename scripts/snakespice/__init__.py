"""snakespice: ngspice parameter sweeps as a Snakemake workflow.

`measure`, `operation`, `Signal`, `NotTaken` and `Misuse` are for those who write measures in
Python; they are loaded when they are asked for, as numpy comes with them.
"""

TYPE_CHECKING = False  # typing would bring in much, and the fork server has little

if TYPE_CHECKING:
    from snakespice.measures.mark import measure, operation
    from snakespice.measures.signal import Misuse, NotTaken, Signal

__version__ = "0.1.0"
__all__ = ["Misuse", "NotTaken", "Signal", "measure", "operation"]
_PLACES = {
    "measure": "mark",
    "operation": "mark",
    "Misuse": "signal",
    "NotTaken": "signal",
    "Signal": "signal",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"snakespice has no {name}")
    from importlib import import_module

    return getattr(import_module(f"snakespice.measures.{_PLACES[name]}"), name)
