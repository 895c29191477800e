"""snakespice: ngspice parameter sweeps as a Snakemake workflow.

For people: `snakespice.open("results/SWEEP")` reads results (`Sweep`). For those who write measures
in Python: `measure`, `operation`, `Signal`, `NotTaken`, `Misuse`. All of these are loaded when they
are asked for, as they take numpy, pandas and others, which the workflow does not load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from snakespice.analysis.results import Sweep
    from snakespice.measures.mark import measure, operation
    from snakespice.measures.signal import Misuse, NotTaken, Signal

__version__ = "0.1.0"
__all__ = ["Misuse", "NotTaken", "Signal", "Sweep", "measure", "open", "operation"]
_PLACES = {
    "Misuse": "measures.signal",
    "NotTaken": "measures.signal",
    "Signal": "measures.signal",
    "Sweep": "analysis.results",
    "measure": "measures.mark",
    "operation": "measures.mark",
}


def open(directory: str | os.PathLike[str]) -> Sweep:
    """Return the results of the sweep in `results/SWEEP`.

    Raises UnusableFile where there is no sweep, and ImportError where pandas, pyarrow, xarray or
    h5py is missing (`pip install 'snakespice[analysis]'`).
    """
    try:
        from snakespice.analysis.results import Sweep
    except ModuleNotFoundError as fault:
        raise ImportError(f"{fault}: pip install 'snakespice[analysis]'") from fault
    return Sweep(directory)


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module snakespice has no attribute {name}")
    from importlib import import_module

    return getattr(import_module(f"snakespice.{_PLACES[name]}"), name)
