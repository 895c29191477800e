"""The log of a case: what decided its fate, and what a person should see.

A line counts only where ngspice itself speaks: what the driver and the netlist have it print does
not. What it says is in `phrases`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from snakespice.base.plainfile import StrPath, open_regular
from snakespice.netlist.marks import CARD, FINISHED, PLOT, RUNS, SAYS, SECTION, SNAKESPICE, TWIN
from snakespice.verdict import phrases
from snakespice.verdict.message import MESSAGE_LIMIT, compose, placed

SIZE_LIMIT = 8 << 20
_LINES_TO_FAILURE = 5
_MOST_BYTES = 1 << 48
_LONGEST = 2000  # characters of a line; what it says stands at its beginning
_LEFT_OUT = "snakespice: lines left out: "


def _any(patterns: Iterable[str]) -> str:
    """Return one pattern. None is compiled here, as most are hardly ever needed."""
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_FAILURES = {kind: _any(patterns) for kind, patterns in phrases.FAILURES}
_SIGNS = {
    **_FAILURES,
    "mark": f"^{SNAKESPICE}",
    "running": phrases.RUNNING,
    "rows": phrases.ROWS,
    "paused": _any(phrases.PAUSED),
    "singular": phrases.SINGULAR,
    "not loaded": _any(phrases.NOT_LOADED),
    "of expressions": _any(phrases.OF_EXPRESSIONS),
    "of measures": _any(phrases.OF_MEASURES),
    "warning": _any(phrases.WARNING),
    "error": phrases.ERROR,
    "perhaps of measures": _any(phrases.PERHAPS_OF_MEASURES),
    "goes on": _any(phrases.GOES_ON),
    "redirection": phrases.REDIRECTION,
    "of a program": phrases.OF_A_PROGRAM,
    "harmless": _any(pattern for pattern, _ in phrases.HARMLESS),
}
_ANY_SIGN = _any(_SIGNS.values())
_DIGITS = re.compile(r"\d+")
_UNKNOWN_VARIABLE = re.compile(phrases.UNKNOWN_VARIABLE)
_OUTCOME = re.compile(_any([phrases.MEASURE_FAILED, phrases.MEASURE_OUTCOME]))
_STEP = re.compile(r"^Trying gmin[ =\d.E+-]*")
_KEPT = re.compile(f"{_ANY_SIGN}|^[a-z_@][^ ]* *= ", re.IGNORECASE)


@dataclass(frozen=True)
class LogFindings:
    """What a log says: the first failure with its line, and the lines worth a warning.

    `analyses` are those that were begun, as the marks before them say; `ran`: whether one of them
    ended; `finished`: whether the driver came to its end.
    """

    failure: str | None
    message: str | None
    warnings: tuple[str, ...]
    analyses: tuple[str, ...]
    ran: bool
    finished: bool


def read_log(path: StrPath) -> str:
    """Return the log at `path`, empty if missing; of an enormous one not what says nothing."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size <= 2 * SIZE_LIMIT:
                return _decoded(file.read())
            parts = [_decoded(file.read(SIZE_LIMIT) + file.readline())]
            while file.tell() < size - SIZE_LIMIT:
                parts.append(_condensed(_decoded(file.read(SIZE_LIMIT) + file.readline())))
            return "".join([*parts, _decoded(file.read())])
    except OSError:
        return ""


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\r", "\n")


def _condensed(text: str) -> str:
    """Return the lines that may say something, and how many are left out."""
    kept: list[str] = []
    left_out = 0
    for line in [*text.splitlines(), None]:
        if line is not None and not _KEPT.search(_DIGITS.sub("0", line[:MESSAGE_LIMIT])):
            left_out += 1
            continue
        if left_out:
            kept.append(f"{_LEFT_OUT}{left_out}")
        left_out = 0
        if line is not None:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def scan_log(
    log: str,
    commands: Sequence[str] | None,
    not_taken: Collection[str] = (),
    cards: Sequence[str] = (),
) -> LogFindings:
    """Find what decides: what was said first, a cause rather than what follows from it.

    `commands` are those of the netlist's own `.control` sections, None where it has none: a
    failing command counts only there. What follows from one of the measures `not_taken` counts
    nowhere: that is one cause, which is told. `cards` are the analyses that `run` runs.
    """
    lines = log.splitlines()
    # But for its numbers, which no sign holds, most of a log is known from the last case's.
    alike = _DIGITS.sub("0", log).splitlines()
    scan = _Scan(lines, commands, frozenset(not_taken), cards)
    for number, known in enumerate(alike):
        if signs := _signs(known) if len(known) <= MESSAGE_LIMIT else _find_signs(known[:_LONGEST]):
            scan.look(number, signs)
    return scan.findings()


