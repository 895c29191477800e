"""What the settings of the simulator and of what is kept amount to."""

from __future__ import annotations

from pathlib import Path

import pytest

from snakespice.config.settings import Keep, Requirement, Simulator, applies


def simulator(require: Requirement, spiceinit: Path | None = None) -> Simulator:
    return Simulator("auto", 60, 1000, 100, 1, spiceinit, "none", require)


@pytest.mark.parametrize(
    ("require", "seconds"),
    [
        (Requirement(None, None, 600), 60),
        (Requirement(100, None, 600), 660),
        (Requirement(None, 90, 600), 660),
        (Requirement(0, 0, 5), 65),
    ],
)
def test_the_longest_time_of_a_case_counts_its_waiting(require: Requirement, seconds: int) -> None:
    assert simulator(require).longest == seconds


@pytest.mark.parametrize("spiceinit", [None, Path("/p/init")])
def test_settings_travel_as_plain_data(spiceinit: Path | None) -> None:
    before = simulator(Requirement(None, 90, 5), spiceinit)
    assert Simulator.of(before.to_json()) == before


def test_what_is_kept_of_which_cases() -> None:
    kept = {choice: [applies(choice, s) for s in ("completed", "failed")] for choice in KEPT}
    assert kept == KEPT
    assert Keep("failed", "never", "failed").nothing
    assert not Keep("never", "never", "always").nothing
    assert Keep("never", "always", "always").waveform("failed") is False


KEPT = {"always": [True, True], "failed": [False, True], "never": [False, False]}
