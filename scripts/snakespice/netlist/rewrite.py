"""Netlists rewritten: the form in which one is kept, and those in which engines run it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable
from functools import cache
from pathlib import Path

from snakespice.base.plainfile import StrPath
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.seeds import replace_clock
from snakespice.templates.includes import INCLUDE_LINE, expand

_FOR_MEASURES = "* for measures of waveforms:"
_SAVED_FOR_MEASURES = re.compile(rf"{re.escape(_FOR_MEASURES)}\n\.save .*\n")
_END = re.compile(r"^[ \t]*\.end[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


def finalise(
    text: str,
    *,
    directory: Path,
    case_dir: StrPath,
    near: Path,
    seed: int,
    library_path: Iterable[str] = (),
    vectors: Collection[str] = (),
) -> tuple[str, ResolvedNetlist]:
    """Return the rendered netlist `text` in the form that is kept and runs by hand in `case_dir`.

    With it comes what it says and includes.

    Paths of `.include` and `.lib`, in which `$NAME` stands for the environment variable, are
    relative to `directory` (the template's); they are rewritten relative to the case where they
    lie below `near` (the project), so that the project can be moved, and absolute elsewhere. What
    is not there is looked for in `library_path`, as ngspice does in its `sourcepath`.
    `seed` is added unless the netlist or what it includes sets one of its own, and `.save` for
    those of `vectors` that ngspice would not save otherwise.

    Raises UnsetVariable when an environment variable is not set.
    """
    here = real_directory(case_dir)

    def place(path: str) -> str:
        target = _found(os.path.expanduser(expand(path)), directory, library_path)
        return os.path.relpath(target, here) if Path(target).is_relative_to(near) else target

    text = replace_clock(_with_paths(text, place), seed)
    if not text.endswith("\n"):
        text += "\n"
    text, resolved = _with_seed(text, ResolvedNetlist(text, here), here, seed)
    facts = resolved.facts
    if (
        not facts.saved
        and not facts.has_control
        and any(m.analysis == "ac" for m in facts.measures)
    ):
        # `ngspice -b` alone does not understand the vdb(out) of a measure and saves nothing.
        text = insert_before_end(text, ".save all\n")
        resolved.know(saved=("all",))
    if missing := _not_saved(vectors, resolved.facts.saved):
        text = insert_before_end(text, f"{_FOR_MEASURES}\n.save {' '.join(missing)}\n")
        resolved.know(saved=(*resolved.facts.saved, *missing))
    return text, resolved


def _found(path: str, directory: Path, library_path: Iterable[str]) -> str:
    """Return where a file is, or would be, if it is nowhere."""
    first = os.path.normpath(directory / path)
    if library_path and not os.path.exists(first):
        places = (os.path.normpath(os.path.join(place, path)) for place in library_path)
        return next(filter(os.path.exists, places), first)
    return first


def _with_seed(
    text: str, resolved: ResolvedNetlist, here: str, seed: int
) -> tuple[str, ResolvedNetlist]:
    """Have all that is random drawn with this seed, where the netlist does not see to it."""
    facts = resolved.facts
    if facts.is_seeded or (facts.own_seed and not facts.is_random):
        return text, resolved
    if facts.is_random and facts.draws_again:
        # The card would be carried out again with each `reset`, for the same draws each time.
        title, newline, cards = text.partition("\n")
        section = f".control\nsetseed {seed}\nreset\n.endc\n"
        text = f"{title}{newline}{section}{cards}"
        return text, ResolvedNetlist(text, here)
    resolved.know(own_seed=facts.own_seed or str(seed), is_seeded=True)
    return insert_before_end(text, f".options seed={seed}\n"), resolved


def _not_saved(vectors: Collection[str], saved: Collection[str]) -> list[str]:
    """Return what has to be saved, too, so that `vectors` are.

    Without `.save` ngspice saves all voltages and the currents of sources, but nothing of what is
    inside of devices; what a `.noise` analysis gives it saves in any case.
    """
    wanted = sorted(set(vectors) - set(saved))
    if not saved or "all" in saved:
        inside = [vector for vector in wanted if "@" in vector]
        return [*(["all"] if inside and not saved else []), *inside]
    return [vector for vector in wanted if "@" in vector or vector[1:2] == "("]


def without_what_measures_need(text: str) -> str:
    """Return a netlist without the `.save` for measures: it adds to a result and changes none."""
    return _SAVED_FOR_MEASURES.sub("", text) if _FOR_MEASURES in text else text


def real_directory(case_dir: StrPath) -> str:
    """Return the absolute path of a case's directory, without links, as `..` goes by it."""
    if os.path.islink(case_dir):
        return os.path.realpath(case_dir)
    parent, name = os.path.split(case_dir)
    return os.path.join(_real(parent), name)


_real = cache(os.path.realpath)


def insert_before_end(text: str, line: str) -> str:
    """Return a netlist with one more line, before its `.end` if it has one."""
    ends = list(_END.finditer(text))
    place = ends[-1].start() if ends else len(text)
    return text[:place] + line + text[place:]


def with_control_includes(text: str, directory: Path) -> str:
    """Return `text` with the files that it includes from `directory` written out in it.

    Only those that have `.control` sections.
    """

    def write_out(match: re.Match[str]) -> str:
        target = directory / (match[2] or match[3] or match[4] or "")
        if match[1].strip().lower() == ".lib" or not target.is_file():
            return match[0]
        included = target.read_text(errors="replace")
        if not ResolvedNetlist("\n" + included, target.parent).facts.has_control:
            return match[0]
        included = _with_paths(included, lambda path: os.path.normpath(target.parent / path))
        return with_control_includes(included, target.parent).rstrip("\n")

    return INCLUDE_LINE.sub(write_out, text)


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

    return INCLUDE_LINE.sub(rewrite, text)
