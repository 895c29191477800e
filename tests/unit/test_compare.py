"""Two results of one case are the same only where every value of every plot is."""

from __future__ import annotations

from pathlib import Path

import pytest
from rawfiles import plot

from snakespice.verdict.compare import measure_differences, waveform_difference

POINTS = [[0, 1, 10], [1, 2, 20], [2, 3, 30]]
BEFORE = plot(POINTS)


def difference(directory: Path, before: bytes, now: bytes) -> str | None:
    (directory / "before").write_bytes(before)
    (directory / "now").write_bytes(now)
    return waveform_difference(directory / "before", directory / "now")


@pytest.mark.parametrize("form", ["Binary", "Values"])
def test_dates_are_no_difference(tmp_path: Path, form: str) -> None:
    one, other = (plot(POINTS, form=form, date=date) for date in ("now", "then"))
    assert difference(tmp_path, one * 2, other * 2) is None


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (plot(POINTS[:2]), "of 3 real points of time v(a) v(b) (binary), and there is"),
        (plot([*POINTS, [3, 4, 40]]), "and there is plot .* of 4 real points"),
        (plot(POINTS, name="AC Analysis"), 'there was plot "Transient Analysis" of'),
        (plot(POINTS, names=("time", "v(a)", "v(c)")), "of time v(a) v(b) .* of time v(a) v(c)"),
        (plot(POINTS, form="Values"), "(binary), and there is .* (text)"),
        (plot([[*p, *p] for p in POINTS], flags="complex"), "and there is .* of 3 complex points"),
        (BEFORE + plot([[7, 7, 7]], name="more"), 'plot "more" of 1 real points .* is new'),
        (
            plot([[0, 1, 10], [1, 2, 20], [2, 3, 30.5]]),
            'waveform v(b) of plot "Transient Analysis" is up to 0.5 apart, where it reaches 30',
        ),
        (plot([[0, 1, 10], [1, 2.5, 20], [2, 3, 30]]), "v(a) .* 0.5 apart, where it reaches 3"),
        # Of several the one that is furthest apart against what it reaches.
        (plot([[0, 1.5, 10], [1, 2, 21], [2, 3, 30]]), "v(a) .* 0.5 apart, where it reaches 3"),
    ],
)
def test_what_differs_is_told(tmp_path: Path, now: bytes, told: str) -> None:
    found = difference(tmp_path, BEFORE, now) or ""
    place = 0
    for part in told.split(" .* "):
        assert part in found[place:]
        place = found.index(part, place) + len(part)


def test_a_plot_that_is_gone(tmp_path: Path) -> None:
    found = difference(tmp_path, BEFORE + plot([[7, 7, 7]], name="more"), BEFORE)
    assert found == 'plot "more" of 1 real points of time v(a) v(b) (binary) is gone'


def test_imaginary_parts_count(tmp_path: Path) -> None:
    values = [1, 0, 2, -5, 3, 4]
    one = plot([values], flags="complex")
    other = plot([[*values[:3], -5.25, *values[4:]]], flags="complex")
    assert "waveform v(a) " in (difference(tmp_path, one, other) or "")


def test_measures() -> None:
    before = {"same": 1.0, "up": 2.0, "gone": 3.0, "never": None, "zero": 0.0}
    now = {"same": 1.0, "up": 2.5, "never": None, "zero": 1e-9, "new": 4.0}
    assert list(measure_differences(before, now)) == [
        "measure up was 2.0 and is 2.5 (+25 %)",
        "measure gone was 3.0 and is None",
        "measure zero was 0.0 and is 1e-09",
        "measure new was None and is 4.0",
    ]
