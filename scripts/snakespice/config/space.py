"""The parameter space of a sweep: the n-th case computed from n.

It is a list of segments, each a product: corners, a table, parameters, draws, of which the first
varies slowest. Without draws there is one. Draws are cut at 128, 256, 512 ... so that more of them
are more segments: no case that was there before gets another number.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

from snakespice.config.column import column_from_json
from snakespice.config.product import Axis, Product
from snakespice.draws.counter import digest
from snakespice.draws.draws import Draws

CORNER, DRAW = "corner_name", "draw"
_FIRST_CUT = 128


@dataclass(frozen=True)
class Corners:
    """Named sets of parameters; what a corner does not set has the testbench's default.

    `fixed` are those in which random variables of the process are held at their means; `groups` are
    names for several labels.
    """

    labels: tuple[str, ...]
    axis: Axis
    fixed: frozenset[str] = frozenset()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the corners as plain data."""
        return {
            "labels": list(self.labels),
            "axis": _axis_to_json(self.axis),
            "fixed": sorted(self.fixed),
            "groups": {name: list(labels) for name, labels in self.groups.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Corners:
        """Return the corners that `to_json` described."""
        axis, fixed = _axis_from_json(data["axis"], len(data["labels"])), frozenset(data["fixed"])
        return cls(tuple(data["labels"]), axis, fixed, data["groups"])


@dataclass(frozen=True)
class Random:
    """The draws of a sweep: `spec` is its `random`, `num` how many there are beside the nominal.

    With `independent`, those of each condition are its own.
    """

    seed: int
    num: int
    independent: bool
    spec: Mapping[str, Any]  # see Draws

    @cached_property
    def draws(self) -> Draws:
        """The values of the variables."""
        return Draws(self.seed, self.spec)


class Space:
    """The cases of a sweep, numbered from 1.

    `names` are the parameters, in the order of the columns: those of corners, of the axes, and
    random variables. `labels` name what a case is beside them: its corner, its draw.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        exclude: Sequence[Mapping[str, str]] = (),
        names: Sequence[str] | None = None,
        corners: Corners | None = None,
        random: Random | None = None,
    ) -> None:
        """Make the space; `names` is the order of the axes' parameters, by default their own."""
        self.axes, self.exclude = tuple(axes), tuple(dict(rule) for rule in exclude)
        self.corners, self.random = corners, random
        self._own_names = tuple(names or (name for axis in axes for name in axis.names))
        before = corners.axis.names if corners else ()
        variables = random.draws.names if random else ()
        self.names = (*before, *self._own_names, *variables)
        self.labels = (CORNER,) * bool(corners) + (DRAW,) * bool(random)
        crossed = ([corners.axis] if corners else []) + list(axes)
        parts = _parts_of(random.num) if random else [range(1)]
        self._first_draws = [part.start for part in parts]
        self._products = [
            Product(
                [*crossed, Axis((), (), len(part))] if random else crossed,
                self.exclude,
                (*before, *self._own_names),
            )
            for part in parts
        ]
        self.segments = tuple(len(product) for product in self._products)
        self._before = tuple(accumulate(self.segments, initial=0))
        self.count = self._before[-1]

    def __len__(self) -> int:
        return self.count

    def case(self, number: int) -> dict[str, str]:
        """Return the parameters of a case. Raises IndexError beyond the last."""
        segment, rows, own = self._find(number)
        return own | self._variables(segment, rows, own)

    def cases(self, numbers: range) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield number and parameters of consecutive cases."""
        for number, _, own in self.labelled(numbers):
            yield number, own

    def labelled(self, numbers: range) -> Iterator[tuple[int, dict[str, str], dict[str, str]]]:
        """Yield number, labels and parameters of consecutive cases."""
        for segment, product in enumerate(self._products):
            before = self._before[segment]
            first = max(1, numbers.start - before)
            inside = range(first, min(len(product) + 1, numbers.stop - before))
            for number, rows, own in product.cases(inside):
                own |= self._variables(segment, rows, own)
                yield before + number, self._labels(segment, rows), own

    def cases_of_corner(self, label: str) -> list[range]:
        """Return the numbers of the cases of a corner, a range for each segment."""
        assert self.corners is not None
        place = self.corners.labels.index(label)
        found = []
        for before, product in zip(self._before, self._products, strict=False):
            numbers = range(1, len(product) + 1)

            def row(number: int, product: Product = product) -> int:
                return product.case(number)[0][0]

            first, behind = (bisect_left(numbers, at, key=row) for at in (place, place + 1))
            found.append(range(before + first + 1, before + behind + 1))
        return found

    def stream(self, number: int) -> tuple[int, str] | None:
        """Return the draw of a case and what its draws are shared with; None without draws.

        Cases of one draw and one stream are one chip at several conditions.
        """
        if self.random is None:
            return None
        segment, rows, own = self._find(number)
        return self._first_draws[segment] + rows[-1], self._shared_with(own)

    def _find(self, number: int) -> tuple[int, list[int], dict[str, str]]:
        if not 1 <= number <= self.count:
            raise IndexError(f"there is no case {number}: there are {self.count}")
        segment = bisect_right(self._before, number - 1) - 1
        return segment, *self._products[segment].case(number - self._before[segment])

    def _labels(self, segment: int, rows: Sequence[int]) -> dict[str, str]:
        labels = {}
        if self.corners:
            labels[CORNER] = self.corners.labels[rows[0]]
        if self.random:
            labels[DRAW] = str(self._first_draws[segment] + rows[-1])
        return labels

    def _variables(
        self, segment: int, rows: Sequence[int], own: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the values of the random variables in the case with these rows."""
        if self.random is None:
            return {}
        draws = self.random.draws
        fixed = self.corners is not None and self.corners.labels[rows[0]] in self.corners.fixed
        draw = self._first_draws[segment] + rows[-1]
        values = draws.values(draw, self._shared_with(own), hold_process=fixed)
        return dict(zip(draws.names, values, strict=True))

    def _shared_with(self, own: Mapping[str, str]) -> str:
        if self.random is None or not self.random.independent:
            return ""
        return f"{digest(repr(sorted(own.items()))):x}"

    def to_json(self) -> dict[str, Any]:
        """Return the space as plain data, generated columns as their specification."""
        return {
            "names": list(self._own_names),
            "axes": [_axis_to_json(axis) for axis in self.axes],
            "exclude": [dict(rule) for rule in self.exclude],
            "corners": self.corners.to_json() if self.corners else None,
            "random": {
                "seed": self.random.seed,
                "num": self.random.num,
                "independent": self.random.independent,
                "spec": dict(self.random.spec),
            }
            if self.random
            else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Return the space that `to_json` described."""
        return cls(
            [_axis_from_json(axis) for axis in data["axes"]],
            data["exclude"],
            data["names"],
            Corners.from_json(data["corners"]) if data["corners"] else None,
            Random(**data["random"]) if data["random"] else None,
        )


def _parts_of(num: int) -> list[range]:
    """Cut the draws 0 ... num behind 128, 256, 512 ..."""
    cuts = [_FIRST_CUT << place for place in range((num // _FIRST_CUT).bit_length())]
    ends = [0, *(cut + 1 for cut in cuts if cut < num), num + 1]
    return [range(start, stop) for start, stop in pairwise(ends)]


def _axis_to_json(axis: Axis) -> dict[str, Any]:
    return {"names": list(axis.names), "columns": [column.to_json() for column in axis.columns]}


def _axis_from_json(data: Mapping[str, Any], repeats: int = 1) -> Axis:
    return Axis(tuple(data["names"]), tuple(map(column_from_json, data["columns"])), repeats)
