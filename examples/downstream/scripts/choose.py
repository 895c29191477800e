"""Rule choose: the parts with which the filter comes closest to a frequency."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("status", type=Path, help="run_status.csv")
    parser.add_argument("measures", type=Path, help="measures.csv")
    parser.add_argument("--cutoff", type=float, required=True, help="the frequency, in Hz")
    parser.add_argument("--output", type=Path, required=True, help="the table of the best five")
    arguments = parser.parse_args()
    status = pd.read_csv(arguments.status)
    if not (done := status["status"] == "completed").all():
        print(f"{(~done).sum()} of {len(done)} cases did not complete and are passed over")
    measures = pd.read_csv(arguments.measures)[done]
    measures["off_by_percent"] = 100 * (measures["f3db"] / arguments.cutoff - 1)
    best = measures.sort_values("off_by_percent", key=abs).head(5)
    best.to_csv(arguments.output, index=False)
    print(best.to_string(index=False))


if __name__ == "__main__":
    main()
