"""The guide, config/README.md, read as data; what registries, schemas and it have to agree on."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from snakespice.base.kinds import Kinds
from snakespice.config.schema import load_schema

GUIDE = (Path(__file__).parents[2] / "config" / "README.md").read_text()


def section(heading: str) -> str:
    """Return what stands in the guide below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", GUIDE, re.M | re.S)
    assert found, heading
    return re.sub(r"^```.*?^```", "", found[1], flags=re.M | re.S)


def table(text: str) -> list[list[str]]:
    """Return the rows of the tables in a text, without their heads."""
    rows = [
        [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    rules = {index for index, row in enumerate(rows) if set(row[0]) == {"-"}}
    return [row for index, row in enumerate(rows) if not {index, index + 1} & rules]


def check_kinds(kinds: Kinds[Any], *, schema: str, union: str, heading: str) -> None:
    """Hold a registry, a schema and a section of the guide to the same kinds, keys and words.

    `union` is the definition in the schema that enumerates the kinds; each has one of its own. The
    section has a row for each: its name, its keys, what it is.
    """
    definitions = load_schema(schema)["$defs"]
    choice = definitions[union]
    names = list(kinds)
    assert choice["properties"]["type"]["enum"] == names
    for name, branch in zip(names, choice["allOf"], strict=True):
        assert branch["if"]["properties"]["type"]["const"] == name
        assert branch["then"]["$ref"] == f"#/$defs/{name}"
    rows = {row[0].strip("`"): row[1:] for row in table(section(heading)) if len(row) == 3}
    assert list(rows) == names
    for name in names:
        below = definitions[name]
        parameters = inspect.signature(kinds[name]).parameters.values()
        keys = [key for key in below["properties"] if key not in choice["properties"]]
        assert keys == [parameter.name for parameter in parameters], name
        needed = [
            parameter.name for parameter in parameters if parameter.default is parameter.empty
        ]
        assert below["required"] == needed, name
        assert below["additionalProperties"] is False, name
        assert rows[name][0] == ", ".join(f"`{key}`" for key in keys), name
        description = " ".join(str(kinds[name].__doc__).partition("\n\n")[0].split())
        assert below["description"] == description, name
        assert rows[name][1] == description.removesuffix("."), name
