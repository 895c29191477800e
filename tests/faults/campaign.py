"""Inject faults into running sweeps and look whether anything is lost, runs away or runs twice.

`python tests/faults/campaign.py --faults 300 --seed 1` prints one line a fault and a summary, and
exits 1 if anything was lost. It wants Linux; faults that need a mount are left out without root.

A *life* is one sweep in one project: a few faults one after the other, each in a run of the plain
`snakemake --cores 2` that continues what the last one left, and a last run that nobody disturbs.
After every fault: no process of the run is left, no record is half written or untrue. At the end:
the tables are those of an undisturbed run. Always: what had a good record is not simulated again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

sys.path += [
    str(Path(__file__).parents[1] / "workflow"),
    str(Path(__file__).parents[2] / "scripts"),
]

from project import REPOSITORY, TEMPLATE, Project

from snakespice.raw import RawError, check_raw
from snakespice.record import Record, RecordFault, read_record

MARK = "SNAKESPICE_FAULTS"
NGSPICE = shutil.which("ngspice") or "ngspice"
STAGES = ("plan.py", "render.py", "simulate.py", "aggregate.py")
GONE_WITHIN = 4.0  # s; the machine may be busy
IS_ROOT = os.geteuid() == 0
# Of a table, what another run need not have in common with this one.
CIRCUMSTANCES = {
    *("timestamp_iso", "simulation_duration", "cpu_seconds", "max_rss_mb", "attempt", "host")
}
HUB = """
results: results
testbenches:
  rc:
    template: rc.spice.j2
    parameters: {{R: 1k, C: 1n, temp: 27}}
    measures: [vmax]
sweeps:
  rc: {{testbench: rc, parameters: {{R: [{values}], C: [1n, 2n]}}}}
execution: {{cases_per_job: {size}}}
simulator: {{engine: cold}}
"""
# What a sweep may become between two runs: the values of R, and an edit of the template.
VARIANTS = (("1k, 2k, 3k", ""), ("1k, 1.5k, 2k, 3k", ""), ("1k, 2k, 3k", "* edited\n"))
# It answers as some version, tells what it is about to simulate, and takes its time.
SHIM = """#!/bin/sh
[ "$1" = --version ] && {{ echo "** ngspice-{version} :"; exit; }}
md5sum < netlist.spice >> "$STARTS"
sleep {pause}
exec {ngspice} "$@"
"""


class Broken(Exception):
    """Something does not hold; the message says what."""


def processes(run: str) -> Iterator[tuple[int, str]]:
    """Yield number and command line of the processes that a run has started, itself included."""
    wanted = f"{MARK}={run}\0".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (path / "environ").read_bytes() + b"\0":
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if command:  # a zombie has none
                    yield int(path.name), command


def descendants(number: int) -> Iterator[tuple[int, str]]:
    """Yield a process and all below it, with their command lines: cheaper than `processes`."""
    with suppress(OSError):
        place = Path(f"/proc/{number}")
        yield number, (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        for path in place.glob("task/*/children"):
            for child in path.read_text().split():
                yield from descendants(int(child))


def wait_until(condition: Callable[[], bool], within: float) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Run:
    """One `snakemake`, with all that it starts marked as its own."""

    number: ClassVar[int] = 0

    def __init__(
        self,
        life: Life,
        *arguments: str,
        prefix: tuple[str, ...] = (),
        cores: int = 2,
        **environment: str | None,
    ) -> None:
        Run.number += 1
        self.name = f"{os.getpid()}-{Run.number}"
        wanted = life.environment | {MARK: self.name} | environment
        self._output = (life.base / f"output-{Run.number}").open("w+")
        self.process = subprocess.Popen(
            [*prefix, *life.command(*arguments, cores=cores)],
            cwd=life.directory,
            env={key: value for key, value in wanted.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def wait(self, timeout: float = 180) -> int:
        """Wait for the end; return the exit code."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise Broken(f"it hangs: {self.said()[-2000:]}") from None

    def said(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def find(self, *words: str) -> list[int]:
        """Return the processes of this run that have one of the words in their command lines."""
        below = descendants(self.process.pid)
        return [number for number, command in below if any(word in command for word in words)]

    def left(self) -> list[str]:
        return [command for _, command in processes(self.name)]

    def kill_all(self) -> None:
        for number, _ in processes(self.name):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)


