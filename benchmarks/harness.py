"""What all benchmarks share: contenders, interleaved rounds, medians and ratios.

A benchmark is a list of contenders that do the same simulations, each a command from start to
finish. All of them run once in each round, in turn, and every other round backwards, so that
whatever else the machine does falls on all alike; what is compared is the median of the ratios
within a round.
"""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

REPOSITORY = Path(__file__).resolve().parent.parent
CORES = 2
ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}


@dataclass
class Contender:
    """A command that simulates `cases` cases; `prepare` puts its directory in order, untimed.

    It runs in the first `rounds` rounds.
    """

    name: str
    command: Sequence[str]
    cases: int
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = lambda: None
    check: Callable[[], None] = lambda: None
    rounds: int = 99
    seconds: list[float] = field(default_factory=list)
    largest: float = 0.0

    def run(self) -> None:
        """Run the command once and note how long it took; stop when it fails."""
        self.prepare()
        os.sync()  # nobody waits for the disk because of what the one before has written
        clock = time.monotonic()
        done = run(self.command, self.directory, **self.environment)
        self.seconds.append(time.monotonic() - clock)
        self.largest = max(self.largest, done.largest)
        if done.returncode:
            sys.exit(f"{self.name} failed:\n{done.stdout[-3000:]}")
        self.check()

    @property
    def median(self) -> float:
        """The median time of the command in seconds."""
        return statistics.median(self.seconds)

    @property
    def per_case(self) -> float:
        """The median time of a case in seconds."""
        return self.median / self.cases

    def relative_to(self, first: Contender) -> float:
        """Return the median of the ratios of a case's times, as far as both have rounds."""
        pairs = zip(self.seconds, first.seconds, strict=False)
        return statistics.median(ours / theirs for ours, theirs in pairs) * first.cases / self.cases


@dataclass(frozen=True)
class Ran:
    """How a command ended, what it printed, and the memory of its largest process in MB."""

    returncode: int
    stdout: str
    largest: float


def run(command: Sequence[str], directory: Path, **environment: str) -> Ran:
    """Run a command to its end; Python may keep what it has compiled, as it does by default."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(
        command,
        cwd=directory,
        env={**inherited, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # of the process and all that it waited for
        process.returncode = os.waitstatus_to_exitcode(status)
    return Ran(process.returncode, printed, usage.ru_maxrss / 1024)


def compare(title: str, contenders: Sequence[Contender], rounds: int) -> str:
    """Run all contenders in each of `rounds` rounds; print and return a table in Markdown.

    Ratios are times a case relative to the first contender's in the same round: the machine is now
    faster, now slower.
    """
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else contenders[::-1]:
            if number < contender.rounds:
                contender.run()
                took = contender.seconds[-1]
                print(f"  round {number + 1}: {contender.name}: {took:.2f} s", file=sys.stderr)
    return told(
        title,
        ("", "cases", "runs", "median", "least to most", "a case", "ratio"),
        [
            (
                each.name,
                f"{each.cases}",
                f"{len(each.seconds)}",
                f"{each.median:.2f} s",
                f"{min(each.seconds):.2f} to {max(each.seconds):.2f} s",
                f"{each.per_case * 1e3:.2f} ms",
                f"{each.relative_to(contenders[0]):.2f}",
            )
            for each in contenders
        ],
    )


def told(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Print and return a table in Markdown."""
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    text = "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])
    print(text, flush=True)
    return text


def scratch() -> Path:
    """Return a new directory, which is removed when all benchmarks have run.

    Not before: ext4 takes longer to make files for some minutes after many were removed.
    """
    directory = Path(mkdtemp(prefix="snakespice-bench."))
    atexit.register(shutil.rmtree, directory)
    return directory


def anew(directory: Path) -> None:
    """Make a directory; what is there is not removed, see `scratch`, but moved aside."""
    if directory.exists():
        directory.rename(directory.with_name(f"{directory.name}.{time.monotonic_ns()}"))
    directory.mkdir(parents=True)


def workflow(project: Path, directory: Path, *options: str) -> list[str]:
    """Return the command that runs the project's sweep with this repository."""
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "Snakefile")),
        *("--cores", str(CORES), "--directory", str(directory)),
        *("--configfile", str(project / "config.yaml"), *options),
    ]


def snakespice(project: Path, cases: int, engine: str, rounds: int = 99) -> Contender:
    """Return the contender that runs the project's sweep with an engine of this repository."""
    chosen = ("--config", f"simulator={{engine: {engine}}}")
    directory = project / f"snakespice_{engine}"
    contender = sweep(f"snakespice, engine {engine}", directory, cases, *chosen)
    contender.rounds = rounds
    return contender


def sweep(name: str, directory: Path, cases: int, *options: str, **environment: str) -> Contender:
    """Return the contender that runs the sweep of the project around `directory`, from nothing."""
    project = directory.parent

    def check() -> None:
        for table in directory.glob("results/*/run_status.csv"):
            lines = table.read_text().count(",completed,")
            if lines != cases:
                sys.exit(f"{name}: {lines} of {cases} cases completed")

    command = workflow(project, directory, *options)
    return Contender(
        *(name, command, cases, project, environment), prepare=partial(anew, directory), check=check
    )


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
