"""What ngspice says: the lines of its log that decide a verdict, or that a person should see.

Collected from ngspice 39 and from the sources of 41 to 46. A line counts only where ngspice itself
speaks: titles and what a netlist echoes do not, nor do the notes of steps towards convergence
(`gmin step failed`, `singular matrix`, `out of range for ln`), which often precede success.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

SIZE_LIMIT = 8 << 20
MESSAGE_LIMIT = 400


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_SIGNS: dict[str, re.Pattern[str]] = {
    "out_of_memory": _any(
        r"^malloc: Internal Error",
        r"can't allocate \d+ bytes",
        r"^Error: out of memory",
        "bad_alloc",
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
        r"UTF-8 syntax error in line",
        r"^\s*T\w+ is invalid",
        r"^Fatal error: ",
        r"^ERROR: AC \w+ ",
        r"^Error: Mismatch of \.subckt",
        r"^parameter value out of range or the wrong type",
        r"^Error: title line is missing",
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
        r"^\w+ simulation interrupted",
    ),
}
# Said after a cause that mostly stands before it; decisive only where no cause was recognised.
_NOT_LOADED = _any(
    r"^Error on line",
    r"^\s*Simulation interrupted due to error!",
    r"^Error: circuit not parsed",
    r"^Error: there aren't any circuits loaded",
    r"^\s*Numparam expansion errors",
    r"^ERROR: fatal error in ngspice",
)
_WORTH_TELLING = _any(
    r"unrecognized parameter",
    r"resistance to low",
    r"^Warning: Unusual leading characters",
    r"^Error: bad type given for option",
    r"^(?:Trying gmin.*)?Warning: singular matrix",
    r"^Note: Transient op finished successfully",
)
_CONTEXT = _any(r"^Error on line", r"^Netlist line no", r"^Warning: Model issue on line")
_ECHO = _any(r"^Circuit:", r"^snakespice:")


@dataclass(frozen=True)
class Said:
    """What a log says: the first failure with its line, and the lines worth a warning."""

    failure: str | None
    message: str | None
    warnings: tuple[str, ...]


def read_log(path: Path) -> str:
    """Return the log at `path`; of an enormous one the beginning and the end; empty if missing."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(SIZE_LIMIT)
            if size > 2 * SIZE_LIMIT:
                file.seek(size - SIZE_LIMIT)
            data += file.read(SIZE_LIMIT)
    except OSError:
        return ""
    return data.decode("utf-8", "replace").replace("\r", "\n")


def understand(log: str, *, has_control: bool) -> Said:
    """Find what decides. A failing command counts only where the netlist has its own."""
    lines = log.splitlines()
    failure = message = generic = None
    told: dict[str, str] = {}
    for number, line in enumerate(lines):
        if _ECHO.search(line):
            continue
        if _WORTH_TELLING.search(line):
            text = _with_context(lines, number)
            told.setdefault(re.sub(r"Trying gmin[ =\d.E+-]*", "", text), _placed(text, number))
        if (
            failure is None
            and (kind := _kind(line, has_control))
            and not _of_measure(lines, number)
        ):
            failure, message = kind, _placed(_with_context(lines, number), number)
        if generic is None and _NOT_LOADED.search(line):
            generic = _placed(_with_context(lines, number), number)
    if failure is None and generic is not None:
        failure, message = "netlist_error", generic
    return Said(failure, message, tuple(told.values()))


def last_line(log: str) -> str:
    """Return a half-sentence that quotes the last line of the log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f"its last words: {lines[-1][:MESSAGE_LIMIT]}" if lines else "it said nothing"


def _kind(line: str, has_control: bool) -> str | None:
    for kind, pattern in _SIGNS.items():
        if pattern.search(line) and (has_control or kind != "script_error"):
            return kind
    return None


def _of_measure(lines: list[str], number: int) -> bool:
    """Whether the line belongs to a measure that could not be taken, which fails no case."""
    return any("meas" in line and "failed!" in line for line in lines[number : number + 4])


def _with_context(lines: list[str], number: int) -> str:
    """Return the line joined to what ngspice said it is about, and to what follows a colon."""
    first = last = number
    for above in range(number, max(number - 4, -1), -1):
        if _CONTEXT.search(lines[above]):
            first = above
            break
    if lines[number].rstrip().endswith("failed:"):
        last = number + 1
    return " ".join(line.strip() for line in lines[first : last + 1] if line.strip())


def _placed(text: str, number: int) -> str:
    return f"{text[:MESSAGE_LIMIT]} (ngspice.log, line {number + 1})"
