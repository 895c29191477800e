"""What ngspice says: the lines of its log that decide a verdict, or that a person should see.

Collected from ngspice 39 and from the sources of 41 to 46. A line counts only where ngspice itself
speaks: titles and what a netlist echoes do not, nor do the notes of steps towards convergence
(`gmin step failed`, `singular matrix`, `out of range for ln`), which often precede success.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from snakespice.base.plainfile import StrPath, read_regular

SIZE_LIMIT = 8 << 20
MESSAGE_LIMIT = 400


def _any(*patterns: str) -> str:
    """Return one pattern. None is compiled here, as most are hardly ever needed."""
    return "|".join(f"(?:{pattern})" for pattern in patterns)


_SINGULAR = r"singular matrix:\s+check node (\S+)"
_FAILURES = {
    "out_of_memory": _any(
        r"^(?:m|re|c)alloc: Internal Error",
        r"can't allocate \d+ bytes",
        r"bad_alloc",
        r"error while loading shared libraries",
        r"failed to map segment from shared object",
        r"[Cc]annot allocate memory",
    ),
    "output_error": _any(r"^Warning: rawfile write error", r"No space left on device"),
    "netlist_error": _any(
        r"^could not find a valid modelname",
        r"^\s*Error: unknown subckt:",
        r"^Too (?:few|many) parameters for subcircuit",
        r"^Error: Could not find (?:include|library) file",
        r"^ERROR, library file .* not found",
        r"^\s*Undefined parameter \[",
        r"^\s*Formula\(\) error",
        r"^ERROR: A level depth greater",
        r"^\s*unknown parameter \(",
        r"^\s*unimplemented control card - error",
        r"^device already exists, existing one being used",
        r"UTF-\d syntax error in line",
        r"^\s*T\w+ is invalid",
        r"^Fatal error: ",
        r"^ERROR: AC \w+ ",
        r"^Error: Mismatch of \.subckt",
        r"^parameter value out of range or the wrong type",
        r"^Error: title line is missing",
        r"^Warning: (?:Noise input|Transfer function) source .* not in circuit",
        r"^\s*MIF-ERROR",
        r"^Error: incomplete or empty netlist",
    ),
    "script_error": _any(
        r": no such command available in ngspice",
        r"^Command 'source' failed",
        r"^Error: RHS \".*\" invalid",
        r"^Warning from checkvalid: vector .* is not available",
        r"^Error: .*: no such variable",
        r"^Error: no such (?:device or model name|plot named)",
        r"^Error: parameter '.*' not found",
        r"^Error: Can't evaluate \"",
        r"^Error: TS\w+ is invalid",
        r"^Error opening code model|^Error: Library .* couldn't be loaded",
        r"^(?:\S.*: )?(?:No such file or directory|Permission denied|Is a directory)$",
        r"^sh: \d+: ",
        r"^Warning: Missing \.endc statement",
    ),
    "simulation_aborted": _any(
        r"^doAnalyses:",
        r"^\w+ simulation\(s\) aborted",
        r"^Error: no data saved for .*; analysis not run",
        r"^(?:\w+ )?simulation interrupted$",
    ),
}
_SIGNS = {
    **_FAILURES,
    # Said after a cause that mostly stands before it; decisive only where none was recognised.
    "not loaded": _any(
        r"^Error on line",
        r"^\s*Simulation interrupted due to error!",
        r"^Error: circuit not parsed",
        r"^Error: there aren't any circuits loaded",
        r"^\s*Numparam expansion errors",
        r"^ERROR: fatal error in ngspice",
    ),
    # Said of a measure, too, while the simulation runs; it then fails no case.
    "only while loading": _any(r"^\s*Undefined parameter \[", r"^\s*Formula\(\) error"),
    "running": r"^Doing analysis at TEMP",
    "paused": _any(r"pause requested$", r"simulation interrupted$"),
    "ran to its end": r"^No\. of Data Rows",
    "singular": _SINGULAR,
    "worth telling": _any(
        r"unrecognized parameter",
        r"resistance to low",
        r"^Warning: Unusual leading characters",
        r"^Error: bad type given for option",
        r"^(?:Trying gmin.*)?Warning: singular matrix",
        r"^Note: Transient op finished successfully",
        r"^Warning : ",
    ),
}
_ANY_SIGN = _any(*_SIGNS.values())
_DIGITS = re.compile(r"\d+")
_CONTEXT = _any(r"^Error on line", r"^Netlist line no", r"^Warning: Model issue on line")
_ECHO = ("Circuit:", "snakespice:")


@dataclass(frozen=True)
class LogFindings:
    """What a log says: the first failure with its line, and the lines worth a warning."""

    failure: str | None
    message: str | None
    warnings: tuple[str, ...]


def read_log(path: StrPath) -> str:
    """Return the log at `path`; of an enormous one the beginning and the end; empty if missing."""
    try:
        data = read_regular(path, ends=SIZE_LIMIT)
    except OSError:
        return ""
    return data.decode("utf-8", "replace").replace("\r", "\n")


def scan_log(log: str, commands: Sequence[str] | None) -> LogFindings:
    """Find what decides: what was said first, a cause rather than what follows from it.

    `commands` are those of the netlist's own `.control` sections, None where it has none: a
    failing command counts only there, and what they echo does not.
    """
    lines = _without_echoes(log.splitlines(), commands or ())
    # But for its numbers, which no sign holds, most of a log is known from the last case's.
    alike = _DIGITS.sub("0", log).splitlines()
    resumes = any(command.startswith("resume") for command in commands or ())
    found = _Found()
    told: dict[str, str] = {}
    running = False
    singular = ""
    for number, (line, known) in enumerate(zip(lines, alike, strict=True)):
        signs = (_signs if len(known) <= MESSAGE_LIMIT else _find_signs)(known)
        if not signs or not line:
            continue
        running = running or "running" in signs
        if match := "singular" in signs and re.search(_SINGULAR, line):
            singular = match[1]
        if "worth telling" in signs:
            text = _with_context(lines, number)
            told.setdefault(re.sub(r"Trying gmin[ =\d.E+-]*", "", text), _placed(text, number))
        kind = _kind(signs, commands is not None)
        if kind and not (running and "only while loading" in signs):
            text = _with_context(lines, number)
            if kind == "simulation_aborted" and singular:
                text += f" (singular matrix at node {singular})"
            found.note(kind, _placed(text, number), paused="paused" in signs)
        elif "not loaded" in signs and not found.generic:
            found.generic = _placed(_with_context(lines, number), number)
        elif resumes and "ran to its end" in signs:
            found.pause = None
    return LogFindings(*found.verdict(), tuple(told.values()))


@dataclass
class _Found:
    """The first failure, a pause that may yet be resumed, and that the netlist did not load."""

    failure: tuple[str, str] | None = None
    pause: tuple[str, str] | None = None
    generic: str = ""

    def note(self, kind: str, message: str, *, paused: bool) -> None:
        if paused and not self.failure:
            self.pause = self.pause or (kind, message)
        elif not self.failure:
            self.failure = (kind, message)

    def verdict(self) -> tuple[str | None, str | None]:
        unloaded = ("netlist_error", self.generic) if self.generic else (None, None)
        return self.pause or self.failure or unloaded


def _find_signs(line: str) -> frozenset[str]:
    """Return which signs a line shows; most show none."""
    if not re.search(_ANY_SIGN, line):
        return frozenset()
    return frozenset(name for name, pattern in _SIGNS.items() if re.search(pattern, line))


_signs = lru_cache(maxsize=512)(_find_signs)


def _without_echoes(lines: list[str], commands: Sequence[str]) -> list[str]:
    """Blank the lines that the driver, the title and the netlist's own `echo` commands print."""
    kept = ["" if line.startswith(_ECHO) else line for line in lines]
    if not commands:
        return kept
    echoed = Counter(command[5:].strip() for command in commands if command.startswith("echo "))
    for number, line in enumerate(lines):
        if echoed[line.strip()] > 0:
            echoed[line.strip()] -= 1
            kept[number] = ""
    return kept


def last_line(log: str) -> str:
    """Return a half-sentence that quotes the last line of the log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"its last words: {lines[-1][:MESSAGE_LIMIT]}" if lines else "it said nothing"


def _kind(signs: frozenset[str], has_control: bool) -> str | None:
    for kind in _FAILURES:
        if kind in signs and (has_control or kind != "script_error"):
            return kind
    return None


def _with_context(lines: list[str], number: int) -> str:
    """Return the line joined to what ngspice said it is about, and to what follows a colon."""
    first = last = number
    for above in range(number, max(number - 4, -1), -1):
        if re.search(_CONTEXT, lines[above]):
            first = above
            break
    if lines[number].rstrip().endswith("failed:"):
        last = number + 1
    return " ".join(line.strip() for line in lines[first : last + 1] if line.strip())


def _placed(text: str, number: int) -> str:
    return f"{text[:MESSAGE_LIMIT]} (ngspice.log, line {number + 1})"
