"""Numbers of designers: read without guessing, written for people."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakespice.base.engineering import format_engineering, parse_engineering


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("60", 60, ""),
        ("-5m", -5e-3, ""),
        ("1.2k", 1.2e3, ""),
        ("20Meg", 20e6, ""),
        ("20e6", 20e6, ""),
        ("20 MegHz", 20e6, "Hz"),
        ("10 kHz", 10e3, "Hz"),
        ("10K", 10e3, ""),
        ("1GHz", 1e9, "Hz"),
        ("5mV", 5e-3, "V"),
        ("5 \u00b5A", 5e-6, "A"),
        ("5\u03bcs", 5e-6, "s"),
        ("10F", 10, "F"),
        ("3pF", 3e-12, "F"),
        ("1A", 1, "A"),
        (".5dB", 0.5, "dB"),
        ("-40dBm", -40, "dBm"),
        ("50%", 50, "%"),
        ("1e-3 kOhm", 1, "Ohm"),
        ("2k\u03a9", 2e3, "\u03a9"),
        ("4.7n", 4.7e-9, ""),
    ],
)
def test_numbers_of_designers(text: str, number: float, unit: str) -> None:
    assert parse_engineering(text) == (number, unit)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1.5", "V", 1.5),
        ("5m", "m", 5e-3),  # millimetres: a scale comes before a unit
        ("5mm", "m", 5e-3),
        ("3V/us", "V/us", 3),
        ("2 kV/us", "V/us", 2e3),
        ("7LSB", "LSB", 7),
    ],
)
def test_the_unit_of_the_measure_is_known(text: str, unit: str, number: float) -> None:
    assert parse_engineering(text, unit) == (number, unit)


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        ("20M", "", "write 20Meg or 20e6$"),
        ("20MHz", "", "write 20MegHz or 20e6Hz"),
        ("2.0e1MHz", "Hz", "write 2.0e7Hz"),
        ("20mhz", "", "not known"),
        ("1,5", "", "point is a point"),
        ("1.2.3", "", "not known"),
        ("fast", "", "is not a number"),
        ("", "", "is not a number"),
        ("3P", "", "not known"),
        ("5mV", "A", "is not in A"),
        ("5V", "V/us", "is not in V/us"),
        ("1e999", "", "too large"),
        ("nan", "", "is not a number"),
    ],
)
def test_what_can_be_misread_is_refused(text: str, unit: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_engineering(text, unit)


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (17.1234e6, "Hz", "17.12 MHz"),
        (-4.2e-3, "V", "-4.2 mV"),
        (60.3, "dB", "60.3 dB"),
        (-0.02, "dB", "-0.02 dB"),
        (1.2e-9, "", "1.2e-9"),
        (1234.5, "", "1234"),
        (123456.0, "", "123500"),
        (17.1e6, "", "17.1e6"),
        (0.0, "V", "0 V"),
        (999.96e-6, "A", "1 mA"),
        (3e-18, "F", "3e-18 F"),
        (math.nan, "V", ""),
        (2.5, "V/us", "2.5 V/us"),
        (1.0, "", "1"),
    ],
)
def test_numbers_for_people(number: float, unit: str, text: str) -> None:
    assert format_engineering(number, unit) == text


@given(st.floats(-1e10, 1e10), st.sampled_from(["", "dB", "%"]))
def test_what_is_written_reads_back(number: float, unit: str) -> None:
    back, named = parse_engineering(format_engineering(number, unit), unit)
    assert named == unit
    assert back == pytest.approx(number, rel=6e-4)
