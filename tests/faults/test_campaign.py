"""The short form of the campaign: a dozen faults in two lives, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from campaign import FAULTS, Campaign

LIVES = {
    "cold": [
        *("SIGKILL to snakemake", "disk full", "record truncated", "SIGTERM to unit's script"),
        *("ngspice removed", "SIGINT to process group", "include edited", "case: link"),
    ],
    "auto": [
        *("SIGKILL to unit's script", "raw file cut short", "SIGINT to snakemake"),
        *("half a plan.json", "SIGKILL to process group", "two runs, the same sweep"),
    ],
}


@pytest.mark.parametrize("engine", LIVES)
def test_nothing_is_lost(tmp_path: Path, engine: str) -> None:
    campaign = Campaign(tmp_path, seed=1, engines=[engine])
    campaign.live([name for name in LIVES[engine] if name in FAULTS])
    tally = campaign.tally
    assert tally.faults.total() >= 5
    assert (tally.lost, tally.left, tally.again) == ([], [], [])
