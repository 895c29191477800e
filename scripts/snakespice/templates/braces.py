"""Braces that ngspice and Jinja both want: what to write where Jinja does not understand a line."""

from __future__ import annotations

import re

import jinja2

_OF_JINJA = re.compile(r"(\{\{[^{}]*\}\}|\{%.*?%\}|\{#.*?#\})")
_TOUCHING = re.compile(r"\{(?=[{%#])|\}(?=\})")


def advise_braces(line: str, env: jinja2.Environment) -> str:
    """Return how to write a line that is no valid template, where ngspice's braces are the cause.

    ngspice nests braces, `{{a}*2}`, which to Jinja begin an expression. What is advised was tried.
    """
    opening, closing = line.count("{"), line.count("}")
    if opening != closing:
        return f"the line has {opening} {{ and {closing} }}" if "{{" in line else ""
    # What is Jinja's for certain stays as it is, every second part; the braces around it move away.
    advised = ""
    for index, part in enumerate(_OF_JINJA.split(line.strip())):
        if index % 2 == 0:
            part = _TOUCHING.sub(r"\g<0> ", part)
        touch = advised[-1:] + part[:1] in ("{{", "}}", "{%", "{#")
        advised += f" {part}" if touch else part
    if advised == line.strip():
        return ""
    try:
        env.parse(advised)
    except jinja2.TemplateSyntaxError:
        return "braces of ngspice stand apart, { {a}*2 }, or between {% raw %} and {% endraw %}"
    return f"for braces of ngspice write: {advised}"
