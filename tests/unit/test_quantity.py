"""SPICE numbers against the real ngspice, and parameter values that compute with them."""

from __future__ import annotations

import operator
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakespice.base.quantity import Value, format_number, match_key, parse_number

NUMBERS = {
    "1": 1.0,
    "-1.5": -1.5,
    "+.5": 0.5,
    "1.": 1.0,
    "1k": 1e3,
    "1K": 1e3,
    "1m": 1e-3,
    "1M": 1e-3,
    "1meg": 1e6,
    "1MegHz": 1e6,
    "1g": 1e9,
    "1T": 1e12,
    "1u": 1e-6,
    "1µ": 1e-6,
    "4.7n": 4.7e-9,
    "1p": 1e-12,
    "1F": 1e-15,
    "2mil": 50.8e-6,
    "1e3": 1e3,
    "1E-3": 1e-3,
    "1e3k": 1e6,
    "1e-3k": 1.0,
    "10pF": 1e-11,
    "1kohm": 1e3,
    "1kΩ": 1e3,
    "10V": 10.0,
    "1mA": 1e-3,
    "27degC": 27.0,
    "010": 10.0,
}


@pytest.mark.parametrize(("text", "number"), NUMBERS.items())
def test_numbers(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.skipif(not shutil.which("ngspice"), reason="needs ngspice")
def test_ngspice_reads_the_same_numbers(tmp_path: Path) -> None:
    sources = [f"v{i} {i} 0 dc {text}\nr{i} {i} 0 1e30" for i, text in enumerate(NUMBERS, 1)]
    prints = [f"print v({i})" for i in range(1, len(NUMBERS) + 1)]
    deck = ["t", *sources, ".control", "set numdgt=10", "op", *prints, ".endc", ".end", ""]
    (tmp_path / "t.sp").write_text("\n".join(deck))
    run = ["ngspice", "-n", "-b", "t.sp"]
    out = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60).stdout
    read = [float(number) for number in re.findall(r"^v\(\d+\) = (\S+)", out, re.M)]
    assert read == pytest.approx(list(NUMBERS.values()), rel=1e-8)


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "2n2222", "1Ok", "1k5", "1_000", "0x10", "1e", "1e+", "1d3", "1.2.3", "tt"),
        *(
            "inf",
            "nan",
            "1meter",
            "1farad",
            "1amp",
            "1amps",
            "1kk",
            "1 k",
            "--1",
            "1e400",
            "1%",
            "5\u212a",
        ),
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f'"{text}"')):
        parse_number(text)


def test_the_suffix_a_is_refused_because_versions_of_ngspice_differ() -> None:
    with pytest.raises(ValueError, match="ampere to ngspice 41, and atto to 42"):
        parse_number("10A")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_formatted_numbers_read_back(number: float) -> None:
    assert parse_number(format_number(number)) == number


def test_match_key_is_equal_for_equal_numbers_only() -> None:
    assert match_key("1k") == match_key("1000") == match_key("1e3")
    assert match_key("4.7n") == match_key("4.7e-9")
    assert match_key("tt") != match_key("TT")


K = Value("1k")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (str(K), "1k"),
        (f"{K}", "1k"),
        (f"{K:>4}", "  1k"),
        (f"{K:.1e}", "1.0e+03"),
        ("%.0f" % K, "1000"),  # noqa: UP031
        (K * 2, 2000.0),
        (2 * K, 2000.0),
        (K * K, 1e6),
        (K + 1, 1001.0),
        (1 + K, 1001.0),
        (K + Value("2k"), 3000.0),
        (sum([K, K]), 2000.0),
        (K - 1, 999.0),
        (1 - K, -999.0),
        (K / 4, 250.0),
        (1 / K, 1e-3),
        (K // 300, 3.0),
        (2500 // K, 2.0),
        (K % 300, 100.0),
        (2500 % K, 500.0),
        (K**2, 1e6),
        (2 ** Value("3"), 8),
        (-K, -1000.0),
        (+K, 1000.0),
        (abs(Value("-2m")), 2e-3),
        (round(Value("1.26"), 1), 1.3),
        (float(K), 1000.0),
        (int(K), 1000),
        (K + "x", "1kx"),
        ("x" + K, "x1k"),
        (list(range(Value("2"))), [0, 1]),
        (max(Value("10"), Value("9")), Value("10")),
        (repr(Value("3") * 2), "6"),
        (repr(Value("-3") + 1), "-2"),
        (bool(Value("0")), False),
        (bool(Value("0.0")), False),
        (bool(Value("off")), True),
        ({"1k": 1}[K], 1),
    ],
)
def test_values_print_as_written_and_compute_as_numbers(result: object, expected: object) -> None:
    assert result == expected


def test_values_compare() -> None:
    assert K == "1k" and K != "1000" and K == 1000 and Value("1000") == K and K != 1001
    assert Value("tt") != 5 and Value("tt") == Value("tt") and Value("tt") != Value("TT")
    assert K < 2000 < Value("2.5k") and K <= "1000" and Value("10") > Value("9") and K >= 1000


@pytest.mark.parametrize(
    "operation",
    [
        *(operator.mul, operator.sub, operator.truediv, operator.pow, operator.mod, operator.lt),
        *(lambda a, b: b * a, lambda a, b: b + a, lambda a, b: a + Value("x")),
    ],
)
def test_computing_with_text_is_an_error(operation: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(TypeError, match="is not a SPICE number"):
        operation(Value("tt"), 2)


@pytest.mark.parametrize("convert", [float, int, round, operator.neg, abs])
def test_converting_text_is_an_error(convert: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match='"2n2222" is not a SPICE number'):
        convert(Value("2n2222"))


def test_only_whole_numbers_count() -> None:
    with pytest.raises(TypeError, match='"1k" is not an integer'):
        range(K)
    with pytest.raises(TypeError):
        [0] * K