class Life(Project):
    """A sweep that much happens to."""

    def __init__(self, base: Path, name: str, rng: random.Random, size: int | None = None) -> None:
        self.base, self.rng = base, rng
        self.size = size or rng.choice([1, 3])
        self.variant = 0
        self.version = "39"
        self.pause = "0.15"
        self.damaged: set[str] = set()
        self.killed = self.is_finished = False
        self.begun: list[Run] = []
        self.dying: list[Run] = []
        self.mounted: list[Path] = []
        self.again = self.running = 0
        self.good: set[str] = set()
        self.left: list[str] = []
        super().__init__(base / name)
        self.write_files()

    def write_files(self) -> None:
        """Write what the project consists of, as it is to be now."""
        values, edit = VARIANTS[self.variant]
        self.write("config.yaml", HUB.format(values=values, size=self.size))
        self.write("rc.spice.j2", TEMPLATE.replace(".temp", f"{edit}.temp"))
        self.write("c.spice", (self.directory / "c.spice").read_text())
        self.install(self.version)

    def install(self, version: str) -> None:
        """Put an ngspice that calls itself by this version in the place of the one before."""
        self.version = version
        text = SHIM.format(version=version, pause=self.pause, ngspice=NGSPICE)
        new = self.write("bin/.ngspice", text)
        new.chmod(new.stat().st_mode | stat.S_IXUSR)
        new.replace(self.directory / "bin/ngspice")

    @property
    def results(self) -> Path:
        return self.directory / "results"

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.directory / 'bin'}:{Path(sys.executable).parent}:{tools(self.base)}"
        return os.environ | {"PATH": path, "STARTS": str(self.base / "starts")}

    def find_work(self) -> None:
        """See to it that a run has something to do, and sometimes something else than before."""
        if self.is_finished or self.rng.random() < 0.2:
            others = [number for number in range(len(VARIANTS)) if number != self.variant]
            self.variant = self.rng.choice(others)
            self.write_files()

    def begin(self, *arguments: str, **settings: Any) -> Run:
        """Start a run of the plain command."""
        if not self.running:
            self.good = self.good_records()
            self.simulated()
        self.running += 1
        self.begun.append(Run(self, *arguments, **settings))
        return self.begun[-1]

    # What must hold

    def good_records(self) -> set[str]:
        """Return what need not be simulated again: the netlists of the good, completed records."""
        good = set()
        for netlist_path in self.results.glob("rc/**/netlist.spice"):
            path = netlist_path.with_name("run_status.json")
            record = whole_record(path)
            if record is None or record.status != "completed" or not record.simulator:
                continue
            netlist = netlist_path.read_bytes()
            if (
                hashlib.sha256(netlist).hexdigest() == record.netlist_sha256
                and record.simulator["version"] == f"ngspice-{self.version}"
                and raw_is_whole(path, record)
            ):
                good.add(hashlib.md5(netlist).hexdigest())
        return good

    def simulated(self) -> list[str]:
        """Return the netlists for which ngspice was started since this was last asked."""
        path = self.base / "starts"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line.split()[0] for line in lines if line]

    def check_records(self) -> None:
        """Look whether all records that nobody damaged are whole, and the completed true."""
        for case_dir in self.results.glob("rc/case_*"):
            path = case_dir / "run_status.json"
            if case_dir.name in self.damaged:
                continue
            try:
                record = read_record(path)
            except RecordFault as fault:
                raise Broken(f"{case_dir.name}: half a record: {fault}") from fault
            if record and record.status == "completed" and not raw_is_whole(path, record):
                raise Broken(f"{case_dir.name} is called completed and its raw file is not whole")

    def end(self, run: Run, *, hasty: bool = False, timeout: float = 180) -> int:
        """Wait for the end of a run, check what must hold then, and return its exit code."""
        code = run.wait(timeout)
        self.is_finished = code == 0
        for other in [*self.dying, *([] if hasty else [run])]:
            wait_until(lambda other=other: not other.left(), GONE_WITHIN)  # type: ignore[misc]
            self.left += other.left()
            other.kill_all()
        self.dying = [run] if hasty else []
        self.running -= 1
        if not self.running:
            self.again += sum(netlist in self.good for netlist in self.simulated())
        self.check_records()
        return code

    def end_calmly(self, run: Run) -> int:
        """End a run that got no signal: what is wrong is told without a traceback."""
        code = self.end(run)
        if "Traceback (most recent call last)" in run.said():
            raise Broken(f"a traceback: {run.said()[-3000:]}")
        return code

    def plain(self, **environment: str | None) -> str:
        """Run the plain command undisturbed; return what it said."""
        run = self.begin(**environment)
        if code := self.end_calmly(run):
            raise Broken(f"the plain command ends with {code}: {run.said()[-3000:]}")
        return run.said()

    def metadata(self) -> str:
        return (self.results / "rc/metadata.csv").read_text()

    def finish(self, expected: Tables) -> None:
        """Let the sweep come to its end; its tables are those of an undisturbed run."""
        self.plain()
        wrong = self.differing(expected)
        unexplained = [
            row["case_id"]
            for row in wrong
            if not (row["failure"] == "crashed" and self.killed)
            and not (
                row["failure"] == "corrupt_status" and f"case_{row['case_id']}" in self.damaged
            )
        ]
        if unexplained:
            raise Broken(
                f"cases {', '.join(unexplained)} are not those of an undisturbed run: {wrong[:2]}"
            )
        if wrong or self.damaged:
            self.script(
                "retry.py", "results/rc", "--failure", "crashed", "--failure", "corrupt_status"
            )
            self.damaged.clear()
            self.plain()
        if wrong := self.differing(expected):
            raise Broken(f"after retry.py: {wrong[:2]}")
        if self.table(name="measures.csv") != expected.measures:
            raise Broken("measures.csv differs from that of an undisturbed run")
        if self.metadata() != expected.metadata:
            raise Broken("metadata.csv differs from that of an undisturbed run")
        strays = [path.name for path in self.results.glob("rc/case_*/.*.*.*")]
        if strays:
            raise Broken(f"left lying about: {strays}")

    def differing(self, expected: Tables) -> list[dict[str, str]]:
        """Return the rows that are not as expected."""
        rows = [without_circumstances(row) for row in self.table()]
        if len(rows) != len(expected.status):
            raise Broken(f"{len(rows)} rows, not {len(expected.status)}")
        simulator = json.dumps({"name": "ngspice", "version": f"ngspice-{self.version}"})
        return [
            row
            for row, right in zip(rows, expected.status, strict=True)
            if row != right | {"simulator": simulator, "result_key": row["result_key"]}
        ]

    def mount(self, path: Path, size: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], check=True)
        self.mounted.append(path)

    def close(self) -> None:
        """Leave nothing behind."""
        for run in self.begun:
            run.kill_all()
        for path in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", path], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True)
