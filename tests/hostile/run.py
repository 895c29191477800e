"""Throw many inputs at every reader: `python tests/hostile/run.py --inputs 10000`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run the properties with as many inputs each, and say how many each was given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="inputs a reader")
    arguments, rest = parser.parse_known_args()
    here = Path(__file__).parent
    command = [sys.executable, "-m", "pytest", str(here / "test_readers.py"), "-vv", *rest]
    command += ["--hypothesis-show-statistics"]
    environment = os.environ | {"SNAKESPICE_INPUTS": str(arguments.inputs)}
    return subprocess.run(command, env=environment, cwd=here.parents[1]).returncode


if __name__ == "__main__":
    sys.exit(main())
