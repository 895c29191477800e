"""Netlists: what a rendered netlist says, and what it includes.

Only what decides how a case is run and judged is read here: analysis cards, `.control`
sections, measures, seeds and included files. ngspice itself does the real parsing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, cast

from snakespice.base.plainfile import StrPath, open_regular, read_regular
from snakespice.netlist.analyses import ANALYSES
from snakespice.netlist.cards import card_at, commands_of, one_line
from snakespice.netlist.control import is_quit, without_redirection, word_of
from snakespice.netlist.reads import read_file, reads_of
from snakespice.netlist.seeds import REPLACED, REPLACED_CLOCK, effective_seed
from snakespice.netlist.watched import MISSING, Stamp, stamp_of

_WORDS = ANALYSES | {"inc", "include", "lib", "endl", "control", "option", "options"}
_WORDS |= {"meas", "measure", "save", "if", "endif"}
_WITH_PATH = frozenset(["inc", "include", "lib"])
_DOT_WORD = re.compile(rb"\n[ \t]*\.(\w+)")
_ENDC = re.compile(rb"\n[ \t]*\.endc\b", re.IGNORECASE)
_COMMAND_SEED = re.compile(r"(?:setseed|set\s+rndseed\s*=)\s*(\S*)", re.IGNORECASE)
_OPTION_SEED = re.compile(r"\bseed\s*=\s*(\S+)", re.IGNORECASE)
_VOLTAGE = re.compile(r"\bv(?:m|p|r|i|db)?\(([^()]+)\)")
_CURRENT = re.compile(r"\bi\([^\s(),]+\)")
_PARAMETER = re.compile(r"@[^\s\[\](),]+\[[^\[\]]+\]")
_PATH = re.compile(r"""^(\w+)\s+(?:"([^"]*)"|'([^']*)'|(\S+))\s*(\S*)""")
# Devices that are made of code models: see engines/code_models.
_CODE_MODEL = re.compile(rb"\n[ \t]*(?:a|[efgh][^\n]*(?:poly|table))", re.IGNORECASE)
# Models of what is digital, or stands between that and the rest of the circuit.
_DIGITAL = re.compile(
    rb"\n[ \t]*\.model\s+\S+\s+(?:d_|adc_|dac_|bidi_|real_|\w+_to_real)", re.IGNORECASE
)
_DATA_FILE = re.compile(rb'\b(?:input_|state_)?file\s*=\s*"?([^\s")]+)', re.IGNORECASE)
_TEMPERATURE = re.compile(rb"temper\b")  # in lower case, as ignoring it takes forty times as long
_REPLACED = REPLACED.encode()
_DRAWING = (b"gauss", b"unif", b"limit")
_RANDOM = re.compile(rb"(?:gauss|unif|limit)\s*\(")
_MOST_BYTES = 1 << 27  # of a file that is looked through; all of it is hashed


class Measure(NamedTuple):
    """A `.meas` card or `meas` command, in lower case: `tran`, `vmax`, and all of its words."""

    analysis: str
    name: str
    text: str

    @property
    def vectors(self) -> set[str]:
        """The vectors that it names, as they can be saved: `v(out)` also of `vdb(out)`."""
        nodes = (node for group in _VOLTAGE.findall(self.text) for node in group.split(","))
        voltages = {f"v({node.strip()})" for node in nodes}
        return voltages | set(_CURRENT.findall(self.text)) | self.parameters

    @property
    def parameters(self) -> set[str]:
        """The parameters of devices among them, `@r1[i]`."""
        return set(_PARAMETER.findall(self.text))


