"""The registry of distributions, the schema and the guide say the same."""

from __future__ import annotations

from guide import check_kinds, section, table

from snakespice.config.schema import load_schema
from snakespice.draws.distributions import DISTRIBUTIONS
from snakespice.draws.methods import METHODS


def test_distributions() -> None:
    check_kinds(DISTRIBUTIONS, schema="sweep", union="distribution", heading="Distributions")


def test_methods() -> None:
    method = load_schema("sweep")["properties"]["random"]["properties"]["method"]
    assert method["enum"] == list(METHODS)
    rows = [row[0].strip("`") for row in table(section("Random draws"))]
    assert rows == list(METHODS)
