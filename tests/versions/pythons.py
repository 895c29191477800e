"""Runs the library's own tests with each Python that it is meant for, as far as they can be had.

Usage: python tests/versions/pythons.py

Debian has 3.11, 3.13 and 3.14 in its releases; another has to be on the PATH, or be pyenv's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from roots import CACHE, HERE, LOCK, RELEASES, REPOSITORY, Place, alone, make_venv, root, say

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
TESTS = ("-m", "pytest", "-n", "auto", "--dist", "worksteal", "tests/unit")

_WHICH = "import sys; print('%d.%d' % sys.version_info[:2])"


def place_of(version: str) -> Place | None:
    """Return where tests run with this Python, or None."""
    if HERE.ask(_WHICH) == version:
        return HERE
    for release in RELEASES:
        if release.python == version:
            return root(release)
    for python in candidates(version):
        if shutil.which(python) and subprocess.run([python, "-c", ""]).returncode == 0:
            return Place(python, (), venv(python, version))
    return None


def candidates(version: str) -> list[str]:
    """Return the commands that may start this Python."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = pyenv.glob(f"versions/{version}.*/bin/python{version}")
    return [*map(str, found), f"python{version}"]


def venv(python: str, version: str) -> str:
    """Return the Python of a virtual environment of the tests' packages."""
    place = CACHE / "pythons" / version
    stamp = place / "made"  # a virtual environment cannot be renamed: this says that it is whole
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with alone():
        if not stamp.exists() or stamp.read_text() != digest:
            say(f"making a virtual environment of Python {version} (a minute, once)")
            make_venv([python], str(place))
            stamp.write_text(digest)
    return str(place / "bin" / "python")


def main() -> None:
    """Test with all of them; fail when a test did."""
    failed = []
    for version in VERSIONS:
        place = place_of(version)
        if place is None:
            say(f"Python {version} is not here: Debian has none, and no python{version} is found")
            continue
        if place.ask(_WHICH) != version:
            sys.exit(f"snakespice: {place.name} has another Python than {version} now")
        say(f"Python {version} ({place.name})")
        if subprocess.run(place.command(*TESTS), cwd=REPOSITORY).returncode:
            failed.append(version)
    if failed:
        sys.exit(f"snakespice: tests failed with Python {', '.join(failed)}")


if __name__ == "__main__":
    main()