class Facts(NamedTuple):
    """What a netlist, with all that it includes, asks ngspice to do.

    `analyses`: the analysis cards as written, without the dot (`tran 1u 1m`).
    `has_branches`: whether one of them stands between `.if` and `.endif`.
    `control`: the commands of its `.control` sections.
    `measures`: its `.meas` cards and `meas` commands.
    `own_seed`: the seed that it sets itself, as ngspice reads it, or None.
    `is_seeded`: whether an option sets one, so that it has one while it is loaded.
    `refused_seeds`: what it sets, as written, and is no seed: ngspice passes it over.
    `saved`: what `.save` cards and `save` commands name, lower-case.
    `has_code_models`: whether devices seem to be made of ngspice's code models.
    `is_mixed`: whether some of these are digital.
    `data_files`: the files that code models read, as written.
    `has_functions`: whether it defines functions or knows the temperature of the circuit.
    `is_random`: whether its values seem to be drawn.
    `saves_parameters`: whether it saves parameters of devices, which some plots do not have.
    """

    analyses: tuple[str, ...] = ()
    has_branches: bool = False
    control: tuple[str, ...] = ()
    has_control: bool = False
    measures: tuple[Measure, ...] = ()
    own_seed: str | None = None
    is_seeded: bool = False
    refused_seeds: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    has_code_models: bool = False
    is_mixed: bool = False
    data_files: tuple[str, ...] = ()
    has_functions: bool = False
    is_random: bool = False
    saves_parameters: bool = False

    def joined_with(self, other: Facts) -> Facts:
        """Return the facts of both."""
        return Facts(
            analyses=self.analyses + other.analyses,
            has_branches=self.has_branches or other.has_branches,
            control=self.control + other.control,
            has_control=self.has_control or other.has_control,
            measures=self.measures + other.measures,
            own_seed=other.own_seed or self.own_seed,
            is_seeded=self.is_seeded or other.is_seeded,
            refused_seeds=self.refused_seeds + other.refused_seeds,
            saved=self.saved + other.saved,
            has_code_models=self.has_code_models or other.has_code_models,
            is_mixed=self.is_mixed or other.is_mixed,
            data_files=self.data_files + other.data_files,
            has_functions=self.has_functions or other.has_functions,
            is_random=self.is_random or other.is_random,
            saves_parameters=self.saves_parameters or other.saves_parameters,
        )

    @property
    def quits(self) -> bool:
        """Whether a command of its own ends ngspice."""
        return any(map(is_quit, self.control))

    @property
    def runs_cards(self) -> bool:
        """Whether a command of its own runs the analysis cards."""
        return any(word_of(command) == "run" for command in self.control)

    @property
    def draws_again(self) -> bool:
        """Whether a command of its own has all that is random drawn again."""
        return any(word_of(command) in ("reset", "mc_source") for command in self.control)

    def writes(self, file_name: str) -> bool:
        """Whether a command of its own writes this file."""
        return any(
            word_of(command) == "write" and file_name.lower() in command.lower()
            for command in self.control
        )

    @property
    def has_expressions(self) -> bool:
        """Whether only ngspice can tell which analyses there are, and how their cards read."""
        return self.has_branches or any(mark in card for card in self.analyses for mark in "{}'")


class ResolvedNetlist:
    """A netlist's facts and all files that it includes, with their SHA-256, in order of first use.

    A file that is not there has the digest `missing`; ngspice says so when it is run. `reads` are
    the files that it reads in other ways, `unwatched` what of these cannot be told from the text.
    """

    __slots__ = ("_directory", "facts", "files", "reads", "unwatched")

    def __init__(self, text: str, directory: StrPath) -> None:
        self.files: dict[str, str] = {}
        self.reads: dict[str, str] = {}
        self.unwatched: dict[str, None] = {}
        self._directory = os.fspath(directory)
        cards = text.partition("\n")[2]  # the first line is the title, whatever it looks like
        facts = self._follow(_scan(cards.encode(), None), self._directory, set())
        self.facts = _the_same(facts)

    @property
    def inputs(self) -> dict[str, str]:
        """All files on which the result depends, with their SHA-256."""
        return self.files | self.reads if self.reads else self.files

    def know(self, **facts: Any) -> None:
        """Have these facts instead of those that were found."""
        self.facts = _the_same(self.facts._replace(**facts))

    def _follow(self, scan: _Scan, directory: str, seen: set[tuple[str, str]]) -> Facts:
        facts = scan.facts
        for path in scan.reads:
            self._read(path)
        for path, section in scan.includes:
            target = os.path.normpath(os.path.join(directory, os.path.expanduser(path)))
            if (target, section) in seen:
                continue
            seen.add((target, section))
            try:
                digest, included = _scan_file(target, stamp_of(target), section)
            except (OSError, ValueError):  # a path can hold what none can
                self.files[target] = MISSING
                continue
            self.files[target] = digest
            below = self._follow(included, os.path.dirname(target), seen)
            facts = facts.joined_with(below)
        return facts

    def _read(self, path: str) -> None:
        """Take up a file that is read otherwise: ngspice looks for it from the case's directory."""
        target = os.path.normpath(os.path.join(self._directory, os.path.expanduser(path)))
        if target in self.reads or path in self.unwatched:
            return
        try:
            # What lies in the case's directory may be the netlist's own doing.
            if os.path.dirname(target) == self._directory:
                raise FileNotFoundError
            self.reads[target], named = read_file(target, stamp_of(target))
        except (OSError, ValueError):
            self.unwatched[path] = None
            return
        for below in named:
            self._read(below)


@lru_cache(maxsize=256)
def _the_same(facts: Facts) -> Facts:
    """Return the first object that is equal: many cases have the same facts."""
    return facts


