"""Netlists: what a rendered netlist says, what it includes, and the form in which it is kept.

Only what decides how a case is run and judged is read here: analysis cards, `.control`
sections, measures, seeds and included files. ngspice itself does the real parsing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from snakespice.analyses import ANALYSES
from snakespice.regular import StrPath, read_regular

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
_INCLUDE_LINE = re.compile(
    r"""^([ \t]*\.(?:include|inc|lib)[ \t]+)(?:"([^"\n]*)"|'([^'\n]*)'|(\S+))(.*)$""",
    re.IGNORECASE | re.MULTILINE,
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_END = re.compile(r"^[ \t]*\.end[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
# Devices that are made of code models: see engines/code_models.
_CODE_MODEL = re.compile(rb"\n[ \t]*(?:a|[efgh][^\n]*(?:poly|table))", re.IGNORECASE)
_QUIT = re.compile(r"^(?:quit|exit)\b", re.IGNORECASE)


class UnsetVariable(Exception):
    """A path names an environment variable that is not set: no fault of the case."""


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
    """

    analyses: tuple[str, ...] = ()
    control: tuple[str, ...] = ()
    has_control: bool = False
    measures: tuple[Measure, ...] = ()
    own_seed: str | None = None
    saved: tuple[str, ...] = ()
    has_code_models: bool = False

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
        )

    @property
    def quits(self) -> bool:
        """Whether a command of its own ends ngspice."""
        return any(_QUIT.match(command) for command in self.control)

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

    A file that is not there has the digest `missing`; ngspice says so when it is run.
    """

    __slots__ = ("facts", "files")

    def __init__(self, text: str, directory: StrPath) -> None:
        self.files: dict[str, str] = {}
        cards = text.partition("\n")[2]  # the first line is the title, whatever it looks like
        facts = self._follow(_scan(cards.encode(), None), os.fspath(directory), set())
        self.facts = _the_same(facts)

    def know(self, **facts: Any) -> None:
        """Have these facts instead of those that were found."""
        self.facts = _the_same(self.facts._replace(**facts))

    def _follow(self, scan: _Scan, directory: str, seen: set[tuple[str, str]]) -> Facts:
        facts = scan.facts
        for path, section in scan.includes:
            target = os.path.normpath(os.path.join(directory, os.path.expanduser(path)))
            if (target, section) in seen:
                continue
            seen.add((target, section))
            try:
                digest, included = _scan_file(target, os.stat(target).st_mtime_ns, section)
            except (OSError, ValueError):  # a path can hold what none can
                self.files[target] = "missing"
                continue
            self.files[target] = digest
            below = self._follow(included, os.path.dirname(target), seen)
            facts = facts.joined_with(below)
        return facts


@lru_cache(maxsize=256)
def _the_same(facts: Facts) -> Facts:
    """Return the first object that is equal: many cases have the same facts."""
    return facts


@dataclass(frozen=True)
class _Scan:
    """The facts of one file alone, and (path, section) of what it includes."""

    facts: Facts
    includes: tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def _scan_file(path: str, _mtime_ns: int, section: str) -> tuple[str, _Scan]:
    data = read_regular(Path(os.path.realpath(path)))
    return hashlib.sha256(data).hexdigest(), _scan(data, section or None)


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
        card, position = _card(data, match)
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
            control.extend(_commands(body.decode("utf-8", "replace")))
        elif word in ("option", "options"):
            if seed := _OPTION_SEED.search(card):
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
    facts = Facts(
        tuple(analyses),
        tuple(control),
        has_control,
        tuple(measures),
        own_seed,
        tuple(saved),
        bool(_CODE_MODEL.search(data)),
    )
    return _Scan(facts, tuple(includes))


def _card(data: bytes, start: re.Match[bytes]) -> tuple[str, int]:
    """Return the card at `start`, without its dot and joined to one line, and where it ends."""
    whole = _CONTINUED.match(data, start.start(1))
    assert whole is not None
    text = whole[0].decode("utf-8", "replace")
    return " ".join(line.strip().lstrip("+") for line in text.split("\n")).strip(), whole.end()


def _path(card: str) -> tuple[str, str]:
    """Return the path of an `.include` or `.lib` card and the section behind it, or empty texts."""
    fields = _PATH.match(card)
    return (fields[2] or fields[3] or fields[4] or "", fields[5]) if fields else ("", "")


def _commands(body: str) -> Iterator[str]:
    for line in body.splitlines():
        # To ngspice a semicolon begins a comment here.
        command = line.partition(";")[0].strip()
        if command and not command.startswith(("*", "#")):
            yield command


def _measure(card: str) -> Iterator[Measure]:
    words = card.lower().split()
    if len(words) > 2:
        yield Measure(words[1], words[2].split("=")[0], card.lower())


def finalise(
    text: str, *, directory: Path, case_dir: StrPath, near: Path, seed: int
) -> tuple[str, Closure]:
    """Return the rendered netlist `text` in the form that is kept and runs by hand in `case_dir`.

    With it comes its closure.

    Paths of `.include` and `.lib`, in which `$NAME` stands for the environment variable, are
    relative to `directory` (the template's); they are rewritten relative to the case where they
    lie below `near` (the project), so that the project can be moved, and absolute elsewhere.
    `.options seed=` is added unless the netlist or what it includes sets a seed of its own.

    Raises UnsetVariable when an environment variable is not set.
    """
    here = real_directory(case_dir)

    def place(path: str) -> str:
        target = os.path.normpath(directory / os.path.expanduser(expand(path)))
        return os.path.relpath(target, here) if Path(target).is_relative_to(near) else target

    text = _with_paths(text, place)
    if not text.endswith("\n"):
        text += "\n"
    closure = Closure(text, here)
    facts = closure.facts
    if facts.own_seed is None:
        text = _insert_before_end(text, f".options seed={seed}\n")
        closure.know(own_seed=str(seed))
    if (
        not facts.saved
        and not facts.has_control
        and any(m.analysis == "ac" for m in facts.measures)
    ):
        # `ngspice -b` alone does not understand the vdb(out) of a measure and saves nothing.
        text = _insert_before_end(text, ".save all\n")
        closure.know(saved=("all",))
    return text, closure


def real_directory(case_dir: StrPath) -> str:
    """Return the absolute path of a case's directory, without links, as `..` goes by it."""
    if os.path.islink(case_dir):
        return os.path.realpath(case_dir)
    parent, name = os.path.split(case_dir)
    return os.path.join(_real(parent), name)


_real = cache(os.path.realpath)


def expand(path: str) -> str:
    """Replace `$NAME` and `${NAME}` by the environment variables; UnsetVariable when one is not."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            raise UnsetVariable(f'"{path}": the environment variable {name} is not set')
        return os.environ[name]

    return _VARIABLE.sub(value, path)


def variables_in_includes(source: str) -> set[str]:
    """Return the environment variables in the `.include` and `.lib` lines of a template."""
    lines = (match[0] for match in _INCLUDE_LINE.finditer(source))
    return {name[1] or name[2] for line in lines for name in _VARIABLE.finditer(line)}


def _insert_before_end(text: str, line: str) -> str:
    ends = list(_END.finditer(text))
    place = ends[-1].start() if ends else len(text)
    return text[:place] + line + text[place:]


def with_commands_before_quit(text: str, commands: str, directory: Path) -> str:
    """Return `text` with `commands` before every `quit` or `exit` of its `.control` sections.

    Files that it includes from `directory` and that quit are written out in it.
    """
    lines: list[str] = []
    in_control = False
    for line in _with_quitting_includes(text, directory).splitlines(keepends=True):
        word = line.split(None, 1)[0].lower() if line.strip() else ""
        if word in (".control", ".endc"):
            in_control = word == ".control"
        elif in_control and any(_QUIT.match(command) for command in _commands(line)):
            lines.append(commands)
        lines.append(line)
    return "".join(lines)


def _with_quitting_includes(text: str, directory: Path) -> str:
    def write_out(match: re.Match[str]) -> str:
        target = directory / (match[2] or match[3] or match[4] or "")
        if match[1].strip().lower() == ".lib" or not target.is_file():
            return match[0]
        included = target.read_text(errors="replace")
        if not Closure("\n" + included, target.parent).facts.quits:
            return match[0]
        included = _with_paths(included, lambda path: os.path.normpath(target.parent / path))
        return _with_quitting_includes(included, target.parent).rstrip("\n")

    return _INCLUDE_LINE.sub(write_out, text)


def with_absolute_paths(text: str, directory: Path) -> str:
    """Return the netlist `text` of `directory` so that it finds what it includes from anywhere."""
    return _with_paths(text, lambda path: os.path.normpath(directory / os.path.expanduser(path)))


def _with_paths(text: str, place: Callable[[str], str]) -> str:
    """Return `text` with every path of an `.include` or `.lib` as `place` gives it."""

    def rewrite(match: re.Match[str]) -> str:
        head, path, rest = match[1], match[2] or match[3] or match[4] or "", match[5]
        if head.strip().lower() == ".lib" and not rest.strip():
            return match[0]  # the beginning of a section, not a path
        return f'{head}"{place(path)}"{rest}'

    return _INCLUDE_LINE.sub(rewrite, text)