class Tables:
    """What an undisturbed run leaves."""

    status: list[dict[str, str]]
    measures: list[dict[str, str]]
    metadata: str


class Expected:
    """The tables of undisturbed runs, made when they are first asked for."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._known: dict[int, Tables] = {}

    def of(self, variant: int) -> Tables:
        """Return the tables of a variant."""
        if variant not in self._known:
            life = Life(self._base, f"undisturbed {variant}", random.Random(0), size=1)
            life.variant, life.pause = variant, "0"
            life.write_files()
            life.plain()
            rows = [without_circumstances(row) for row in life.table()]
            assert {row["status"] for row in rows} == {"completed"}
            self._known[variant] = Tables(rows, life.table(name="measures.csv"), life.metadata())
            life.close()
        return self._known[variant]


def without_circumstances(row: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in row.items() if name not in CIRCUMSTANCES}


def whole_record(path: Path) -> Record | None:
    try:
        return read_record(path)
    except RecordFault:
        return None


def raw_is_whole(path: Path, record: Record) -> bool:
    try:
        return bool(check_raw(path.parent / (record.result_file or "")))
    except RawError:
        return False


def tools(base: Path) -> Path:
    """Return a directory with all programs of the system but ngspice."""
    directory = base / "tools"
    if not directory.exists():
        directory.mkdir()
        for path in [*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()]:
            if path.name != "ngspice" and not (directory / path.name).is_symlink():
                (directory / path.name).symlink_to(path)
    return directory


# The faults: each happens to a life, and returns a few words on what it was.

Fault = Callable[[Life], str]
FAULTS: dict[str, tuple[float, Fault]] = {}


def fault(name: str, weight: float, *, root: bool = False) -> Callable[[Fault], Fault]:
    """Register a fault; the weight says how often it is chosen."""

    def register(function: Fault) -> Fault:
        if IS_ROOT or not root:
            FAULTS[name] = (weight, function)
        return function

    return register


def moment(life: Life, run: Run, *stages: str) -> str:
    """Wait for a random moment of a run, in one of some stages; return its name."""
    stage = life.rng.choice(stages or [*STAGES, "simulate.py", "simulate.py", "any"])
    if stage == "any":
        delay = life.rng.uniform(0.3, 7)
        wait_until(run.is_over, delay)
    else:
        wait_until(lambda: run.is_over() or bool(run.find(stage)), 60)
        delay = life.rng.uniform(0, 1.5 if stage == "simulate.py" else 0.25)
        wait_until(run.is_over, delay)
    return ("over" if run.is_over() else stage) + f"+{delay:.2f}s"


def signalled(number: signal.Signals, target: str) -> Fault:
    def strike(life: Life) -> str:
        life.find_work()
        run = life.begin()
        if target in ("unit's script", "ngspice"):
            words = STAGES if target == "unit's script" else ("ngspice -n",)
            when = moment(life, run, *(STAGES if target == "unit's script" else ("simulate.py",)))
            wait_until(lambda: run.is_over() or bool(run.find(*words)), 5)
            victims = [number for number in run.find(*words) if number != run.process.pid]
            chosen = life.rng.choice(victims) if victims else None
            if chosen is None:
                when += ", nobody there"
            else:
                with suppress(ProcessLookupError):
                    os.kill(chosen, number)
            life.killed = life.killed or target == "ngspice"
        else:
            when = moment(life, run)
            send = os.killpg if target == "process group" else os.kill
            with suppress(ProcessLookupError):
                send(run.process.pid, number)
        hasty = number == signal.SIGKILL and life.rng.random() < 0.5
        code = life.end(run, hasty=hasty)
        return f"at {when}, exit code {code}{', next run at once' if hasty else ''}"

    return strike


for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
    for _target in ("snakemake", "unit's script", "ngspice", "process group"):
        fault(f"{_number.name} to {_target}", 5)(signalled(_number, _target))


@fault("disk full", 30, root=True)
def disk_full(life: Life) -> str:
    if not life.mounted:
        if life.results.exists():
            shutil.rmtree(life.results)
        life.mount(life.results, "3m")
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    filler = life.results / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    if momentary := life.rng.random() < 0.3:
        time.sleep(life.rng.uniform(0, 1))
        filler.unlink()
    code = life.end_calmly(run)
    filler.unlink(missing_ok=True)
    if code and not momentary and "disk full at" not in run.said():
        raise Broken(f"it does not say that the disk is full: {run.said()[-3000:]}")
    return f"at {when}, exit code {code}{', for a moment' if momentary else ''}"


@fault("results read-only", 3, root=True)
def read_only(life: Life) -> str:
    if not life.mounted:
        if life.results.exists():
            shutil.rmtree(life.results)
        life.mount(life.results, "10m")
    life.variant = (life.variant + 1) % len(VARIANTS)
    life.write_files()
    subprocess.run(["mount", "-o", "remount,ro", life.results], check=True)
    run = life.begin()
    code = life.end_calmly(run)
    subprocess.run(["mount", "-o", "remount,rw", life.results], check=True)
    if not code or "Read-only file system" not in run.said():
        raise Broken(f"it does not say that the results cannot be written: {run.said()[-3000:]}")
    return f"exit code {code}"


def go_on(life: Life) -> None:
    """Let a life go on to its end, or until it is killed."""
    if life.rng.random() < 0.4:
        life.plain()
    else:
        signalled(signal.SIGKILL, "snakemake")(life)
        settle(life)


def settle(life: Life) -> None:
    """Wait until what a killed run left is gone."""
    wait_until(lambda: not any(run.left() for run in life.dying), GONE_WITHIN)


def damage(path: Path, kind: str, others: list[Path]) -> None:
    """Do to a file what a kind of damage does."""
    data = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "binary":
        path.write_bytes(bytes(range(256)) * 4)
    elif kind == "another case's":
        path.write_bytes(next(other for other in others if other != path).read_bytes())
    elif kind == "of another version":
        path.write_text(json.dumps(json.loads(data) | {"schema_version": 99}))
    else:
        path.unlink()
        if kind == "a directory":
            (path / "what").mkdir(parents=True)
        elif kind == "unreadable":  # by root, too
            path.symlink_to("/proc/self/mem")
        elif kind == "a pipe":
            os.mkfifo(path)


KINDS = ("truncated", "empty", "binary", "another case's", "of another version", "a directory")


def damaged_record(kind: str) -> Fault:
    def strike(life: Life) -> str:
        go_on(life)
        records = sorted(life.results.glob("rc/case_*/run_status.json"))
        records = [path for path in records if whole_record(path)]
        if len(records) < 2:
            return "no records yet"
        path = life.rng.choice(records)
        damage(path, kind, records)
        life.damaged.add(path.parent.name)
        return path.parent.name

    return strike


for _kind in (*KINDS, "unreadable", "a pipe"):
    fault(f"record {_kind}", 3)(damaged_record(_kind))


@fault("raw file cut short", 4)
def short_raw(life: Life) -> str:
    go_on(life)
    raws = sorted(life.results.glob("rc/case_*/case_*.raw"))
    if not raws:
        return "no raw file yet"
    path = life.rng.choice(raws)
    path.write_bytes(path.read_bytes()[:-8])
    life.damaged.add(path.parent.name)
    return path.name


def damaged_file(name: str) -> Fault:
    def strike(life: Life) -> str:
        go_on(life)
        path = life.results / "rc" / name
        if not path.exists():
            return "it is not there yet"
        # A netlist that was not cut short but changed is taken for somebody's work.
        kinds = ["truncated", "empty", *(["binary", "a directory"] if "case" not in name else [])]
        kind = life.rng.choice(kinds)
        damage(path, kind, [])
        return kind

    return strike


for _name in ("metadata.csv", "plan.json", "netlists_1.json", "case_1/netlist.spice"):
    fault(f"half a {_name.rpartition('/')[2]}", 3)(damaged_file(_name))


@fault("ngspice removed", 8)
def removed(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    (life.directory / "bin/ngspice").unlink()
    code = life.end_calmly(run)
    life.install(life.version)
    if code and "ngspice" not in run.said():
        raise Broken(f"it does not say that ngspice is missing: {run.said()[-3000:]}")
    return f"at {when}, exit code {code}"


@fault("ngspice replaced", 5)
def replaced(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    life.good = set()
    life.install("40" if life.version == "39" else "39")
    code = life.end_calmly(run)
    return f"at {when}, exit code {code}"


@fault("no HOME", 2)
def no_home(life: Life) -> str:
    life.plain(HOME=None)
    return ""


@fault("/tmp full", 2, root=True)
def tmp_full(life: Life) -> str:
    """Run in a mount namespace of its own, in which /tmp is full but for what must be there."""
    needed = {Path(sys.prefix), life.base, REPOSITORY}
    needed = {path for path in needed if path.is_relative_to("/tmp")}
    binds = "\n".join(
        f"mkdir -p '{path}'; mount --bind '/mnt/{path.relative_to('/tmp')}' '{path}'"
        for path in needed
    )
    text = f"""set -e
