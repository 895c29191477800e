"""What measure files consist of: all that importing them loads, and the versions of packages.

A run finds this out when it begins, in a process of its own, so that Snakemake's imports nothing.
What has changed since the last run has the measures taken again; what changes while it goes on is
noticed by its jobs.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CODE = """
import json, sys, sysconfig
from importlib.metadata import packages_distributions
from pathlib import Path
from snakespice.measures.functions import with_files
import snakespice
with_files([Path(path) for path in json.loads(sys.argv[1])])
own = str(Path(snakespice.__file__).parent)
standard = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), own
names = packages_distributions()
files, packages = set(), set()
for name, module in list(sys.modules.items()):
    path = str(getattr(module, "__file__", None) or "")
    if {"site-packages", "dist-packages"} & set(Path(path).parts):
        packages |= set(names.get(name.partition(".")[0], ()))
    elif path and not path.startswith(standard):
        files.add(path)
print("\\n" + json.dumps([sorted(files), sorted(packages)]))
"""


class CannotImport(Exception):
    """A measure file cannot be imported; the message is what Python says."""


@dataclass(frozen=True)
class Sources:
    """The SHA-256 of each file, and the version of each package, when they were looked at."""

    files: Mapping[str, str]
    packages: Mapping[str, str]

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        parts = json.dumps([{**self.files}, {**self.packages}], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()

    def now(self) -> Sources:
        """Return the same files and packages as they are now."""
        return Sources(
            {path: _digest(path) for path in self.files},
            {name: _version(name) for name in self.packages},
        )


def find_sources(files: Sequence[Path]) -> Sources:
    """Import measure files in a new process and return what that has loaded.

    What belongs to Python itself and to snakespice is left out. Raises CannotImport.
    """
    scripts = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _CODE, json.dumps([str(path) for path in files])],
        cwd=scripts,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotImport(_last_words(done.stderr))
    paths, packages = json.loads(done.stdout.splitlines()[-1])
    return Sources(dict.fromkeys(paths, ""), dict.fromkeys(packages, "")).now()


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "missing"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _last_words(stderr: str) -> str:
    """Return the last line of the traceback, and the last place in it that is not ours."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    places = [line.strip() for line in lines if line.lstrip().startswith("File ")]
    own = [place for place in places if "/snakespice/" not in place and "importlib" not in place]
    place = f" ({own[-1].removeprefix('File ')})" if own else ""
    return f"{lines[-1] if lines else 'Python ended without a word'}{place}"
