"""Stores: the waveforms of many cases in one HDF5 file, in place of a raw file each.

A file is written once, by one job, and never changed; a record names the file in which its case's
waveforms are (`waveform_store`). Cases whose raw files have the same plots and vectors stand
together:

    /layout_<k>
        case_id, result_key          one entry a case
        plot_<j>                     attributes: name (ngspice's), kind (tran, ac ...)
            offset                   where each case's points begin; one more entry than cases
            <vector>                 all points of all cases, one after the other
    attributes of the file: format, sweep, precision

So transients of different lengths need no padding, and `plot_0/v(out)[offset[7]:offset[8]]` is one
signal of one case. Values are float64 (or float32 where that was asked for; axes never are), and
complex ones HDF5 compounds. They are shuffled and compressed by gzip, which every HDF5 can read.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from snakespice.base.files import path_aside
from snakespice.base.plainfile import StrPath
from snakespice.measures.waveforms import Plot, read_plots
from snakespice.record.record import Record
from snakespice.verdict.raw import RawError

_FORMAT = "snakespice waveforms 1"
_CHUNK = 1 << 15  # values
_WAITING = 1 << 22  # values of one layout that wait to be written together


@dataclass(frozen=True)
class Stored:
    """Where the waveforms of a case are in a store."""

    file: Path
    key: str


Place = StrPath | Stored


def place_of(directory: Path, record: Record) -> Place | None:
    """Return where the waveforms of a case are, None where they were not kept."""
    if record.waveform_store:
        return Stored(directory / record.waveform_store, str(record.result_key))
    if record.result_file:
        return f"{directory}/case_{record.case_id}/{record.result_file}"
    return None


def plots_at(place: Place) -> list[Plot]:
    """Return the plots of a case; raise RawError where they cannot be read."""
    if not isinstance(place, Stored):
        return read_plots(place)
    try:
        stat = os.stat(place.file)
        return _reader(place.file, stat.st_ino, stat.st_mtime_ns).plots(place.key)
    except (OSError, KeyError) as fault:
        raise RawError(f"{place.file.name}: {fault}") from fault


def is_lossy(place: Place) -> bool:
    """Whether values were rounded when they were stored; raise RawError as `plots_at`."""
    if not isinstance(place, Stored):
        return False
    try:
        stat = os.stat(place.file)
        return _reader(place.file, stat.st_ino, stat.st_mtime_ns).precision == "single"
    except OSError as fault:
        raise RawError(f"{place.file.name}: {fault}") from fault


@lru_cache(maxsize=64)
def _reader(file: Path, _inode: int, _mtime_ns: int) -> StoreReader:
    return StoreReader(file)


class StoreReader:
    """Reads one store, which is open as long as this is there."""

    def __init__(self, path: StrPath) -> None:
        import h5py  # takes a while, and most jobs need none

        self._file = h5py.File(path, "r")
        if self._file.attrs.get("format") != _FORMAT:
            raise RawError(f"{os.path.basename(path)} is no store of waveforms that this one reads")
        self.precision = str(self._file.attrs["precision"])
        self._places = {
            key.decode(): (layout, index)
            for layout in self._file.values()
            for index, key in enumerate(layout["result_key"][:])
        }

    def plots(self, key: str) -> list[Plot]:
        """Return the plots of the case with this result key; raise KeyError if it is not here."""
        layout, index = self._places[key]
        return [
            _plot(layout[name], index)
            for name in sorted(layout, key=_number)
            if name.startswith("plot_")
        ]


def _number(name: str) -> int:
    return int(name.rpartition("_")[2]) if name.startswith("plot_") else -1


def _plot(group: Any, index: int) -> Plot:
    first, behind = group["offset"][index : index + 2]
    names = [str(name) for name in group.attrs["vectors"]]
    columns = [group[name][first:behind] for name in names]
    return Plot(str(group.attrs["name"]), tuple(names), np.stack(columns, axis=1))


def write_store(
    path: Path,
    sweep: str,
    cases: Iterable[tuple[int, str, list[Plot]]],
    *,
    signals: Collection[str] = (),
    single: bool = False,
) -> None:
    """Write a store of cases, each given with its number, its result key and its plots.

    Of `signals` only these are stored, and the axes, else all. The memory that is needed does not
    grow with the number of cases. Raises OSError where it cannot be written.
    """
    path.parent.mkdir(exist_ok=True)
    with path_aside(path) as temporary:
        _write(temporary, sweep, cases, {name.lower() for name in signals}, single=single)


def _write(
    path: str,
    sweep: str,
    cases: Iterable[tuple[int, str, list[Plot]]],
    wanted: set[str],
    *,
    single: bool,
) -> None:
    import h5py

    with open(path, "w+b") as handle, h5py.File(handle, "w") as file:
        file.attrs.update(format=_FORMAT, sweep=sweep, precision="single" if single else "double")
        layouts: dict[object, _Layout] = {}
        for case_id, key, plots in cases:
            shape = tuple((plot.name, plot.variables, plot.is_complex) for plot in plots)
            if shape not in layouts:
                group = file.create_group(f"layout_{len(layouts)}")
                layouts[shape] = _Layout(group, plots, wanted, single=single)
            layouts[shape].add(case_id, key, plots)
        for layout in layouts.values():
            layout.close()


@dataclass
class _Waiting:
    """The points of one plot that are yet to be written, and how many there are in all."""

    group: Any
    chosen: tuple[str, ...]
    parts: list[list[Any]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=lambda: [0])


class _Layout:
    """The cases of a store that have the same plots and vectors."""

    def __init__(self, group: Any, plots: list[Plot], wanted: set[str], *, single: bool) -> None:
        self._group = group
        self._cases: list[int] = []
        self._keys: list[bytes] = []
        self._size = 0
        self._plots = []
        for number, plot in enumerate(plots):
            below = group.create_group(f"plot_{number}")
            chosen = tuple(plot.chosen(wanted)) if wanted else plot.variables
            below.attrs.update(name=plot.name, kind=plot.kind, vectors=list(chosen))
            for name in chosen:
                is_axis = plot.has_axis and name == plot.variables[0]
                below.create_dataset(
                    name,
                    (0,),
                    _type(plot.is_complex, single=single and not is_axis),
                    maxshape=(None,),
                    chunks=(_CHUNK,),
                    compression="gzip",
                    compression_opts=1,
                    shuffle=True,
                )
            self._plots.append(_Waiting(below, chosen))

    def add(self, case_id: int, key: str, plots: list[Plot]) -> None:
        """Add a case."""
        self._cases.append(case_id)
        self._keys.append(key.encode())
        for waiting, plot in zip(self._plots, plots, strict=True):
            columns = [plot.values(name) for name in waiting.chosen]
            waiting.parts.append(columns)
            waiting.offsets.append(waiting.offsets[-1] + len(plot))
            self._size += len(plot) * len(columns)
        if self._size > _WAITING:
            self._write()

    def close(self) -> None:
        """Write what is left, and which cases there are."""
        self._write()
        self._group["case_id"] = np.array(self._cases, dtype=np.int64)
        self._group["result_key"] = np.array(self._keys, dtype="S64")
        for waiting in self._plots:
            waiting.group["offset"] = np.array(waiting.offsets, dtype=np.int64)

    def _write(self) -> None:
        for waiting in self._plots:
            for place, name in enumerate(waiting.chosen):
                values = np.concatenate([columns[place] for columns in waiting.parts] or [[]])
                dataset = waiting.group[name]
                start = dataset.shape[0]
                dataset.resize((start + len(values),))
                dataset[start:] = values
            waiting.parts = []
        self._size = 0


def _type(is_complex: bool, *, single: bool) -> str:
    return {(True, True): "c8", (True, False): "c16", (False, True): "f4", (False, False): "f8"}[
        (is_complex, single)
    ]