path=$PATH; PATH=/usr/bin:/bin
mount --bind /tmp /mnt
mount -t tmpfs -o size=64k none /tmp
{binds}
cat /dev/zero > /tmp/filler 2> /dev/null || true
cd "$1"; shift
PATH=$path exec "$@"
"""
    prefix = ("unshare", "--mount", "bash", "-c", text, "bash", str(life.directory))
    run = life.begin(prefix=prefix)
    if code := life.end_calmly(run):
        raise Broken(f"exit code {code}: {run.said()[-3000:]}")
    return ""


@fault("working directory deleted", 4)
def deleted(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    for path in life.mounted:
        subprocess.run(["umount", "--lazy", path], check=False)
    life.mounted.clear()
    while life.directory.exists():
        shutil.rmtree(life.directory, ignore_errors=True)
    code = run.wait()
    if not wait_until(lambda: not run.left(), GONE_WITHIN):
        life.left += run.left()
        run.kill_all()
    shutil.rmtree(life.directory, ignore_errors=True)
    life.directory.mkdir()
    Project.__init__(life, life.directory)
    life.write_files()
    life.running -= 1
    life.damaged.clear()
    return f"at {when}, exit code {code}"


@fault("two runs, different sweeps", 3)
def two_different(life: Life) -> str:
    text = (life.directory / "config.yaml").read_text()
    other = "sweeps:\n  other: {testbench: rc, parameters: {R: [7k, 8k, 9k]}}"
    life.write("config.yaml", text.replace("sweeps:", other))
    runs = [life.begin("--", "rc"), life.begin("--", "other")]
    codes = [life.end(run) for run in runs]
    if codes != [0, 0]:
        raise Broken(f"exit codes {codes}: {[run.said()[-1500:] for run in runs]}")
    life.write_files()
    return ""


@fault("two runs, the same sweep", 4)
def two_same(life: Life) -> str:
    life.variant = (life.variant + 1) % len(VARIANTS)
    life.write_files()
    life.pause = "1"
    life.install(life.version)
    first = life.begin()
    # The second starts when the first has its hold; which of them gets it is chance otherwise.
    wait_until(lambda: first.is_over() or bool(first.find(*STAGES)), 60)
    second = life.begin()
    code = life.end_calmly(second)
    late = first.is_over()
    said = second.said()
    if life.end(first):
        raise Broken(f"the first run is disturbed: {first.said()[-3000:]}")
    if code and f"process {first.process.pid} on" not in said:
        raise Broken(f"it does not say who holds the sweep: {said[-3000:]}")
    if not code and not late and "Nothing to be done" not in said:
        raise Broken(f"both ran: {said[-3000:]}")
    return "refused" if code else "the first was over"


@fault("clock set back", 2)
def clock(life: Life) -> str:
    go_on(life)
    ahead = time.time() + 3600
    for path in life.results.glob("rc/**/*"):
        if path.is_file():
            os.utime(path, (ahead, ahead), follow_symlinks=False)
    return "all files are from the future"


@fault("1,000 units", 0)
def many_units(life: Life) -> str:
    """Stop a thousand units half way and let them finish, all with few file descriptors."""
    values = ", ".join(f"{ohms}" for ohms in range(1001, 1501))
    life.write("config.yaml", HUB.format(values=values, size=1))
    life.pause = "0"
    life.install(life.version)
    prefix = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
    run = life.begin("--", "rc", prefix=prefix, cores=4)
    records = life.results / "rc"
    wait_until(
        lambda: run.is_over() or len(list(records.glob("case_*/run_status.json"))) > 300, 900
    )
    os.killpg(run.process.pid, signal.SIGINT)
    life.end(run)
    run = life.begin("--", "rc", prefix=prefix, cores=4)
    memory = files = 0
    status = Path(f"/proc/{run.process.pid}/status")
    while not run.is_over():
        with suppress(OSError, StopIteration):
            lines = status.read_text().splitlines()
            memory = int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
            files = max(files, len(os.listdir(status.with_name("fd"))))
        time.sleep(0.2)
    code = life.end_calmly(run)
    rows = life.table()
    completed = sum(row["status"] == "completed" for row in rows)
    if code or (len(rows), completed) != (1000, 1000) or memory > 500_000:
        raise Broken(f"exit code {code}, {completed} of {len(rows)} completed, {memory} kB")
    shutil.rmtree(life.results)
    life.pause = "0.15"
    life.write_files()
    return f"{memory // 1024} MB and {files} files open at the most"


ODDITIES = ("", " with space", ' it\'s "quoted"', " Größe µ", "x" * 200)


@dataclass
class Tally:
    """What has happened so far."""

    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    again: int = 0

    def lines(self) -> Iterator[str]:
        width = max(map(len, self.faults), default=0)
        for name, count in sorted(self.faults.items()):
            yield f"{name:{width}} {count:4}"
        yield f"faults: {self.faults.total()}"
        yield f"lost: {len(self.lost)}"
        yield f"left running: {len(self.left)}"
        yield f"simulated again: {self.again}"


class Campaign:
    """A number of faults, all chosen by the seed."""

    def __init__(self, base: Path, seed: int, names: list[str] | None = None) -> None:
        self.base, self.seed = base, seed
        self.names = names or [name for name, (weight, _) in FAULTS.items() if weight]
        self.tally = Tally()
        self._expected = Expected(base)
        self._lives = 0

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
        life = Life(self.base, f"{self._lives}{oddity}"[:200], rng)
        try:
            if oddity:
                self._tell("odd path", life.directory.name[:30])
            for name in names:
                self._inject(life, name)
            life.finish(self._expected.of(life.variant))
        except (Broken, AssertionError) as fault:
            self.tally.lost.append(str(fault))
            kept = self.base / "lost" / str(self._lives)
            left_out = shutil.ignore_patterns("bin")
            shutil.copytree(life.directory, kept, symlinks=True, ignore=left_out)
            print(f"LOST life {self._lives} in {kept}: {fault}", flush=True)
        finally:
            self.tally.left += life.left
            self.tally.again += life.again
            if life.again:
                print(f"SIMULATED AGAIN life {self._lives}: {life.again} cases", flush=True)
            for command in life.left:
                print(f"LEFT RUNNING life {self._lives}: {command}", flush=True)
            life.close()

    def _inject(self, life: Life, name: str) -> None:
        told = "BROKEN"
        try:
            told = FAULTS[name][1](life)
        finally:
            self._tell(name, f"{'one case' if life.size == 1 else 'blocks'}; {told}")

    def _tell(self, name: str, text: str) -> None:
        self.tally.faults[name] += 1
        number = self.tally.faults.total()
        print(f"{number:4} life {self._lives:3} {name}: {text}", flush=True)


def main() -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=sorted(FAULTS), metavar="NAME")
    arguments = parser.parse_args()
    # In the background a shell has this ignored, which all that is started here would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # So that a life that is under way is closed: its processes, its mounts.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    started = time.monotonic()
    base = Path(tempfile.mkdtemp(prefix="faults."))
    tally = Campaign(base, arguments.seed, arguments.only).run(arguments.faults)
    if not tally.lost:
        shutil.rmtree(base)
    print(*tally.lines(), sep="\n")
    print(f"{REPOSITORY}, seed {arguments.seed}, {(time.monotonic() - started) / 60:.0f} min")
    return 1 if tally.lost or tally.left or tally.again else 0


if __name__ == "__main__":
    sys.exit(main())
