"""Raw files as ngspice writes them, made of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from snakespice.measures.waveforms import Case, read_plots


def case_of(
    raw: Path,
    parameters: Mapping[str, float | str] | None = None,
    files: Mapping[str, Path] | None = None,
) -> Case:
    """Return the case whose waveforms are in a raw file."""
    return Case(partial(read_plots, raw), parameters or {}, files)


class PlotData(NamedTuple):
    """A plot: its name as ngspice has it, and its vectors."""

    name: str
    vectors: dict[str, ArrayLike]


def tran(**vectors: ArrayLike) -> PlotData:
    """Return a transient analysis."""
    return PlotData("Transient Analysis", vectors)


def ac(**vectors: ArrayLike) -> PlotData:
    """Return an AC analysis."""
    return PlotData("AC Analysis", vectors)


def dc(swept: str, axis: ArrayLike, **vectors: ArrayLike) -> PlotData:
    """Return a DC analysis over `swept`."""
    return PlotData("DC transfer characteristic", {f"v({swept})": axis, **vectors})


def op(**vectors: float) -> PlotData:
    """Return an operating point."""
    return PlotData("Operating Point", {name: [value] for name, value in vectors.items()})


def noise(**vectors: ArrayLike) -> PlotData:
    """Return spectral densities."""
    return PlotData("Noise Spectral Density Curves", vectors)


def write_raw(path: Path, *plots: PlotData, text: bool = False) -> Path:
    """Write a raw file, binary or as text; return its path."""
    with path.open("wb") as file:
        for plot in plots:
            data = np.stack([np.asarray(vector) for vector in plot.vectors.values()], axis=1)
            is_complex = np.iscomplexobj(data)
            names = "".join(f"\t{k}\t{name}\tvoltage\n" for k, name in enumerate(plot.vectors))
            header = (
                f"Title: made for a test\nDate: today\nPlotname: {plot.name}\n"
                f"Flags: {'complex' if is_complex else 'real'}\n"
                f"No. Variables: {data.shape[1]}\nNo. Points: {data.shape[0]}\n"
                f"Variables:\n{names}{'Values' if text else 'Binary'}:\n"
            )
            file.write(header.encode())
            if not text:
                file.write(data.astype("<c16" if is_complex else "<f8").tobytes())
                continue
            for number, row in enumerate(data):
                cells = [f"{float(z.real)!r},{float(z.imag)!r}" for z in row]
                cells = cells if is_complex else [cell.partition(",")[0] for cell in cells]
                file.write(f"{number}\t{cells[0]}\n".encode())
                file.writelines(f"\t{cell}\n".encode() for cell in cells[1:])
                file.write(b"\n")
    return path
