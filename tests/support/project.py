"""A small project in a directory of its own, run with the real Snakemake and the real ngspice."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from snakespice.base.problems import Problems
from snakespice.config.hub import own_hub
from snakespice.config.project import Project as Configuration
from snakespice.config.project import load_project
from snakespice.config.yamlfile import load_yaml

REPOSITORY = Path(__file__).parents[2]
SCRIPTS = REPOSITORY / "scripts"
NGSPICE = shutil.which("ngspice") or "ngspice"

HUB = """
results: results
testbenches:
  rc:
    template: rc.spice.j2
    parameters: {R: 1k, C: 1n, temp: 27}
    measures: [vmax]
sweeps:
  rc:
    testbench: rc
    parameters:
      R: [1k, 2k, 3k]
      C: [1n, 2n]
"""
TEMPLATE = """RC low-pass
V1 in 0 sin(0 1 10k)
R1 in out {{ R }}
.include c.spice
X1 out 0 cap value={{ C }}
.temp {{ temp }}
.tran 1u 200u
.meas tran vmax max v(out)
.end
"""
CAPACITOR = """.subckt cap a b value=1n
C1 a b {value}
.ends
"""


class Project:
    """A project directory, and a `snakemake` that counts how often it starts ngspice."""

    def __init__(self, directory: Path) -> None:
        """Write the files of the project."""
        self.directory = directory
        self.configfile = "config.yaml"  # none where Snakemake is to find it by itself
        self.write("config.yaml", HUB)
        self.write("rc.spice.j2", TEMPLATE)
        self.write("c.spice", CAPACITOR)
        self._starts = directory / "starts"
        self.install_ngspice()

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def write_program(self, name: str, text: str) -> None:
        """Put a program before all others on the PATH."""
        path = self.write(f"bin/{name}", text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def install_ngspice(self, version: str = "", before: str = "") -> None:
        """Put in place an ngspice that does this first when it simulates, and says it is another.

        `before` are lines of shell, `version` is what it answers as: "ngspice-40", for example.
        """
        answer = f'echo "** {version} :"; exit' if version else f'exec {NGSPICE} "$@"'
        self.write_program(
            "ngspice",
            f'#!/bin/sh\n[ "$1" = --version ] && {{ {answer}; }}\n'
            f'echo >> "{self._starts}"\n{before}\nexec {NGSPICE} "$@"\n',
        )

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file once."""
        path = self.directory / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def add(self, settings: str) -> None:
        """Add settings to the hub, each on a line of its own."""
        self.edit("config.yaml", "results: results", f"results: results\n{settings}")

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which everything of the project runs."""
        return os.environ | {
            "PATH": f"{self.directory / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        }

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line of a run."""
        snakefile = ["--snakefile", str(REPOSITORY / "Snakefile")]
        found = ["--configfile", self.configfile] if self.configfile else []
        command = [sys.executable, "-m", "snakemake", *snakefile, "--cores", str(cores)]
        return [*command, *found, *arguments]

    def start(self, *arguments: str, cores: int = 2) -> subprocess.Popen[str]:
        """Start a run in a session of its own, in which Ctrl-C would reach it."""
        return subprocess.Popen(
            self.command(*arguments, cores=cores),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Shells start what runs in the background with SIGINT ignored, and that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def run(
        self,
        *arguments: str,
        cores: int = 2,
        expect: int = 0,
        cwd: Path | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.CompletedProcess[str]:
        """Run snakemake; what it printed is in `stdout`."""
        done = subprocess.run(
            self.command(*arguments, cores=cores),
            cwd=cwd or self.directory,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == expect, done.stdout
        return done

    def script(self, name: str, *arguments: str, expect: int = 0) -> str:
        """Run one of scripts/; return what it printed."""
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "scripts" / name), *arguments],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout

    def load(self) -> Configuration:
        """Load the configuration as Snakemake hands it over; raise ConfigError."""
        path = self.directory / "config.yaml"
        problems = Problems()
        tree = load_yaml(path, problems)
        problems.raise_if_any()
        return load_project(own_hub(tree or {}, [path]))

    def done(self, sweep: str = "rc") -> dict[str, str]:
        """Return when each case that is completed by now was simulated."""
        paths = (self.directory / "results" / sweep).glob("case_*/run_status.json")
        records = (json.loads(path.read_text()) for path in paths)
        return {
            str(record["case_id"]): record["timestamp_iso"]
            for record in records
            if record["status"] == "completed"
        }

    def starts(self) -> int:
        """Return how often ngspice was started to simulate since this was last asked."""
        if not self._starts.exists():
            return 0
        count = len(self._starts.read_text().splitlines())
        self._starts.unlink()
        return count

    def table(self, sweep: str = "rc", name: str = "run_status.csv") -> list[dict[str, str]]:
        """Return the rows of a table."""
        with (self.directory / "results" / sweep / name).open(newline="") as file:
            return list(csv.DictReader(file))

    def record(self, case_id: int, sweep: str = "rc") -> dict[str, Any]:
        """Return the record of a case."""
        path = self.directory / "results" / sweep / f"case_{case_id}" / "run_status.json"
        record: dict[str, Any] = json.loads(path.read_text())
        return record
