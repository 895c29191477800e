"""Which netlists can share a fork server, which reads the models once, and what cases then change.

Netlists are compared by their text. Those of a group differ in numbers, in the seed and in the
title, and in nothing else. The fork server sources the group's netlist, in which every number that
varies is a parameter, and each case sets these parameters.

So nothing has to be known of devices and models. What has to be known is where ngspice reads a
parameter just as it reads a number (`netlist.skeleton`), and whether it follows when a parameter
changes: that the probes show, which both engines run.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from snakespice.engines.fork_server.messages import TITLE
from snakespice.netlist.case import Case
from snakespice.netlist.rewrite import insert_before_end
from snakespice.netlist.seeds import CLOCK
from snakespice.netlist.skeleton import ParseMode, Text, split_numbers

PARAMETER = "snakespice_"
# The file that the fork server sources, while it does, in the directory of its first case.
GROUP_NETLIST = ".netlist.warm.spice"
MAX_PARAMETERS = 200
_MAX_NUMBER_LENGTH = 24  # what ngspice puts in the place of a parameter has 25 characters
# A large group has more probes than are needed to vary everything, as a fault may show at certain
# values only: one for each so many cases, which costs half a percent.
_CASES_PER_PROBE = 200
_MAX_PROBES = 5
# How many cases make a group: it depends on how much there is to read.
_LARGE_BYTES = 1 << 20
_FEW, _MANY = 4, 12


@dataclass(frozen=True)
class Change:
    """What makes the group's circuit that of a case; `title` only if titles vary."""

    parameters: dict[str, str]
    seed: str | None
    title: str | None


