"""Advice is true: what it says to write is accepted, and means what was meant."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from snakespice.config.advice import advise_values, as_generator
from snakespice.config.column import Generated, Listed
from snakespice.config.names import value_fault
from snakespice.config.yamlfile import as_written


def values(advice: str) -> list[str]:
    """Return the values that YAML and snakespice make of what is advised."""
    read = yaml.safe_load(advice)
    if isinstance(read, dict):
        column: Generated | Listed = Generated({key: as_written(v) for key, v in read.items()})
        return [column[index] for index in range(len(column))]
    return [str(value) for value in read]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("linspace(0.6, 0.9, 4)", "0.6 0.7 0.8 0.9"),
        ("np.linspace(0,1,num=3)", "0 0.5 1"),
        ("linspace(start=0, stop=1, num=3)", "0 0.5 1"),
        ("range(1, 4)", "1 2 3"),
        ("range(3)", "0 1 2"),
        ("range(0, 10, 5)", "0 5"),
        ("range(0.6, 0.9, 4)", "0.6 0.7 0.8 0.9"),
        ("range(0, 1, 0.5)", "0 0.5 1"),
        ("arange(0, 1, 0.25)", "0 0.25 0.5 0.75"),
        ("numpy.arange(1k, 4k, 1k)", "1000 2000 3000"),
        ("logspace(-3, 0, 4)", "0.001 0.01 0.1 1"),
        ("logspace(1k, 1meg, 4)", "1000 10000 100000 1000000"),
        ("geomspace(1, 1000, 4)", "1 10 100 1000"),
        ("0:0.5:1", "0 0.5 1"),
        ("1:3", "1 2 3"),
        ("3:-1:1", "3 2 1"),
        ("1..3", "1 2 3"),
        ("1.5...3.5", "1.5 2.5 3.5"),
        ("1, 2, 3", "1 2 3"),
        ("1k 2k", "1k 2k"),
        ("[1, 2]", "1 2"),
        ("tt", "tt"),
    ],
)
def test_what_is_advised_means_what_was_written(written: str, meant: str) -> None:
    assert values(advise_values(written)) == meant.split()


@pytest.mark.parametrize("written", ["a, b(c)", "C:\\x", "it's #1", "../x.lib", "1:2:3:4", "x: y"])
def test_a_text_is_quoted_where_yaml_would_split_it(written: str) -> None:
    assert values(advise_values(written)) == [written]


@pytest.mark.parametrize("written", ["linspace(a, b, 3)", "linspace(0, 1, 3, endpoint=False)"])
def test_what_cannot_be_worked_out_gets_the_form(written: str) -> None:
    assert advise_values(written) == "{type: range, start: ..., stop: ..., num: ...}"


@pytest.mark.parametrize(
    "text", ["2N2222", "2024-01-02", "3.3V_io", "{2*(1+x)}", "tt(1)", "pwl(0 1)"]
)
def test_texts_that_are_no_numbers_remain_possible(text: str) -> None:
    assert value_fault(text) is None
    assert as_generator(text) is None


@given(
    st.sampled_from(["linspace", "range", "arange", "np.logspace", "geomspace"]),
    st.lists(st.sampled_from(["0", "1", "-1", "1e300", "1k", "x", "", "0.1", "5", "1e-320"])),
)
def test_advice_never_ends_in_a_traceback(name: str, arguments: list[str]) -> None:
    assert advise_values(f"{name}({','.join(arguments)})").startswith("{type: ")
    advise_values(":".join(arguments))
    advise_values("..".join(arguments))
