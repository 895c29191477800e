"""The netlists of a unit's cases: as they were kept, or rendered again."""

from __future__ import annotations

import contextlib
import hashlib
import os

from snakespice.base.files import write_text
from snakespice.base.layout import NETLIST
from snakespice.base.plainfile import read_regular
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import real_directory
from snakespice.netlist.watched import InputChanged
from snakespice.templates.includes import UnsetVariable
from snakespice.unit.unit import Unit


def netlist_of(unit: Unit, number: int) -> tuple[str, ResolvedNetlist]:
    """Return the netlist of a case as it was first rendered, and its closure.

    If it was not kept, or is damaged or lost, it is rendered again.

    Raises InputChanged when it was edited, or no longer comes out the same.
    """
    directory = unit.case_directory(number)
    path = f"{directory}/{NETLIST}"
    try:
        data = read_regular(path)
    except OSError:
        data = b""
    digest = unit.index["netlists"].get(str(number))
    if _sha256(data) == digest:
        return data.decode(), ResolvedNetlist(data.decode(), real_directory(directory))
    # Jinja takes time to load, and most units can do without.
    from snakespice.sweep.render import render_case
    from snakespice.templates.template import TemplateFault

    with contextlib.suppress(FileExistsError):
        os.mkdir(directory)
    changed = f"{path} is not as it was rendered"
    try:
        text, closure = render_case(unit.plan, directory, number)
    except (TemplateFault, UnsetVariable) as fault:
        raise InputChanged(f"{changed}, and cannot be rendered again: {fault}") from fault
    # Half a netlist is what a full disk left; anything else somebody wrote.
    if not text.encode().startswith(data) or _sha256(text.encode()) != digest:
        raise InputChanged(f"{changed}; delete it to have it rendered again")
    if os.path.isfile(path):
        write_text(path, text)
    return text, closure


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
