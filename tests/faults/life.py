"""One sweep in one project to which much happens, and what must hold whatever happens.

After every run: no process of it is left, no record is half written or untrue, and nothing that
had a good record was simulated again. At the end the tables are those of an undisturbed run.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from processes import Broken, Run
from project import NGSPICE, TEMPLATE, Project
from sameness import ENGINES, essence

from snakespice.base.files import UnusableFile
from snakespice.record.record import Record
from snakespice.record.store import read_record
from snakespice.sweep.index import file_digest
from snakespice.sweep.inputs import changed_inputs
from snakespice.verdict.raw import RawError, check_raw

GONE_WITHIN = 4.0  # s; the machine may be busy
LONGEST = 60.0  # s that a simulation here could take
HUB = """
results: results
testbenches:
  rc:
    template: rc.spice.j2
    parameters: {{R: 1k, C: 1n, temp: 27}}
    measures: [vmax]
sweeps:
  rc: {{testbench: rc, parameters: {{R: [{resistors}], C: [{capacitors}]}}}}
execution: {{cases_per_job: {size}}}
simulator: {{engine: {engine}}}
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


@dataclass(frozen=True)
class Kind:
    """What a life's sweep is like; the engine auto wants many cases alike, and none in no time."""

    engine: str
    sizes: tuple[int | str, ...]
    capacitors: str
    analysis: str
    pause: str  # s that the cold engine takes longer


COLD = Kind("cold", (1, 3), "1n, 2n", ".tran 1u 200u", "0.15")
AUTO = Kind(
    "auto", (16, 24, "auto"), "1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n", ".tran 1u 50m 49.8m", "0.05"
)
KINDS = {kind.engine: kind for kind in (COLD, AUTO)}


