"""Render the netlists of a part of a sweep; `index` describes the index of what was rendered."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from snakespice.base.files import remove, write_text
from snakespice.base.layout import NETLIST, case_name
from snakespice.base.plainfile import StrPath, read_regular
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import finalise
from snakespice.processes.workers import chunks, map_in_order
from snakespice.sweep.plan import Plan
from snakespice.templates import bounds, template
from snakespice.templates.usage import has_draws


def render_part(
    plan: Plan, directory: Path, cases: range, *, write: bool, at_once: int
) -> dict[str, Any]:
    """Render the netlist of every case, in so many processes, and return their index.

    With `write` each is written into its case's directory below `directory`.
    """
    index: dict[str, Any] = {}
    work = partial(_render, plan, directory, write=write)
    shares = chunks(cases, math.ceil(len(cases) / at_once))
    for rendered in map_in_order(work, shares, at_once):
        for key, entries in rendered.items():
            index.setdefault(key, {}).update(entries)
    return index


def _render(plan: Plan, directory: Path, cases: Iterable[int], *, write: bool) -> dict[str, Any]:
    netlists: dict[str, str] = {}
    faults: dict[str, str] = {}
    includes: dict[str, str] = {}
    unwatched: dict[str, str] = {}
    distinct = _Distinct(plan)
    with bounds.limited():
        for case_id in cases:
            bounds.begin_case()
            case_dir = f"{directory}/{case_name(case_id)}"
            is_new = _made(case_dir)
            try:
                text, closure = render_case(plan, case_dir, case_id)
                _place(f"{case_dir}/{NETLIST}", text, is_new=is_new, write=write)
                netlists[str(case_id)] = hashlib.sha256(text.encode()).hexdigest()
                includes |= closure.inputs
                for path in closure.unwatched:
                    unwatched.setdefault(path, case_name(case_id))
                distinct.add(case_id, text, closure)
                continue
            except template.TemplateFault as fault:
                faults[str(case_id)] = str(fault)
            except (MemoryError, bounds.TooLong) as fault:
                faults[str(case_id)] = f"{plan.template.name}: its netlist {bounds.explain(fault)}"
            netlists.pop(str(case_id), None)
            remove(f"{case_dir}/{NETLIST}")
    return {
        "netlists": netlists,
        "faults": faults,
        "includes": includes,
        "unwatched": unwatched,
        "templates": template.templates_read(plan.template, plan.project_root),
        "distinct": distinct.found,
    }


def _place(path: str, text: str, *, is_new: bool, write: bool) -> None:
    """Write a netlist unless it is there already; what else is there goes."""
    is_there = not is_new and _holds(path, text)
    if write and not is_there:
        write_text(path, text)
    elif not is_new and not is_there:
        remove(path)


class _Distinct:
    """Tells whether all netlists are the same but for their seed and the name of the raw file.

    `found` has one entry if they are, and more if not, or where their draws make them differ.
    """

    def __init__(self, plan: Plan) -> None:
        self.found: dict[str, str] = {}
        self._plan = plan
        self._first = ""

    def add(self, case_id: int, text: str, closure: ResolvedNetlist) -> None:
        """Look at the netlist of a case; as soon as two differ this costs nothing."""
        if len(self.found) > 1:
            return
        seed = self._plan.seed_of(case_id, self._plan.parameters(case_id))
        text = text.replace(f"seed={seed}", "seed=#", 1)
        text = text.replace(self._plan.result_file(case_id), "case_#")
        if text == self._first:
            return
        if not self._first and (has_draws(text) or closure.facts.is_random):
            self.found["random numbers"] = ""
        self._first = self._first or text
        self.found[hashlib.sha256(text.encode()).hexdigest()] = str(case_id)


def _made(directory: str) -> bool:
    """Make a directory; return whether it was not there."""
    try:
        os.mkdir(directory)
    except FileExistsError:
        return False
    return True


def _holds(path: str, text: str) -> bool:
    try:
        return read_regular(path) == text.encode()
    except OSError:
        return False


def render_case(plan: Plan, case_dir: StrPath, case_id: int) -> tuple[str, ResolvedNetlist]:
    """Return the netlist of a case as it is kept in `case_dir`, and its closure.

    Raises TemplateFault when the template fails for these parameters, and UnsetVariable when an
    environment variable in an include path is not set.
    """
    parameters = plan.parameters(case_id)
    seed = plan.seed_of(case_id, parameters)
    names = template.context(
        parameters,
        dut=plan.dut,
        case_id=case_id,
        seed=seed,
        result_file=plan.result_file(case_id),
        filename_log=plan.filename_log,
        project_root=plan.project_root,
    )
    return finalise(
        template.render(plan.template, names),
        directory=plan.template.parent,
        case_dir=case_dir,
        near=plan.project_root,
        seed=seed,
        library_path=plan.library_path,
        vectors=plan.vectors,
    )
