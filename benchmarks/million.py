"""1,000,000 cases: planned and dry-run, but not simulated."""

from __future__ import annotations

import time

import decks
from harness import run, scratch, told, workflow

CASES = 1_000_000


def main() -> str:
    """Measure, print and return the table."""
    place = scratch()
    project = decks.trivial(place / "million", CASES)
    directory = place / "out"
    directory.mkdir()
    rows = []
    for name, option in (("dry run", "--dry-run"), ("plan", "--until=plan")):
        clock = time.monotonic()
        done = run(workflow(project, directory, option), place)
        assert done.returncode == 0, done.stdout
        took = time.monotonic() - clock
        rows.append((name, f"{took:.1f} s", f"{done.largest:.0f} MB"))
    lines = (directory / "results/s/metadata.csv").read_text().count("\n")
    assert lines == CASES + 1
    return told(f"{CASES} cases", ("", "took", "largest process"), rows)


if __name__ == "__main__":
    main()
