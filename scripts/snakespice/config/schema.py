"""The schemas in workflow/schemas, and what a configuration gets wrong by them, in plain words.

The schemas are JSON Schema, for editors and readers too. They are applied here, and not by the
jsonschema package, because importing that costs every start of Snakemake and every job 0.1 s;
a test holds both to the same verdict.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from snakespice.base.problems import nearest
from snakespice.base.quantity import format_number, parse_number
from snakespice.config.advice import advise_values, kind_for
from snakespice.config.yamlfile import as_written

SCHEMAS = Path(__file__).resolve().parents[3] / "workflow" / "schemas"

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_NEVER = {"null"}  # allowed, but not what a user should be told to write


class Fault(NamedTuple):
    """One violation of a schema: keys and indices that lead to it, what is wrong, the remedy."""

    path: tuple[str | int, ...]
    wrong: str
    remedy: str = ""


@cache
def load_schema(kind: str) -> dict[str, Any]:
    """Return the schema of a kind of file: hub, testbench or sweep."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (SCHEMAS / f"{kind}.schema.yaml").open(encoding="utf-8") as stream:
        schema: dict[str, Any] = yaml.load(stream, loader)
    return schema


def check(value: object, kind: str) -> list[Fault]:
    """Return everything in which `value` violates the schema of its kind of file."""
    root = load_schema(kind)
    return list(dict.fromkeys(_faults(value, root, root, ())))


def with_defaults(data: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sound mapping with the default of every key of its schema that it lacks.

    Numbers are plain ones of the type that the schema names.
    """
    return {
        key: _complete(data.get(key, below["default"]), below)
        for key, below in schema["properties"].items()
    }


def _complete(value: Any, schema: Mapping[str, Any]) -> Any:
    if value is None:
        return None
    if "properties" in schema:
        return with_defaults(value, schema)
    kind = schema.get("type")
    return int(value) if kind == "integer" else float(value) if kind == "number" else value


def key_path(path: tuple[str | int, ...]) -> str:
    """Return keys and indices as one text: `sweeps.rc.exclude[0].R`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def describe(value: object) -> str:
    """Say what a value is, for a message: `a list`, `the text "x"`, `the number 3`."""
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {as_written(value)}"
    if isinstance(value, str):
        return f'the text "{value}"' if value else "an empty text"
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "no plain value"


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _faults(
    value: Any, schema: dict[str, Any], root: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    """Yield the faults of `value` by the keywords of JSON Schema that the schemas here use."""
    if reference := schema.get("$ref"):
        yield from _faults(value, root["$defs"][reference.rpartition("/")[2]], root, path)
    if fault := _wrong_type(value, schema, path):
        yield fault
        return
    if isinstance(value, dict):
        yield from _mapping_faults(value, schema, root, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, root, path)
    elif isinstance(value, str):
        yield from _text_faults(value, schema, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number_faults(value, schema, path)
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and value not in allowed:
        other = kind_for(str(value))
        remedy = f'write "{other}"' if other in allowed else nearest(str(value), allowed)
        yield Fault(path, f"is {describe(value)}, must be one of: {', '.join(allowed)}", remedy)
    for part in schema.get("allOf", ()):
        if "if" not in part or not any(_faults(value, part["if"], root, path)):
            yield from _faults(value, part.get("then", part), root, path)


def _wrong_type(value: Any, schema: dict[str, Any], path: tuple[str | int, ...]) -> Fault | None:
    names = schema.get("type", [])
    names = [names] if isinstance(names, str) else names
    if not names or any(_is(value, name) for name in names):
        return None
    wanted = " or ".join(_WORDS[name] for name in names if name not in _NEVER)
    remedy = ""
    if isinstance(value, bool) and "string" in names:
        remedy = 'YAML reads on, off, yes, no as truth values: quote it, "on"'
    elif isinstance(value, (str, int, float)) and "array" in names:
        text = as_written(value)
        # What may be a list or a mapping are the values of a parameter.
        remedy = f"write {advise_values(text) if 'object' in names else f'[{text}]'}"
    elif isinstance(value, (int, float)) and "string" in names:
        remedy = f'quote it: "{as_written(value)}"'
    elif isinstance(value, str) and {"number", "integer"} & set(names):
        try:
            remedy = f"write {format_number(parse_number(value))}, without quotes or suffix"
        except ValueError:
            remedy = ""
    return Fault(path, f"is {describe(value)}, must be {wanted}", remedy)


def _mapping_faults(
    value: dict[Any, Any], schema: dict[str, Any], root: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    known: dict[str, Any] = schema.get("properties", {})
    other = schema.get("additionalProperties", {})
    if len(value) < schema.get("minProperties", 0):
        yield Fault(path, "is empty")
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(path, f'"{name}" is missing', "add it")
    for name, item in value.items():
        if not isinstance(name, str):
            yield Fault(path, f"has {describe(name)} for a key", f'quote it: "{name}"')
        elif name in known:
            yield from _faults(item, known[name], root, (*path, name))
        elif other is False:
            yield Fault((*path, name), "is not a key that is known", nearest(name, list(known)))
        else:
            yield from _faults(item, other, root, (*path, name))


def _list_faults(
    value: list[Any], schema: dict[str, Any], root: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if not value and schema.get("minItems"):
        yield Fault(path, "is an empty list", "give at least one value")
    elif len(value) < schema.get("minItems", 0):
        yield Fault(path, f"has {len(value)} items, must have {schema['minItems']} or more")
    if len(value) > schema.get("maxItems", len(value)):
        yield Fault(path, f"has {len(value)} items, must have {schema['maxItems']} at the most")
    if items := schema.get("items"):
        for index, item in enumerate(value):
            yield from _faults(item, items, root, (*path, index))
    if schema.get("uniqueItems"):
        for index, item in enumerate(value):
            if item in value[:index]:
                yield Fault((*path, index), f"{describe(item)} stands twice", "keep one")


def _text_faults(
    value: str, schema: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    if len(value) < schema.get("minLength", 0):
        yield Fault(path, "is empty")
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        yield Fault(path, f"is {describe(value)}, must be {schema['$comment']}")


def _number_faults(
    value: float, schema: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    shown = as_written(value)
    if not math.isfinite(value):
        yield Fault(path, f"is {shown}, must be finite")
    if value < schema.get("minimum", value):
        yield Fault(path, f"is {shown}, must be {schema['minimum']} or more")
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield Fault(path, f"is {shown}, must be more than {schema['exclusiveMinimum']}")
    if value > schema.get("maximum", value):
        yield Fault(path, f"is {shown}, must be {schema['maximum']} or less")
