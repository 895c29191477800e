"""What all benchmarks share: contenders, interleaved rounds, medians and ratios.

A benchmark is a list of contenders that do the same simulations, each a command from start to
finish. All of them run once in each round, in turn, so that whatever else the machine does
falls on all alike; what is compared is the ratio of the medians.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
CORES = 2
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}


@dataclass
class Contender:
    """A command that simulates `cases` cases; `prepare` puts its directory in order, untimed."""

    name: str
    command: Sequence[str]
    cases: int
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None
    seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run the command once and note how long it took; stop when it fails."""
        self.prepare()
        clock = time.monotonic()
        done = subprocess.run(
            self.command,
            cwd=self.directory,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.seconds.append(time.monotonic() - clock)
        if done.returncode:
            sys.exit(f"{self.name} failed:\n{done.stdout[-3000:]}")
        self.check()

    @property
    def per_case(self) -> float:
        """The median time of a case in seconds."""
        return statistics.median(self.seconds) / self.cases


def compare(title: str, contenders: Sequence[Contender], rounds: int) -> str:
    """Run all contenders in each of `rounds` rounds; print and return a table in Markdown.

    Ratios are times a case relative to the first contender.
    """
    for number in range(rounds):
        for contender in contenders:
            contender.run()
            took = contender.seconds[-1]
            print(f"  round {number + 1}: {contender.name}: {took:.2f} s", file=sys.stderr)
    first = contenders[0].per_case
    lines = [
        f"### {title}",
        "",
        "| | cases | median | least to most | a case | ratio |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {each.cases} | {statistics.median(each.seconds):.2f} s"
        f" | {min(each.seconds):.2f} to {max(each.seconds):.2f} s"
        f" | {each.per_case * 1e3:.2f} ms | {each.per_case / first:.2f} |"
        for each in contenders
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    return text


def snakespice(
    name: str, project: Path, cases: int, *options: str, engine: str = "auto"
) -> Contender:
    """Return the contender that runs the project's sweep with this repository, from nothing."""
    directory = project / f"snakespice_{engine}"

    def prepare() -> None:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()

    def check() -> None:
        for table in directory.glob("results/*/run_status.csv"):
            lines = table.read_text().count(",completed,")
            if lines != cases:
                sys.exit(f"{name}: {lines} of {cases} cases completed")

    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--cores", str(CORES), "--directory", str(directory)),
        *("--configfile", str(project / "config.yaml"), *options),
        *("--config", f"simulator={{engine: {engine}}}"),
    ]
    return Contender(name, command, cases, project, prepare=prepare, check=check)


def machine() -> str:
    """Return one line that names the machine and the versions."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
    version = subprocess.run(["ngspice", "--version"], capture_output=True, text=True).stdout
    ngspice = next(word for word in version.split() if word.startswith("ngspice-"))
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, {ngspice}"
    )
