"""A netlist with `.control` sections in the form in which it is run: its log tells who speaks.

The sections go to the end, where they are run as before, so that ngspice counts the lines of the
circuit as they stand in the netlist. Around some commands others are put:

- `echo` and `shell` between marks: they may print anything, ngspice's own messages, too;
- a mark before each analysis, so that one without a point, or that never ended, has a name;
- `meas ... > file` also without the redirection: the log has to have it;
- `meas ... when ...` also as a card: ngspice 39 prints more digits there;
- what writes the results before `quit`;
- vectors without values removed before `write` of a plot, which ngspice refuses whole for one;
- notes that the netlist has run its cards, and written the result file, itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from snakespice.netlist.analyses import ANALYSES
from snakespice.netlist.cards import commands_of, lines_of
from snakespice.netlist.control import is_quit, without_redirection, word_of
from snakespice.netlist.marks import CARD, PLOT, RUNS, SAID, SAYS, SECTION, TWIN
from snakespice.netlist.netlist import Facts
from snakespice.netlist.rewrite import insert_before_end, with_control_includes

RAN = "snakespice_ran"
WROTE = "snakespice_wrote"
_RUNNING = ANALYSES | {"run", "resume", "step"}
_NUMBER = r"[-+]?[\d.]+\w*(?:[-+]\d+)?"
_VECTOR = r"(?:v\w*|i)\([\w.,#:+-]+\)"
_WHEN = re.compile(
    rf"meas\w*\s+(\w+)\s+(\w+)\s+(when\s+{_VECTOR}\s*=\s*(?:{_NUMBER}|{_VECTOR})"
    rf"(?:\s+(?:rise|fall|cross|td|from|to)\s*=\s*(?:{_NUMBER}|last))*)$"
)


def instrumented(
    text: str, directory: Path, facts: Facts, result_file: str, last_words: Sequence[str]
) -> str | None:
    """Return the netlist `text` of `directory`, with these facts, as it is run.

    `last_words` are commands for its end. None where a section has no end: it is run as it stands.
    """
    found = _without_sections(with_control_includes(text, directory))
    if found is None:
        return None
    circuit, commands = found
    twins = () if "autostop" in circuit.lower() else _twins(commands)
    section = [f"echo {SECTION}"]
    for command in commands:
        section += _marked(command, facts, result_file, last_words)
    added = "".join(f"{line}\n" for line in (*twins, ".control", *section, ".endc"))
    return insert_before_end(circuit, added)


def _without_sections(text: str) -> tuple[str, list[str]] | None:
    """Return a netlist with comments in the place of its sections, and their commands."""
    lines: list[str] = []
    body: list[str] = []
    in_control = False
    for line in lines_of(text):
        word = line.split(None, 1)[0].lower() if line.strip() else ""
        if in_control or word == ".control":
            body.append("\n" if word in (".control", ".endc") else line)
            lines.append("*\n")
            in_control = word != ".endc"
        else:
            lines.append(line)
    return None if in_control else ("".join(lines), list(commands_of("".join(body))))


def _twins(commands: Iterable[str]) -> Iterator[str]:
    for command in commands:
        if found := _WHEN.match(without_redirection(command)[0].lower()):
            yield f".meas {found[1]} {TWIN}{found[2]} {found[3]}"


def _marked(
    command: str, facts: Facts, result_file: str, last_words: Sequence[str]
) -> Iterator[str]:
    word = word_of(command)
    plain, target = without_redirection(command)
    if is_quit(command):
        yield from last_words
    elif word == "shell" or (word == "echo" and not target):
        yield f"echo {RUNS if word == 'shell' else SAYS}"
        yield command
        if word == "echo" and command.split()[1:2] == ["-n"]:
            yield "echo"
        yield f"echo {SAID}"
        return
    elif word in _RUNNING:
        yield f"echo {CARD} {word if '`' in plain else plain}"
    elif word in ("meas", "measure") and target:
        yield plain
    elif word == "write" and facts.saves_parameters and len(command.split()) == 2:
        yield from keep_what_is_there()
    yield command
    if word == "run":
        yield f"set {RAN}=1"
    if word == "write" and result_file.lower() in command.lower():
        yield f"set {WROTE}=1"


def keep_what_is_there() -> list[str]:
    """Return commands that remove from the current plot what has no values, and name the first."""
    return [f"echo {PLOT} $curplot", "write /dev/null", "remzerovec"]