class Life(Project):
    """A sweep that much happens to."""

    def __init__(self, base: Path, name: str, rng: random.Random, kind: Kind) -> None:
        self.base, self.rng, self.kind = base, rng, kind
        self.size = rng.choice(kind.sizes)
        self.variant = 0
        self.version = "39"
        self.pause = kind.pause
        self.damaged: set[str] = set()  # directories of cases
        self.cut_short: set[str] = set()  # times of the records of raw files
        self.killed = self.is_finished = False
        self.begun: list[Run] = []
        self.dying: list[Run] = []
        self.mounted: list[Path] = []
        self.running = 0
        self.good: dict[str, dict[str, str]] = {}
        self.left: list[str] = []
        self.again: list[str] = []
        super().__init__(base / name)
        self.write_files()

    def write_files(self) -> None:
        """Write what the project consists of, as it is to be now."""
        resistors, edit = VARIANTS[self.variant]
        self.write("config.yaml", self.hub(resistors, self.kind.capacitors, self.size))
        template = TEMPLATE.replace(".tran 1u 200u", self.kind.analysis)
        self.write("rc.spice.j2", template.replace(".temp", f"{edit}.temp"))
        self.write("c.spice", (self.directory / "c.spice").read_text())
        self.install(self.version)

    def hub(self, resistors: str, capacitors: str, size: int | str) -> str:
        """Return the configuration with these values of R and C and cases a job."""
        return HUB.format(
            resistors=resistors, capacitors=capacitors, size=size, engine=self.kind.engine
        )

    def install(self, version: str, pause: str | None = None) -> None:
        """Put an ngspice that calls itself by this version in the place of the one before."""
        self.version = version
        text = SHIM.format(version=version, pause=pause or self.pause, ngspice=NGSPICE)
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

    def begin(
        self,
        *arguments: str,
        prefix: tuple[str, ...] = (),
        cores: int = 2,
        environment: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Run:
        """Start a run of the plain command; an environment variable that is None is unset."""
        if not self.running:
            # Where an earlier run is dying, what it found and left must be there afterwards, too.
            before = self.good if self.dying else {}
            self.note_started(before)
            left = self.netlists()
            before = {netlist: before[netlist] for netlist in before.keys() & left}
            self.good = self.good_records() | before
        self.running += 1
        wanted = {**self.environment, **environment}
        run = Run(
            [*prefix, *self.command(*arguments, cores=cores)],
            self.directory,
            {key: value for key, value in wanted.items() if value is not None},
            self.base,
        )
        self.begun.append(run)
        return run

    # What must hold

    def good_records(self) -> dict[str, dict[str, str]]:
        """Return what need not be simulated again: by netlist the times and places of records."""
        good: dict[str, dict[str, str]] = {}
        stale = changed_inputs(self.results / "rc", file_digest)
        for path in self.results.glob("rc/**/netlist.spice"):
            record_path = path.with_name("run_status.json")
            record = whole_record(record_path)
            if record is None or record.status != "completed" or not record.simulator:
                continue
            if record.inputs_key in stale:
                continue
            netlist = path.read_bytes()
            if (
                hashlib.sha256(netlist).hexdigest() == record.netlist_sha256
                and record.simulator["version"] == f"ngspice-{self.version}"
                and raw_is_whole(record_path, record)
            ):
                records = good.setdefault(hashlib.md5(netlist).hexdigest(), {})
                records[record.timestamp_iso] = path.parent.name
        return good

    def started(self) -> set[str]:
        """Return the netlists for which ngspice was started since this was last asked."""
        path = self.base / "starts"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return {line.split()[0] for line in lines if line}

    def note_again(self) -> None:
        """Note what had a good record and was simulated again.

        Either ngspice was started for it, or, as the warm engine starts none, the netlist is still
        there and its good record is not.
        """
        now = self.good_records()
        started = self.note_started(self.good)
        for netlist in self.good.keys() & self.netlists() - started:
            if not self.good[netlist].keys() & now.get(netlist, {}).keys():
                self.again.append(f"{self.good[netlist]}, now {now.get(netlist)}")

    def netlists(self) -> set[str]:
        """Return the netlists that are there, but for those beside the record of another."""
        found = set()
        for path in self.results.glob("rc/**/netlist.spice"):
            netlist = path.read_bytes()
            record = whole_record(path.with_name("run_status.json"))
            if not record or record.netlist_sha256 == hashlib.sha256(netlist).hexdigest():
                found.add(hashlib.md5(netlist).hexdigest())
        return found

    def note_started(self, good: dict[str, dict[str, str]]) -> set[str]:
        """Note for which of these ngspice was started since this was last asked; return them."""
        again = self.started() & good.keys()
        self.again += [f"{good[netlist]}, ngspice was started" for netlist in again]
        return again

    def check_records(self) -> None:
        """Look whether all records that nobody damaged are whole, and the completed true."""
        for case_dir in self.results.glob("rc/case_*"):
            path = case_dir / "run_status.json"
            if case_dir.name in self.damaged or case_dir.is_symlink() or not case_dir.is_dir():
                continue
            try:
                record = read_record(path)
            except UnusableFile as fault:
                raise Broken(f"{case_dir.name}: half a record: {fault}") from fault
            if (
                record
                and record.status == "completed"
                and record.timestamp_iso not in self.cut_short
                and not raw_is_whole(path, record)
            ):
                raise Broken(f"{case_dir.name} is called completed and its raw file is not whole")
            duration = record.simulation_duration if record else None
            if duration is not None and not 0 <= duration < LONGEST:
                raise Broken(f"{case_dir.name} took {duration} s")

    def end(self, run: Run, *, hasty: bool = False, timeout: float = 180) -> int:
        """Wait for the end of a run, check what must hold then, and return its exit code.

        In haste, the next run begins while this one's jobs are dying.
        """
        code = run.wait(timeout)
        self.is_finished = code == 0
        self.running -= 1
        if hasty:
            self.see_them_gone()
            self.dying = [run]
        else:
            self.dying.append(run)
            self.settle()
        self.check_records()
        return code

    def settle(self) -> None:
        """Wait until all that killed runs left is gone, and look what has been done again."""
        self.see_them_gone()
        if not self.running:
            self.note_again()
            self.good = {}

    def see_them_gone(self) -> None:
        """Wait until what ended runs have started is gone; what is not then is left running."""
        for run in self.dying:
            self.left += run.left(within=GONE_WITHIN)
            run.kill_all()
        self.dying = []

    def end_calmly(self, run: Run, timeout: float = 180) -> int:
        """End a run that got no signal: what is wrong is told without a traceback."""
        code = self.end(run, timeout=timeout)
        if "Traceback (most recent call last)" in run.said():
            raise Broken(f"a traceback: {run.said()[-3000:]}")
        return code

    def plain(self, environment: Mapping[str, str | None] = MappingProxyType({})) -> str:
        """Run the plain command undisturbed; return what it said."""
        run = self.begin(environment=environment)
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
            if not (row["failure"] == "insufficient_resources" and self.killed)
            and not (
                row["failure"] == "corrupt_status" and f"case_{row['case_id']}" in self.damaged
            )
        ]
        if unexplained:
            raise Broken(
                f"cases {', '.join(unexplained)} are not those of an undisturbed run: {wrong[:2]}"
            )
        if wrong or self.damaged:
            self.script("retry.py", "results/rc", "--failure", "corrupt_status")
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
        rows = [self.essence(row) for row in self.table()]
        if len(rows) != len(expected.status):
            raise Broken(f"{len(rows)} rows, not {len(expected.status)}")
        simulator = json.dumps({"name": "ngspice", "version": f"ngspice-{self.version}"})
        return [
            row
            for row, right in zip(rows, expected.status, strict=True)
            if row != right | {"simulator": simulator, "result_key": row["result_key"]}
        ]

    def essence(self, row: dict[str, str]) -> dict[str, str]:
        """Return a row without circumstances; with the engine auto, which one it was is one."""
        return essence(row, "attempt", *(ENGINES if self.kind.engine == "auto" else ()))

    def mount(self, path: Path, size: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], check=True)
        self.mounted.append(path)

    def unmount(self) -> None:
        for path in reversed(self.mounted):
            subprocess.run(["umount", "--lazy", path], check=False)
        self.mounted.clear()

    def close(self) -> None:
        """Leave nothing behind."""
        for run in self.begun:
            run.kill_all()
        self.unmount()
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass(frozen=True)
class Tables:
    """What an undisturbed run leaves."""

    status: list[dict[str, str]]
    measures: list[dict[str, str]]
    metadata: str


class Expected:
    """The tables of undisturbed runs of the cold engine, made when they are first asked for."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._known: dict[tuple[Kind, int], Tables] = {}

    def of(self, kind: Kind, variant: int) -> Tables:
        """Return the tables of a variant of a kind of sweep."""
        if (kind, variant) not in self._known:
            name = f"undisturbed {kind.engine} {variant}"
            life = Life(self._base, name, random.Random(0), kind)
            life.variant, life.pause = variant, "0"
            life.write_files()
            life.edit("config.yaml", f"engine: {kind.engine}", "engine: cold")
            life.plain()
            rows = [life.essence(row) for row in life.table()]
            assert {row["status"] for row in rows} == {"completed"}
            measures = life.table(name="measures.csv")
            self._known[kind, variant] = Tables(rows, measures, life.metadata())
            life.close()
        return self._known[kind, variant]


def whole_record(path: Path) -> Record | None:
    try:
        return read_record(path)
    except UnusableFile:
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
