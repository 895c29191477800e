"""What expressions read: the signals of a case from its raw file, its parameters, other waveforms.

A raw file is mapped into memory, not loaded: of a large one only what is used is read, and a signal
is copied out of it once, however many measures are taken of it.
"""

from __future__ import annotations

import csv
import mmap
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from snakespice.base.plainfile import StrPath, open_regular
from snakespice.measures.signal import POINT, Misuse, Real, Signal, Values
from snakespice.verdict.raw import RawError, read_block

# How expressions name what ngspice calls a plot; others go by their whole name.
KINDS = {
    "Transient Analysis": "tran",
    "AC Analysis": "ac",
    "DC transfer characteristic": "dc",
    "Operating Point": "op",
    "Noise Spectral Density Curves": "noise",
    "Integrated Noise": "noise_total",
    "Transfer Function": "tf",
    "Pole-Zero Analysis": "pz",
    "Sensitivity Analysis": "sens",
    "SP Analysis": "sp",
    "S-Parameter Analysis": "sp",
    "Spectrum": "spectrum",
}
_WITHOUT_AXIS = frozenset({"op", "noise_total", "tf", "pz"})
_GROUND = ("0", "gnd")


class Plot:
    """One plot of a raw file: a row of `data` is a point, a column a variable."""

    def __init__(self, name: str, variables: tuple[str, ...], data: Values) -> None:
        self.name = name
        self.variables = tuple(variable.lower() for variable in variables)
        self.kind = KINDS.get(name, name)
        # ngspice writes some names in v() or i() that are known without: `i(@m1[id])`.
        self.columns = {_inner(variable): k for k, variable in enumerate(self.variables)}
        self.columns |= {variable: k for k, variable in enumerate(self.variables)}
        self._data = data
        self._axes: dict[int | None, tuple[Real, slice]] = {}
        self._signals: dict[tuple[int, int | None], Signal] = {}

    def __len__(self) -> int:
        return len(self._data)

    @property
    def is_complex(self) -> bool:
        """Whether its values are complex."""
        return self._data.dtype.kind == "c"

    @property
    def has_axis(self) -> bool:
        """Whether the first variable is an axis, which an operating point has none of."""
        return self.kind not in _WITHOUT_AXIS

    def chosen(self, names: Collection[str]) -> list[str]:
        """Return those of its variables that go by one of these names, and its axis before them."""
        columns = {self.columns[name] for name in names if name in self.columns}
        columns |= {0} if self.has_axis else set()
        return [self.variables[column] for column in sorted(columns)]

    def values(self, variable: str) -> Values:
        """Return the values of a variable, point by point as they stand."""
        found: Values = self._data[:, self.columns[variable]]
        return found

    def signal(self, column: int, curve: int | None = None) -> Signal:
        """Return a variable as a signal; of a nested sweep one of its curves.

        All signals of a curve share the array of their points. Raises Misuse where there are
        several curves and none is named, or where there is no such curve.
        """
        found = self._signals.get((column, curve))
        if found is None:
            if curve not in self._axes:
                self._axes[curve] = self._axis(curve)
            x, part = self._axes[curve]
            y = np.ascontiguousarray(self._data[part, column])
            name = _axis_name(self.variables[0]) if self.has_axis else POINT
            if column == 0 and name != POINT:
                y = y.real
            found = Signal(x, y, name, self.variables[column])
            self._signals[column, curve] = found
        return found

    def _axis(self, curve: int | None) -> tuple[Real, slice]:
        """Return the points of the axis, from the lowest on, and which rows they are."""
        if not self.has_axis:
            return np.arange(float(len(self._data))), slice(None)
        x = np.ascontiguousarray(self._data[:, 0].real)
        signs = np.sign(np.diff(x))
        if (signs < 0).any() and (signs > 0).any():
            part = self._nested(signs, curve)
        elif curve not in (None, 1):
            raise Misuse(f"there is one curve in plot {self.kind}, not {curve}")
        else:
            part = slice(None, None, -1 if (signs < 0).any() else 1)
        return np.ascontiguousarray(x[part]), part

    def _nested(self, signs: Real, curve: int | None) -> slice:
        turns = np.flatnonzero(signs == -signs[0]) + 1
        starts = [0, *turns.tolist(), len(signs) + 1]
        count = len(starts) - 1
        if curve is None:
            wrong = f"plot {self.kind} is a nested sweep of {count} curves"
            raise Misuse(f"{wrong}: say which, curve=1 for example")
        if not 1 <= curve <= count:
            raise Misuse(f"plot {self.kind} has {count} curves, no number {curve}")
        first, behind = starts[curve - 1], starts[curve]
        if signs[0] > 0:
            return slice(first, behind)
        return slice(behind - 1, first - 1 if first else None, -1)


def _inner(variable: str) -> str:
    return variable[2:-1] if variable[1:2] == "(" and variable.endswith(")") else variable


def _axis_name(variable: str) -> str:
    """Return what the axis is called whose values this variable has: time, v-sweep ..."""
    return _inner(variable.lower())


