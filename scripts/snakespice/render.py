"""Render the netlists of a part of a sweep; `index` describes the index of what was rendered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakespice import template
from snakespice.layout import NETLIST, case_name
from snakespice.netlist import Closure, finalise, real_directory
from snakespice.plan import Plan
from snakespice.record import remove, write_text
from snakespice.regular import read_regular


def render_cases(
    plan: Plan, directory: Path, cases: Iterable[int], *, write: bool
) -> dict[str, Any]:
    """Render the netlist of every case and return their index.

    With `write` each is written into its case's directory below `directory`.
    """
    netlists: dict[str, str] = {}
    faults: dict[str, str] = {}
    includes: dict[str, str] = {}
    for case_id in cases:
        case_dir = directory / case_name(case_id)
        is_new = _made(case_dir)
        try:
            text = render_case(plan, case_dir, case_id)
        except template.TemplateFault as fault:
            faults[str(case_id)] = str(fault)
            (case_dir / NETLIST).unlink(missing_ok=True)
            continue
        path = case_dir / NETLIST
        is_there = not is_new and _holds(path, text)
        if write and not is_there:
            write_text(path, text)
        elif not is_new and not is_there:
            remove(path)
        netlists[str(case_id)] = hashlib.sha256(text.encode()).hexdigest()
        includes |= Closure(text, real_directory(case_dir)).files
    templates = template.templates_read(plan.template, plan.project_root)
    return {"netlists": netlists, "faults": faults, "includes": includes, "templates": templates}


def _made(directory: Path) -> bool:
    """Make a directory; return whether it was not there."""
    try:
        directory.mkdir()
    except FileExistsError:
        return False
    return True


def _holds(path: Path, text: str) -> bool:
    try:
        return read_regular(path) == text.encode()
    except OSError:
        return False


def render_case(plan: Plan, case_dir: Path, case_id: int) -> str:
    """Return the netlist of a case as it is kept in `case_dir`.

    Raises TemplateFault when the template fails for these parameters, and UnsetVariable when an
    environment variable in an include path is not set.
    """
    seed = plan.case_seed(case_id)
    names = template.context(
        plan.parameters(case_id),
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
    )
