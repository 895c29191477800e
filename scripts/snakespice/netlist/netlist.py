"""Netlists: what a rendered netlist says, and what it includes.

Only what decides how a case is run and judged is read here: analysis cards, `.control`
sections, measures, seeds and included files. ngspice itself does the real parsing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple, cast

from snakespice.base.plainfile import StrPath, open_regular, read_regular
from snakespice.netlist.analyses import ANALYSES
from snakespice.netlist.reads import read_file, reads_of
from snakespice.netlist.watched import MISSING, Stamp, stamp_of

_WORDS = ANALYSES | {"inc", "include", "lib", "endl", "control", "option", "options"}
_WORDS |= {"meas", "measure", "save"}
_DOT_WORD = re.compile(rb"\n[ \t]*\.(\w+)")
_CONTINUED = re.compile(rb"[^\n]*(?:\n[ \t]*\+[^\n]*)*")
_ENDC = re.compile(rb"\n[ \t]*\.endc\b", re.IGNORECASE)
_COMMAND_SEED = re.compile(r"^\s*(?:setseed|set\s+rndseed)\b", re.IGNORECASE | re.MULTILINE)
_OPTION_SEED = re.compile(r"\bseed\s*=\s*(\S+)", re.IGNORECASE)
_VOLTAGE = re.compile(r"\bv(?:m|p|r|i|db)?\(([^()]+)\)")
_CURRENT = re.compile(r"\bi\([^\s(),]+\)")
_PATH = re.compile(r"""^(\w+)\s+(?:"([^"]*)"|'([^']*)'|(\S+))\s*(\S*)""")
# Devices that are made of code models: see engines/code_models.
_CODE_MODEL = re.compile(rb"\n[ \t]*(?:a|[efgh][^\n]*(?:poly|table))", re.IGNORECASE)
# Comments at the end of a line; what only might be one cannot matter, as no seed stands behind it.
_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")
_TEMPERATURE = re.compile(rb"temper\b")  # in lower case, as ignoring it takes forty times as long
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_MOST_BYTES = 1 << 27  # of a file that is looked through; all of it is hashed
_QUIT = re.compile(r"^(?:quit|exit)\b", re.IGNORECASE)


class Measure(NamedTuple):
    """A `.meas` card or `meas` command, in lower case: `tran`, `vmax`, and all of its words."""

    analysis: str
    name: str
    text: str

    @property
    def vectors(self) -> set[str]:
        """The vectors that it names, as they can be saved: `v(out)` also of `vdb(out)`."""
        nodes = (node for group in _VOLTAGE.findall(self.text) for node in group.split(","))
        return {f"v({node.strip()})" for node in nodes} | set(_CURRENT.findall(self.text))


class Facts(NamedTuple):
    """What a netlist, with all that it includes, asks ngspice to do.

    `analyses`: the analysis cards as written, without the dot (`tran 1u 1m`).
    `control`: the commands of its `.control` sections, one a line.
    `measures`: its `.meas` cards and `meas` commands.
    `own_seed`: the seed that it sets itself, as written, or None.
    `saved`: what `.save` cards and `save` commands name, lower-case.
    `has_code_models`: whether devices seem to be made of ngspice's code models.
    `has_functions`: whether it defines functions or knows the temperature of the circuit.
    """

    analyses: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    has_control: bool = False
    measures: tuple[Measure, ...] = ()
    own_seed: str | None = None
    saved: tuple[str, ...] = ()
    has_code_models: bool = False
    has_functions: bool = False

    def joined_with(self, other: Facts) -> Facts:
        """Return the facts of both."""
        return Facts(
            self.analyses + other.analyses,
            self.control + other.control,
            self.has_control or other.has_control,
            self.measures + other.measures,
            other.own_seed or self.own_seed,
            self.saved + other.saved,
            self.has_code_models or other.has_code_models,
            self.has_functions or other.has_functions,
        )

    @property
    def quits(self) -> bool:
        """Whether a command of its own ends ngspice."""
        return any(map(is_quit, self.control))

    @property
    def runs_cards(self) -> bool:
        """Whether a command of its own runs the analysis cards."""
        return any(re.match(r"run\b", command, re.IGNORECASE) for command in self.control)

    def writes(self, file_name: str) -> bool:
        """Whether a command of its own writes this file."""
        return any(
            re.match(r"write\b", command, re.IGNORECASE) and file_name.lower() in command.lower()
            for command in self.control
        )


