"""The page that lists all measures is the one that the code makes."""

from __future__ import annotations

from measure_reference import PAGE, page


def test_the_page_is_as_the_code_says() -> None:
    assert PAGE.read_text() == page(), "run python tests/support/measure_reference.py"
