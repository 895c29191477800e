"""Inject faults into running sweeps and look whether anything is lost, runs away or runs twice.

`python tests/faults/campaign.py --faults 300 --seed 1` prints one line a fault and a summary, and
exits 1 if anything was lost. It wants Linux; faults that need a mount are left out without root.

A *life* is one sweep in one project: a few faults one after the other, each in a run of the plain
`snakemake --cores 2` that continues what the last one left, and a last run that nobody disturbs.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path += [
    str(Path(__file__).parents[1] / "support"),
    str(Path(__file__).parents[2] / "scripts"),
]

import damage
import kills
import machine
import people
import runs
from life import KINDS, Expected, Life
from processes import Broken
from project import REPOSITORY

FAULTS = kills.FAULTS | damage.FAULTS | machine.FAULTS | people.FAULTS | runs.FAULTS
ODDITIES = ("", " with space", ' it\'s "quoted"', " Größe µ", "x" * 200)


@dataclass
class Tally:
    """What has happened so far."""

    faults: Counter[str] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        width = max(map(len, self.faults), default=0)
        for name, count in sorted(self.faults.items()):
            yield f"{name:{width}} {count:4}"
        engines = (f"{count} {engine}" for engine, count in sorted(self.engines.items()))
        yield f"cases at the ends of lives, by engine: {', '.join(engines)}"
        yield f"faults: {self.faults.total()}"
        yield f"lost: {len(self.lost)}"
        yield f"left running: {len(self.left)}"
        yield f"simulated again: {len(self.again)}"


class Campaign:
    """A number of faults, all chosen by the seed."""

    def __init__(
        self,
        base: Path,
        seed: int,
        names: Sequence[str] = (),
        engines: Sequence[str] = tuple(KINDS),
    ) -> None:
        self.base, self.seed = base, seed
        self.names = names or [name for name, (weight, _) in FAULTS.items() if weight]
        self.kinds = [KINDS[engine] for engine in engines]
        self.tally = Tally()
        self._expected = Expected(base)
        self._lives = 0
        # In the background a shell has this ignored, which all that is started here would inherit.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def run(self, faults: int) -> Tally:
        """Inject the faults, a few a life."""
        rng = random.Random(self.seed)
        weights = [FAULTS[name][0] or 1 for name in self.names]
        while (missing := faults - self.tally.faults.total()) > 0:
            self.live(rng.choices(self.names, weights, k=min(missing, rng.randint(2, 8))))
        return self.tally

    def live(self, names: list[str]) -> None:
        """Lead one life with these faults; a directory with an odd name is one more."""
        self._lives += 1
        rng = random.Random(f"{self.seed} {self._lives}")
        oddity = rng.choices(ODDITIES, [8, 1, 1, 1, 1])[0]
        life = Life(self.base, f"{self._lives}{oddity}"[:200], rng, rng.choice(self.kinds))
        try:
            if oddity:
                self._tell(life, "odd path", life.directory.name[:30])
            for name in names:
                self._inject(life, name)
            life.finish(self._expected.of(life.kind, life.variant))
            self.tally.engines.update(row["engine"] for row in life.table())
        except (Broken, AssertionError) as fault:
            self.tally.lost.append(str(fault))
            kept = self.base / "lost" / str(self._lives)
            left_out = shutil.ignore_patterns("bin")
            shutil.copytree(life.directory, kept, symlinks=True, ignore=left_out)
            print(f"LOST life {self._lives} in {kept}: {fault}", flush=True)
        finally:
            self.tally.left += life.left
            self.tally.again += life.again
            for case in life.again:
                print(f"SIMULATED AGAIN life {self._lives}: {case}", flush=True)
            for command in life.left:
                print(f"LEFT RUNNING life {self._lives}: {command}", flush=True)
            life.close()

    def _inject(self, life: Life, name: str) -> None:
        told = "BROKEN"
        again = len(life.again)
        try:
            told = FAULTS[name][1](life)
        finally:
            if len(life.again) > again:
                told += f"; SIMULATED AGAIN {len(life.again) - again}"
            self._tell(life, name, told)

    def _tell(self, life: Life, name: str, text: str) -> None:
        self.tally.faults[name] += 1
        number = self.tally.faults.total()
        units = {1: "one case", "auto": "auto"}.get(life.size, f"blocks of {life.size}")
        print(
            f"{number:4} life {self._lives:3} {life.kind.engine}, {units}, {name}: {text}",
            flush=True,
        )


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=sorted(FAULTS), metavar="NAME")
    parser.add_argument("--engine", choices=KINDS, help="in all lives, instead of by chance")
    arguments = parser.parse_args()
    # So that a life that is under way is closed: its processes, its mounts.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    started = time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="faults."))
    engines = [arguments.engine] if arguments.engine else list(KINDS)
    tally = Campaign(base, arguments.seed, arguments.only or (), engines).run(arguments.faults)
    if not tally.lost:
        shutil.rmtree(base)
    print(*tally.lines(), sep="\n")
    print(f"{REPOSITORY}, seed {arguments.seed}, {(time.monotonic() - started) / 60:.0f} min")
    return 1 if tally.lost or tally.left or tally.again else 0


if __name__ == "__main__":
    sys.exit(main())