def _find_signs(line: str) -> frozenset[str]:
    """Return which signs a line shows; most show none."""
    if not re.search(_ANY_SIGN, line) or re.match(phrases.QUOTED, line):
        return frozenset()
    found = frozenset(name for name, pattern in _SIGNS.items() if re.search(pattern, line))
    return frozenset() if found == {"harmless"} else found


_signs = lru_cache(maxsize=1024)(_find_signs)


@dataclass
class _Scan:
    """A log, read line by line: what was found, and where it stands."""

    lines: list[str]
    commands: Sequence[str] | None
    not_taken: frozenset[str]
    cards: Sequence[str]
    failure: tuple[str, str] | None = None
    pause: tuple[str, str] | None = None
    unloaded: str = ""
    told: dict[str, str] = field(default_factory=dict)
    analyses: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    singular: str = ""
    cause: str = ""
    cause_of_abort: str = ""
    in_section: bool = False
    running: bool = False
    ever_ran: bool = False
    rows: int = 0
    ended: int = 0
    empty: tuple[str, str] | None = None
    finished: bool = False
    silent: str = ""
    plot: str = ""
    said: int = -1
    offset: int = 0

    def look(self, number: int, signs: frozenset[str]) -> None:
        """Look at a line that shows these signs."""
        line = self.lines[number]
        if "mark" in signs:
            self._mark(line, number)
        elif self.silent:
            self._look_at_words(line, number, signs)
        elif "running" in signs:
            self.running = self.ever_ran = True
            self.cause_of_abort = ""
            self.rows = 0
        elif "rows" in signs:
            self._ended(line, number)
        else:
            self._look_at_message(line, number, signs)

    def _mark(self, line: str, number: int) -> None:
        self.silent = next((mark for mark in (SAYS, RUNS) if line.startswith(mark)), "")
        if line.startswith(CARD):
            self._begin(line[len(CARD) :].strip(), number)
        elif line.startswith(PLOT):
            self.plot = line[len(PLOT) :].strip()
        elif line.startswith(FINISHED):
            self.finished = True
        elif line.startswith(_LEFT_OUT):
            self.offset += int(line[len(_LEFT_OUT) :]) - 1
        elif line.startswith(SECTION):
            self.in_section = True

    def _look_at_words(self, line: str, number: int, signs: frozenset[str]) -> None:
        """Look at what a netlist's `echo` or `shell` printed: that it could not counts."""
        if self._follows_from_a_measure(line):
            return
        unknown = _UNKNOWN_VARIABLE.match(line)
        if "redirection" in signs:
            could_not = any(set("<>") & set(command) for command in self.commands or ())
        elif unknown:
            could_not = any(f"${unknown[1]}" in command for command in self.commands or ())
        else:
            could_not = self.silent == RUNS and "of a program" in signs and "harmless" not in signs
        if could_not:
            self._note("script_error", number)

    def _begin(self, analysis: str, number: int) -> None:
        """Begin an analysis: one that was paused is never resumed then."""
        word = analysis.split(None, 1)[0].lower() if analysis else ""
        if word in ("resume", "step"):
            return
        self.failure = self.failure or self.empty or self.pause
        self.pause = self.empty = None
        self.analyses.append(analysis)

    def _ended(self, line: str, number: int) -> None:
        self.running = False
        self.ended += 1
        self.pause = None
        if line.endswith(": 0"):
            why = "is its range empty, or does it go the wrong way?"
            text = f"{self._name_of_the_last()} has no point: {why}"
            # Where it was aborted, that is said only now.
            self.empty = self.empty or ("simulation_aborted", self._placed(text, number))

    def _name_of_the_last(self) -> str:
        """Return how the analysis is called that was begun last."""
        last = self.analyses[-1] if self.analyses else ""
        names = [f"`{card}`" for card in (self.cards if last == "run" else [last])]
        return f"one of {', '.join(names)}" if len(names) > 1 else "".join(names) or "an analysis"

    def _look_at_message(self, line: str, number: int, signs: frozenset[str]) -> None:
        if "singular" in signs and (match := re.search(phrases.SINGULAR, line)):
            self.singular = match[1]
        if self.plot and "script_error" in signs and "checkvalid" in line:
            self.missing.setdefault(self.plot, line.split("vector ")[-1].split(" is ")[0])
            self.plot = ""
            return
        if self._is_of_a_measure(line, number, signs) or f" {TWIN}" in line:
            return
        if "goes on" in signs and number - 1 == self.said:
            self.said = number
            return
        kind = self._kind(signs, line)
        if kind == "script_error" and self._follows_from_a_measure(line):
            return
        if kind:
            self._note(kind, number, paused="paused" in signs)
        elif "not loaded" in signs:
            self.unloaded = self.unloaded or self._unloaded(line, number)
        elif "harmless" in signs:
            return
        elif "warning" in signs:
            self._tell(number, is_error="error" in signs)

    def _tell(self, number: int, *, is_error: bool) -> None:
        # Without its place: the engines' logs differ in their blank lines.
        text = _STEP.sub("", compose(self.lines, number)[:MESSAGE_LIMIT])
        self.told.setdefault(_DIGITS.sub("0", text), text)
        self.said = number
        if is_error and self.running:
            self.cause_of_abort = text
        elif is_error and not self.ever_ran:
            self.cause = self.cause or self._placed(text, number)

    def _kind(self, signs: frozenset[str], line: str) -> str | None:
        has_commands = self.commands is not None
        for kind in _FAILURES:
            if kind in signs and (has_commands or kind != "script_error"):
                if kind == "script_error" and "harmless" in signs:
                    return None
                if kind == "out_of_memory" and _asks_for_too_much(line):
                    return "simulation_aborted"
                return kind
        # Whatever ngspice calls an error while a section runs, but for what it says of solving.
        speaks = self.in_section and not self.running
        if speaks and "error" in signs and not signs & {"harmless", "not loaded"}:
            return "script_error"
        return None

    def _is_of_a_measure(self, line: str, number: int, signs: frozenset[str]) -> bool:
        if "of expressions" in signs:
            return self.ever_ran
        if "perhaps of measures" in signs:
            below = self.lines[number + 1 : number + _LINES_TO_FAILURE]
            return any(map(_OUTCOME.match, below))
        return "of measures" in signs

    def _follows_from_a_measure(self, line: str) -> bool:
        return any(word in self.not_taken for word in re.findall(r"\w+", line.lower()))

    def _note(self, kind: str, number: int, *, paused: bool = False) -> None:
        text = compose(self.lines, number)
        self.said = number
        if kind == "simulation_aborted":
            self.running = False
            if self.cause_of_abort:
                text = f"{self.cause_of_abort}; {text}"
            if self.singular and "singular" not in text:
                text += f" (singular matrix at node {self.singular})"
        found = (kind, self._placed(text, number))
        if paused and not self.failure:
            found = (kind, self._placed(f"{text} (and never resumed)", number))
            self.pause = self.pause or found
        else:
            self._fail(*found)

    def _fail(self, kind: str, message: str) -> None:
        if kind != "simulation_aborted":
            self.failure = self.failure or self.empty
        self.failure = self.failure or (kind, message)

    def _unloaded(self, line: str, number: int) -> str:
        text = compose(self.lines, number)
        if self.running and self.analyses and line.startswith(phrases.FATAL):
            if self.cause_of_abort:
                return self._placed(self.cause_of_abort, number)
            asks = "does it name a node or a device that is not there?"
            text = f"`{self.analyses[-1]}` ended ngspice ({text}): {asks}"
        return self._placed(text, number)

    def _placed(self, text: str, number: int) -> str:
        return placed(text, number + self.offset)

    def findings(self) -> LogFindings:
        """Return what was found."""
        unloaded: tuple[str | None, str | None] = (None, None)
        if self.unloaded:
            unloaded = ("netlist_error", self.cause or self.unloaded)
        failure, message = self.failure or self.empty or self.pause or unloaded
        missing = [
            f"not saved in {plot}: {name}, and whatever else ngspice cannot give there"
            for plot, name in self.missing.items()
        ]
        return LogFindings(
            failure,
            message,
            (*self.told.values(), *missing),
            tuple(self.analyses),
            self.ended > 0,
            self.finished,
        )


def _asks_for_too_much(line: str) -> bool:
    """Whether the number of bytes is a negative one without its sign: a fault of ngspice."""
    return any(int(digits) > _MOST_BYTES for digits in _DIGITS.findall(line))


def last_line(log: str) -> str:
    """Return a half-sentence that quotes the last line of the log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"its last words: {lines[-1][:MESSAGE_LIMIT]}" if lines else "it said nothing"
