"""How many inputs each reader is given: a few hundred, or SNAKESPICE_INPUTS (see run.py)."""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings

settings.register_profile(
    "hostile",
    max_examples=int(os.environ.get("SNAKESPICE_INPUTS", "200")),
    # Generous, as the machine may be busy: what it must find is what takes for ever.
    deadline=timedelta(seconds=5),
    suppress_health_check=list(HealthCheck),
    database=None,
)
settings.load_profile("hostile")