@dataclass(frozen=True)
class _Scan:
    """The facts of one file alone, (path, section) of what it includes, and what else it reads."""

    facts: Facts
    includes: tuple[tuple[str, str], ...]
    reads: tuple[str, ...]


@lru_cache(maxsize=4096)
def _scan_file(path: str, stamp: Stamp, section: str) -> tuple[str, _Scan]:
    real = Path(os.path.realpath(path))
    if stamp[2] <= _MOST_BYTES:
        data = read_regular(real)
        return hashlib.sha256(data).hexdigest(), _scan(data, section or None)
    with open_regular(real) as file:  # a sparse one takes no place on the disk
        digest = hashlib.file_digest(cast(BufferedReader, file), "sha256").hexdigest()
        file.seek(0)
        return digest, _scan(file.read(_MOST_BYTES), section or None)


def _scan(data: bytes, section: str | None) -> _Scan:
    """Read one file; of a library only the given section counts."""
    analyses: list[str] = []
    control: list[str] = []
    measures: list[Measure] = []
    includes: list[tuple[str, str]] = []
    saved: list[str] = []
    seeds: list[str] = []
    has_control = has_branches = saves_parameters = False
    branches = 0
    inside = section is None
    position = 0
    data = b"\n" + data
    while match := _DOT_WORD.search(data, position):
        position = match.end()
        word = match[1].decode("ascii", "replace").lower()
        if word not in _WORDS:
            continue
        whole, position = card_at(data, match.start(1))
        card = one_line(whole)
        path, second = _path(card) if word in _WITH_PATH else ("", "")
        if word == "lib" and not second:
            inside = section is not None and path.lower() == section.lower()
        elif word == "endl":
            inside = section is None
        elif not inside:
            continue
        elif word in _WITH_PATH:
            includes.append((path, second if word == "lib" else ""))
        elif word == "control":
            has_control = True
            end = _ENDC.search(data, position)
            body = data[position : end.start() if end else len(data)]
            position += len(body)
            control.extend(commands_of(body.decode("utf-8", "replace")))
        elif word in ("if", "endif"):
            branches += 1 if word == "if" else -1
        elif word in ("option", "options"):
            seeds += _OPTION_SEED.findall(card)
            saves_parameters = saves_parameters or "savecurrents" in card.lower()
        elif word == "save":
            saved.extend(card.lower().split()[1:])
        elif word in ("meas", "measure"):
            measures.extend(_measure(card))
        elif card:
            analyses.append(card)
            has_branches = has_branches or branches > 0
    is_seeded = any(map(effective_seed, seeds))
    for command in control:
        word = word_of(command)
        if word in ("meas", "measure"):
            measures.extend(_measure(without_redirection(command)[0]))
        elif word == "save":
            saved.extend(command.lower().split()[1:])
        elif seed := _COMMAND_SEED.match(command):
            seeds.append(seed[1])
    lower = data.lower()
    effective = [seed for seed in map(effective_seed, seeds) if seed]
    clocks = [REPLACED_CLOCK] if _REPLACED in data else []
    facts = Facts(
        analyses=tuple(analyses),
        has_branches=has_branches,
        control=tuple(control),
        has_control=has_control,
        measures=tuple(measures),
        own_seed=effective[-1] if effective else None,
        is_seeded=is_seeded,
        refused_seeds=(*clocks, *(seed for seed in seeds if not effective_seed(seed))),
        saved=tuple(saved),
        has_code_models=bool(_CODE_MODEL.search(data)),
        is_mixed=b".model" in lower and bool(_DIGITAL.search(data)),
        data_files=_data_files(data) if b"file" in lower else (),
        has_functions=b".func" in lower or bool(_TEMPERATURE.search(lower)),
        is_random=any(word in lower for word in _DRAWING) and bool(_RANDOM.search(lower)),
        saves_parameters=saves_parameters
        or any("@" in name for name in saved)
        or any(measure.parameters for measure in measures),
    )
    return _Scan(facts, tuple(includes), reads_of(data))


def _data_files(data: bytes) -> tuple[str, ...]:
    names = (found.decode("utf-8", "replace") for found in _DATA_FILE.findall(data))
    return tuple(dict.fromkeys(names))


def _path(card: str) -> tuple[str, str]:
    """Return the path of an `.include` or `.lib` card and the section behind it, or empty texts."""
    fields = _PATH.match(card)
    return (fields[2] or fields[3] or fields[4] or "", fields[5]) if fields else ("", "")


def _measure(card: str) -> Iterator[Measure]:
    words = card.lower().split()
    if len(words) > 2:
        yield Measure(words[1], words[2].split("=")[0], card.lower())