class Closure:
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
    own_seed = None
    has_control = False
    inside = section is None
    position = 0
    data = b"\n" + data
    while match := _DOT_WORD.search(data, position):
        position = match.end()
        word = match[1].decode("ascii", "replace").lower()
        if word not in _WORDS:
            continue
        whole, position = _whole(data, match)
        card = _joined(whole.split("\n"))
        path, second = _path(card)
        if word == "lib" and not second:
            inside = section is not None and path.lower() == section.lower()
        elif word == "endl":
            inside = section is None
        elif not inside:
            continue
        elif word in ("inc", "include", "lib"):
            includes.append((path, second if word == "lib" else ""))
        elif word == "control":
            has_control = True
            end = _ENDC.search(data, position)
            body = data[position : end.start() if end else len(data)]
            position += len(body)
            control.extend(commands_of(body.decode("utf-8", "replace")))
        elif word in ("option", "options"):
            if seed := _OPTION_SEED.search(_joined(map(without_comment, whole.split("\n")))):
                own_seed = seed[1]
        elif word == "save":
            saved.extend(card.lower().split()[1:])
        elif word in ("meas", "measure"):
            measures.extend(_measure(card))
        else:
            analyses.append(card)
    for command in control:
        if re.match(r"meas(?:ure)?\b", command, re.IGNORECASE):
            measures.extend(_measure(command))
        elif re.match(r"save\b", command, re.IGNORECASE):
            saved.extend(command.lower().split()[1:])
        elif _COMMAND_SEED.match(command):
            own_seed = command.split()[-1]
    lower = data.lower()
    facts = Facts(
        tuple(analyses),
        tuple(control),
        has_control,
        tuple(measures),
        own_seed,
        tuple(saved),
        bool(_CODE_MODEL.search(data)),
        b".func" in lower or bool(_TEMPERATURE.search(lower)),
    )
    return _Scan(facts, tuple(includes), reads_of(data))


def _whole(data: bytes, start: re.Match[bytes]) -> tuple[str, int]:
    """Return the card at `start` as it stands, without its dot, and where it ends."""
    whole = _CONTINUED.match(data, start.start(1))
    assert whole is not None
    return whole[0].decode("utf-8", "replace"), whole.end()


def _joined(lines: Iterable[str]) -> str:
    return " ".join(line.strip().lstrip("+") for line in lines).strip()


def lines_of(text: str) -> list[str]:
    """Return the lines of a netlist with their ends: to Python many more characters end one."""
    return _LINE.findall(text)


def without_comment(line: str) -> str:
    """Return a line without the comment at its end."""
    comment = _COMMENT.search(line)
    return line[: comment.start()] if comment else line


def _path(card: str) -> tuple[str, str]:
    """Return the path of an `.include` or `.lib` card and the section behind it, or empty texts."""
    fields = _PATH.match(card)
    return (fields[2] or fields[3] or fields[4] or "", fields[5]) if fields else ("", "")


def is_quit(command: str) -> bool:
    """Whether a command ends ngspice."""
    return bool(_QUIT.match(command))


def commands_of(body: str) -> Iterator[str]:
    """Yield the commands of a `.control` section's text, one a line, without comments."""
    for line in body.split("\n"):
        # To ngspice a semicolon begins a comment here.
        command = line.partition(";")[0].strip()
        if command and not command.startswith(("*", "#")):
            yield command


def _measure(card: str) -> Iterator[Measure]:
    words = card.lower().split()
    if len(words) > 2:
        yield Measure(words[1], words[2].split("=")[0], card.lower())
