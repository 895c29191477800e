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


def faults_of_measures(directory: Path, plan: Plan, cases: range) -> Iterator[str]:
    """Yield what is wrong with the measures of a sweep, judged by the netlists of some of `cases`.

    One that none of these takes is refused; where the sweep has others, only if the template does
    not name it either: they could have it.
    """
    sample = _sample(cases)
    rendered = 0
    provided: set[str] = set()
    taken_twice: set[str] = set()
    expressions = {name.lower() for name in plan.measures} - _lower(plan.ngspice_measures)
    for number in sample:
        try:
            _, closure = render_case(plan, f"{directory}/case_{number}", number)
        except (TemplateFault, UnsetVariable):
            continue
        rendered += 1
        facts = closure.facts
        if any(_UNKNOWN.match(command) for command in facts.control):
            return
        cards = {card.name for card in facts.measures}
        taken_twice |= cards & expressions
        provided |= cards | set(_printed(facts))
    for name in plan.measures:
        if name.lower() in taken_twice:
            yield f"measure {name} is an expression and a .meas, too: rename one"
    if not rendered:
        return
    missing = [name for name in plan.ngspice_measures if name.lower() not in provided]
    others = "" if rendered == len(plan) or not missing else _text_of_templates(plan)
    for name in missing:
        if name.lower() not in _lower(_WORD.findall(others)):
            near = nearest(name, sorted(provided))
            hint = f" ({near})" if near else ""
            yield (
                f"measure {name} is declared, and no .meas, meas or print in the netlist takes it;"
                f" give it an expr or remove it{hint}"
            )


def _sample(cases: range) -> list[int]:
    """Return some of the cases, at equal distances, with the first and the last."""
    return sorted({*cases[:: max(1, len(cases) // SAMPLE)], cases[-1]})


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