def read_plots(path: StrPath) -> list[Plot]:
    """Map the raw file at `path` into memory and return its plots, in the order of their runs.

    Raises RawError when it is missing, empty, cut short or no raw file.
    """
    name = os.path.basename(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                raise RawError(f"{name} is empty")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            plots, start = [], 0
            while start < size:
                block = read_block(file, size, start)
                shape = (block.points, len(block.variables))
                kind = "<c16" if block.is_complex else "<f8"
                if block.is_binary:
                    start, count = file.tell(), block.points * len(block.variables)
                    bytes_needed = block.points * block.width * 8
                    if size - start < bytes_needed:
                        there = f"{size - start} of {bytes_needed} bytes are there"
                        raise RawError(f'plot "{block.name}" is cut short: {there}')
                    data = np.frombuffer(mapped, kind, count, start).reshape(shape)
                    start += bytes_needed
                    file.seek(start)
                else:
                    numbers = np.concatenate([np.asarray(values) for values in block.values])
                    data = numbers.view("c16" if block.is_complex else "f8").reshape(shape)
                    start = file.tell()
                if block.name != "constants":
                    plots.append(Plot(block.name, block.variables, data))
            return plots
    except OSError as fault:
        raise RawError(f"{name}: {fault.strerror}") from fault


class Case:
    """The signals and parameters of one case. Functions that take a `case` are given this.

    `load` brings its plots when they are first asked for, as `read_plots` does of a raw file;
    `parameters` are numbers, or texts where they are none. `files` lead from the names of waveform
    files, as they are written, to their paths.
    """

    def __init__(
        self,
        load: Callable[[], list[Plot]],
        parameters: Mapping[str, float | str],
        files: Mapping[str, Path] | None = None,
    ) -> None:
        self.parameters = parameters
        self._load = load
        self._files = files or {}
        self._plots: list[Plot] | None = None

    @property
    def plots(self) -> list[Plot]:
        """All plots, in the order of their runs. Raises RawError where they cannot be read."""
        if self._plots is None:
            self._plots = self._load()
        return self._plots

    def names(self, plot: str | None = None) -> list[str]:
        """Return the names of all vectors, in lower case, of one plot or of all."""
        return list(dict.fromkeys(name for one in self._chosen(plot) for name in one.variables))

    def v(
        self,
        node: str,
        minus: str | None = None,
        *,
        plot: str | None = None,
        curve: float | None = None,
    ) -> Signal:
        """Return the voltage of a node, or between two. Raises Misuse where there is none."""
        if node.lower() in _GROUND:
            if minus is None or minus.lower() in _GROUND:
                raise Misuse("this is the voltage of ground")
            return -self.v(minus, plot=plot, curve=curve)
        signal = self.signal(f"v({node})", plot=plot, curve=curve)
        if minus is None or minus.lower() in _GROUND:
            return signal
        other = self.signal(f"v({minus})", plot=plot, curve=curve)
        return signal.with_values(signal.y - other.y, f"v({node},{minus})".lower())

    def i(self, device: str, *, plot: str | None = None, curve: float | None = None) -> Signal:
        """Return the current of a voltage source or inductor. Raises Misuse where there is none."""
        return self.signal(f"i({device})", plot=plot, curve=curve)

    def signal(self, name: str, *, plot: str | None = None, curve: float | None = None) -> Signal:
        """Return a vector by the name that ngspice gives it: `@m1[gm]`, `onoise_spectrum`.

        Raises Misuse where no plot has it, or several and none is named.
        """
        wanted = name.lower()
        found = [(one, one.columns[wanted]) for one in self._chosen(plot) if wanted in one.columns]
        if not found:
            where = f' in plot "{plot}"' if plot else ""
            raise UnknownSignal(f"there is no {wanted}{where}", _near(wanted, self.names(plot)))
        if len(found) > 1:
            titles = ", ".join(f'plot="{title}"' for title in self._titles([p for p, _ in found]))
            raise Misuse(f"{wanted} is in several analyses: say which, {titles}")
        number = None if curve is None else int(curve)
        return found[0][0].signal(found[0][1], number)

    def reference(self, file: str, name: str) -> Signal:
        """Return a waveform from another file, as `.csv` (axis first, a line of names) or raw.

        Raises Misuse where it is not there.
        """
        path = self._files.get(file, Path(file))
        try:
            stat = path.stat()
            return _reference(path, stat.st_mtime_ns, stat.st_size, name.lower())
        except (OSError, RawError, ValueError) as fault:
            raise Misuse(f'{name} cannot be read from "{file}": {fault}') from fault

    def _chosen(self, plot: str | None) -> list[Plot]:
        if plot is None:
            return self.plots
        titled = list(zip(self._titles(self.plots), self.plots, strict=True))
        found = [one for title, one in titled if plot in (title, one.name)]
        # One of several of its kind goes by its number, and the only one by its kind, too.
        found = found or [one for _, one in titled if plot in (one.kind, f"{one.kind}1")]
        if not found:
            known = ", ".join(title for title, _ in titled)
            raise UnknownSignal(f'there is no plot "{plot}"', f"there are: {known}")
        return found

    def _titles(self, plots: list[Plot]) -> Iterator[str]:
        """Yield what expressions call each of some plots: ac, or ac1 and ac2."""
        kinds = [one.kind for one in self.plots]
        for one in plots:
            same = [other for other in self.plots if other.kind == one.kind]
            place = next(k for k, other in enumerate(same, 1) if other is one)
            yield one.kind if kinds.count(one.kind) == 1 else f"{one.kind}{place}"


def _near(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known[:20])}{more}"


class UnknownSignal(Misuse):
    """A signal or plot is not there; the second text says which is near."""

    def __str__(self) -> str:
        wrong, remedy = self.args
        return f"{wrong} ({remedy})" if remedy else str(wrong)


@lru_cache(maxsize=16)
def _reference(path: Path, _mtime_ns: int, _size: int, name: str) -> Signal:
    if path.suffix.lower() != ".csv":
        return Case(partial(read_plots, path), {}).signal(name)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    names = [cell.strip().lower() for cell in rows[0]] if rows else []
    if name not in names[1:]:
        raise ValueError(f"there is no column {name} ({_near(name, names[1:])})")
    data = np.array([[float(cell) for cell in row] for row in rows[1:] if row])
    return Signal(data[:, 0], data[:, names.index(name)], _axis_name(names[0]), name)