@dataclass(frozen=True)
class Group:
    """Cases that share a fork server, which sources `netlist` in the first one's directory."""

    cases: tuple[Case, ...]
    netlist: str
    changes: dict[int, Change] = field(repr=False)

    def probes(self, at_least: int) -> list[Case]:
        """Return some cases, in which together every parameter differs from the first case's.

        The circuit is loaded with the values of the first. If ngspice does not follow a parameter,
        only a case with another value shows it. There are at least `at_least` probes, if the group
        has so many cases.
        """
        first = self.changes[self.cases[0].number].parameters
        missing = {
            name
            for change in self.changes.values()
            for name, value in change.parameters.items()
            if value != first[name]
        }
        # The smallest such set is hard to find; taking the case that adds most, again and again,
        # comes close. For most sweeps one case is enough: the last differs in everything.
        chosen: list[Case] = []
        while missing or not chosen:
            best = max(self.cases, key=lambda case: len(self._differing(case) & missing))
            chosen.append(best)
            missing -= self._differing(best)
        wanted = max(at_least, min(_MAX_PROBES, 1 + len(self.cases) // _CASES_PER_PROBE))
        more = max(0, wanted - len(chosen))
        others = [case for case in self.cases if case not in chosen]
        # Spread evenly, and from the end: the last case is as far from the first as can be.
        return chosen + others[:: -max(1, len(others) // max(1, more))][:more]

    def _differing(self, case: Case) -> set[str]:
        first = self.changes[self.cases[0].number].parameters
        own = self.changes[case.number].parameters
        return {name for name, value in own.items() if value != first[name]}


def group_cases(
    cases: Iterable[tuple[Case, str]], *, mode: str = "", smallest: int | None = None
) -> tuple[list[Group], dict[int, str]]:
    """Group cases, each given with its netlist; say for each of the others why it has to run cold.

    `mode` is with which simulators ngspice is to be compatible, its `ngbehavior`.
    `smallest` is how many cases make a group; by default it depends on what they include.
    """
    alike: dict[object, _Members] = {}
    alone: dict[int, str] = {}
    for case, netlist in cases:
        if case.closure.facts.has_control:
            alone[case.number] = "it has a .control section of its own"
            continue
        if case.closure.facts.is_mixed:
            # libngspice gives other numbers there than ngspice (39, 44, 47).
            alone[case.number] = "it has digital code models"
            continue
        if CLOCK in case.closure.facts.refused_seeds:
            alone[case.number] = "a file that it includes draws by the clock"
            continue
        has_functions = "ps" in mode or case.closure.facts.has_functions
        text = split_numbers(netlist, ParseMode("hs" in mode or "spe" in mode, has_functions))
        if text.obstacle:
            alone[case.number] = text.obstacle
            continue
        # The same text can include other files: a relative path begins at the case's directory.
        key = (text.skeleton, tuple(case.closure.files.items()))
        alike.setdefault(key, _Members(text)).add(case, text)
    found = []
    for members in alike.values():
        group = members.group()
        if len(members.cases) < (smallest or _worthwhile(members.cases[0])) or group is None:
            reason = "too few cases share its netlist" if group else "too many numbers vary"
            alone |= dict.fromkeys((case.number for case in members.cases), reason)
        else:
            found.append(group)
    return found, alone


def _worthwhile(case: Case) -> int:
    """Return how many cases have to share a fork server until it saves more time than it takes.

    It takes 20 to 40 ms, the reading, and one run of the cold engine to compare with. It saves each
    case about 5 ms and the reading. (benchmarks/results.md, "Where the time of a case goes")
    """
    size = 0
    for path in case.closure.files:
        with contextlib.suppress(OSError):
            size += os.path.getsize(path)
    return _FEW if size > _LARGE_BYTES else _MANY


class _Members:
    """Cases whose netlists have the same skeleton.

    Of all but the first only what differs is kept: a unit has thousands of cases.
    """

    def __init__(self, first: Text) -> None:
        self.cases: list[Case] = []
        self._first = first
        self._differing: list[dict[int, str]] = []
        self._titles: list[str] = []
        self._seeds: list[str | None] = []

    def add(self, case: Case, text: Text) -> None:
        """Add a case and its netlist."""
        self.cases.append(case)
        self._titles.append(text.title)
        self._seeds.append(text.seed)
        pairs = enumerate(zip(self._first.numbers, text.numbers, strict=True))
        self._differing.append({index: its for index, (one, its) in pairs if its != one})

    def group(self) -> Group | None:
        """Return the group of these cases, None when they differ in too much."""
        first = self._first
        # Numbers that are the same in each case, whatever they are in another, share a parameter:
        # so a width that stands in a hundred places is one parameter.
        names: dict[tuple[bool, tuple[str, ...]], str] = {}
        places: dict[int, str] = {}
        for index in sorted(set().union(*self._differing)):
            values = tuple(own.get(index, first.numbers[index]) for own in self._differing)
            if max(map(len, values)) > _MAX_NUMBER_LENGTH or len(names) == MAX_PARAMETERS:
                return None
            key = (first.kinds[index] == "s", values)
            places[index] = names.setdefault(key, f"{PARAMETER}{len(names) + 1}")
        titles_vary = len(set(self._titles)) > 1
        changes = {
            case.number: Change(
                {
                    # A number outside of expressions is put in its place as text, digit by digit.
                    name: f'"{values[position]}"' if as_text else values[position]
                    for (as_text, values), name in names.items()
                },
                self._seeds[position],
                self._titles[position] if titles_vary else None,
            )
            for position, case in enumerate(self.cases)
        }
        cards = [
            f".param {name}={value}\n"
            for name, value in changes[self.cases[0].number].parameters.items()
        ]
        title = TITLE if titles_vary else first.title
        body = "".join(_with_parameters(first, places))
        netlist = f"{title}\n{insert_before_end(body, ''.join(cards))}"
        return Group(tuple(self.cases), netlist, changes)


def _with_parameters(text: Text, places: Mapping[int, str]) -> Iterator[str]:
    """Yield the parts of a netlist with parameters in the places of its numbers that vary."""
    yield text.parts[0]
    for index, (part, kind, number) in enumerate(
        zip(text.parts[1:], text.kinds, text.numbers, strict=True)
    ):
        if name := places.get(index):
            yield name if kind == "e" else f"{{{name}}}"
        else:
            yield number
        yield part
