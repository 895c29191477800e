"""Cases made up for tests of specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from snakespice.specs.cases import COMPLETED, Cases


def cases(
    parameters: Mapping[str, Sequence[str]],
    measures: Mapping[str, Sequence[float] | np.ndarray],
    status: Sequence[int] | None = None,
    draw: Sequence[int] | np.ndarray | None = None,
    **more: Any,
) -> Cases:
    """Return cases numbered from 1; NaN is a measure that is null."""
    rows = len(next(iter(measures.values())))
    return Cases(
        case_id=np.arange(1, rows + 1),
        status=np.array([COMPLETED] * rows if status is None else status, np.int8),
        parameters={name: pd.Categorical(list(values)) for name, values in parameters.items()},
        measures={name: np.array(values, float) for name, values in measures.items()},
        warned=np.zeros(rows, bool),
        draw=None if draw is None else np.array(draw, np.int64),
        **more,
    )
