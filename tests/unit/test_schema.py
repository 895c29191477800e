"""The schemas describe every key, and the guide says of each what its schema says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml
from guide import GUIDE, section, table
from project import REPOSITORY

from snakespice.base.layout import AUTO_CASES, MAX_UNITS
from snakespice.config.project import CLUSTER_CORE_HOURS, CLUSTER_MAX_CASES
from snakespice.config.schema import load_schema
from snakespice.config.yamlfile import MAX_VALUES
from snakespice.templates.bounds import MAX_CPU_SECONDS, MAX_MB

CLUSTER = (REPOSITORY / "config" / "cluster.md").read_text()
HEADINGS = {"hub": "The hub", "testbench": "A testbench", "sweep": "A sweep"}
TYPES = {
    "string": "text",
    "object": "mapping",
    "array": "list",
    "integer": "whole number",
    "number": "number",
    "boolean": "truth value",
}
Key = tuple[str, dict[str, Any], bool]  # its name, its schema, and whether it must be there


def keys(schema: dict[str, Any], prefix: str = "") -> Iterator[Key]:
    """Yield every key of a schema, and those below it."""
    for name, below in schema.get("properties", {}).items():
        yield prefix + name, below, name in schema.get("required", ())
        yield from keys(below, f"{prefix}{name}.")


def keys_of_kinds(kind: str, union: str) -> Iterator[Key]:
    """Yield `type` and each key that one of the kinds of a union has, once."""
    definitions = load_schema(kind)["$defs"]
    seen = {"type"}
    yield "type", definitions[union]["properties"]["type"], True
    for name in definitions[union]["properties"]["type"]["enum"]:
        for key in keys(definitions[name]):
            if key[0] not in seen:
                seen.add(key[0])
                yield key[0], key[1], key[0] in definitions[name]["required"]


TABLES = {heading: list(keys(load_schema(kind))) for kind, heading in HEADINGS.items()}
TABLES["Specifications"] = list(keys(load_schema("testbench")["$defs"]["specification"]))
TABLES["Generated values"] = list(keys_of_kinds("sweep", "generated"))


@pytest.mark.parametrize("heading", TABLES)
def test_the_guide_has_every_key_with_its_type_default_and_choices(heading: str) -> None:
    rows = {row[0].strip("`"): row[1:] for row in table(section(heading)) if len(row) == 4}
    assert rows.keys() == {name for name, _, _ in TABLES[heading]}
    for name, below, needed in TABLES[heading]:
        types, default, meaning = rows[name]
        assert meaning, name
        if needed:
            assert default == "required", name
        elif below["default"] in (None, [], {}):
            assert default == "none", name
        else:
            assert yaml.safe_load(default.strip("`")) == below["default"], name
        names = below.get("type", "string")
        names = {names} if isinstance(names, str) else set(names)
        words = set(re.split(r", | or ", types))
        assert words == {TYPES[word] for word in names - {"null"}}, name
        for word in below.get("enum", ()):
            assert f"`{word}`" in section(heading), f"{name}: {word}"


@pytest.mark.parametrize("kind", HEADINGS)
def test_schemas_are_valid_and_describe_every_key(kind: str) -> None:
    def visit(node: Any) -> None:
        for name, key in node.get("properties", {}).items():
            if key:
                assert key.get("description") and "default" in key, name
            visit(key)
        if "properties" in node and "allOf" not in node:
            assert node["additionalProperties"] is False

    loaded = load_schema(kind)
    jsonschema.Draft202012Validator.check_schema(loaded)
    assert loaded["description"]
    visit(loaded)
    for definition in loaded.get("$defs", {}).values():
        assert definition["description"]
        visit(definition)


def test_figures_in_prose_are_those_of_the_code() -> None:
    execution = load_schema("hub")["properties"]["execution"]["properties"]
    described = " ".join(execution["cases_per_job"]["description"].split())
    units = " ".join(section("Units").split())
    cluster = " ".join(CLUSTER.split())
    for text in (described, units):
        assert f"{AUTO_CASES:,}" in text and f"more than {MAX_UNITS} " in text
    assert f"{CLUSTER_CORE_HOURS} core-hours, {CLUSTER_MAX_CASES:,} at the most" in described
    assert f"{CLUSTER_CORE_HOURS} hours of one core" in cluster
    limits = " ".join(section("Limits of a case").split())
    assert f"{MAX_CPU_SECONDS} s of processor time and {MAX_MB} MB of memory for a case" in limits
    values = " ".join(section("Hostile input").split())
    assert f"more than {MAX_VALUES:,} values" in values
    assert f"{CLUSTER_MAX_CASES:,} at the most" in cluster


def test_the_examples_of_the_guide_show_the_defaults() -> None:
    """The hub of the guide names settings with their defaults, so that one can copy them."""
    hub = yaml.safe_load(re.findall(r"^```yaml\n(results: .*?)^```", GUIDE, re.M | re.S)[0])
    schema = load_schema("hub")["properties"]
    shown = {key: hub[key] for key in ("simulator", "execution", "keep", "gate")}
    for name, settings in shown.items():
        for key, value in settings.items():
            assert value == schema[name]["properties"][key]["default"], f"{name}.{key}"
