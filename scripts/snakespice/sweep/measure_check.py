"""Whether netlists provide the measures that are declared and that no expression gives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from snakespice.base.problems import nearest
from snakespice.netlist.netlist import Facts
from snakespice.sweep.plan import Plan
from snakespice.sweep.render import render_case
from snakespice.templates.includes import UnsetVariable
from snakespice.templates.template import TemplateFault, template_sources

SAMPLE = 20  # cases whose netlists are looked at; they lie at equal distances
# What these print cannot be told from the netlist.
_UNKNOWN = re.compile(r"(?:source|shell)\b|(?:print|meas\w*) .*(?:\$|\{|\ball\b)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_][\w]*")


def faults_of_measures(directory: Path, plan: Plan) -> Iterator[str]:
    """Yield what is wrong with the measures of a sweep, judged by the netlists of some cases.

    One that none of these takes is refused only where the template does not name it either: other
    cases could have it.
    """
    provided: set[str] = set()
    taken_twice: set[str] = set()
    expressions = {name.lower() for name in plan.measures} - _lower(plan.ngspice_measures)
    for number in _sample(len(plan)):
        try:
            _, closure = render_case(plan, f"{directory}/case_{number}", number)
        except (TemplateFault, UnsetVariable):
            continue
        facts = closure.facts
        if any(_UNKNOWN.match(command) for command in facts.control):
            return
        cards = {card.name for card in facts.measures}
        taken_twice |= cards & expressions
        provided |= cards | set(_printed(facts))
    for name in plan.measures:
        if name.lower() in taken_twice:
            yield f"measure {name} is an expression and a .meas, too: rename one"
    text = ""
    for name in plan.ngspice_measures:
        if name.lower() in provided:
            continue
        text = text or _text_of_templates(plan)
        if name.lower() not in _lower(_WORD.findall(text)):
            near = nearest(name, sorted(provided))
            hint = f" ({near})" if near else ""
            yield (
                f"measure {name} is declared, and no .meas, meas or print in the netlist takes it;"
                f" give it an expr or remove it{hint}"
            )


def _sample(count: int) -> list[int]:
    step = max(1, count // SAMPLE)
    return sorted({*range(1, count + 1, step), count})


def _printed(facts: Facts) -> Iterator[str]:
    """Yield what `print` commands name: ngspice says `name = value` of it, as of a measure."""
    for command in facts.control:
        word, _, rest = command.lower().partition(" ")
        if word == "print":
            yield from rest.replace(",", " ").split()


def _text_of_templates(plan: Plan) -> str:
    sources = template_sources(plan.template, plan.project_root)
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in sources)


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
