"""Debian's releases: the ngspice and the Python of each, to run tests with, on this machine.

A root is the `/usr` of a release, with a virtual environment of the tests' packages in it. Within a
root all else is this machine's: its directories, its network, how apt and pip are set up. So
ngspice, its library, its code models, Python and the C library that they share are as a user of
that release has them, and the repository stays where it is.

apt resolves the packages from nothing, into directories of its own, and they are unpacked without
being set up. That takes ten seconds and no rights, where debootstrap needs root and a chroot, and
sets up a whole system. The price: no alternatives, users or services, which neither ngspice nor
Python needs.

Roots are kept in `$XDG_CACHE_HOME/snakespice/roots`, 1 GB each, and made anew when the lock file or
this file changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = REPOSITORY / "requirements-dev.lock"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "snakespice"

_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_MIRROR = "http://deb.debian.org/debian"
_VENV = "/usr/venv"
# A program finds its tools in /bin and its loader in /lib64, as packages of bookworm have them too.
_LINKS = ("bin", "sbin", "lib", "lib64")
_PACKAGES = [
    *("ngspice", "libngspice0", "python3", "python3-venv"),
    # What tests start. No apt: it would take this machine's packages for those that are there.
    *("bash", "coreutils", "dash", "findutils", "git", "grep", "gzip", "hostname", "procps"),
    *("sed", "tar", "util-linux"),
]


class Release(NamedTuple):
    """A release of Debian: what its ngspice and its Python say that they are, and what it needs."""

    suite: str
    ngspice: str
    python: str
    packages: tuple[str, ...] = ()


RELEASES = (
    Release("bookworm", "ngspice-39", "3.11"),
    Release("trixie", "ngspice-44.2", "3.13"),
    # immutables, which Snakemake needs, has no wheel for Python 3.14.
    Release("sid", "ngspice-47", "3.14", ("gcc", "libc6-dev", "python3-dev")),
)


class Place(NamedTuple):
    """Where tests run: what goes before a command line there, and the Python of the tests."""

    name: str
    prefix: tuple[str, ...]
    python: str

    def command(self, *words: str | Path) -> list[str]:
        """Return the command line that runs the tests' Python with these arguments."""
        return [*self.prefix, self.python, *map(str, words)]

    def ask(self, code: str) -> str:
        """Return what a line of Python prints there."""
        asked = subprocess.run(self.command("-c", code), check=True, stdout=subprocess.PIPE)
        return asked.stdout.decode().strip()


HERE = Place("this machine", (), sys.executable)


def root(release: Release) -> Place:
    """Return a release's root, which is made where there is none yet."""
    digest = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:12]
    place = CACHE / "roots" / f"{release.suite}-{digest}"
    with alone():
        if not place.exists():
            say(f"making a root of Debian {release.suite} (two minutes, once)")
            new, old = place.with_name("new"), place.with_name("old")
            for left in (new, old):  # by a set-up that was killed
                shutil.rmtree(left, ignore_errors=True)
            _make(new, release)
            for former in place.parent.glob(f"{release.suite}-*"):
                former.rename(old)
                shutil.rmtree(old)
            new.rename(place)
    return Place(f"Debian {release.suite}", _inside(place, "--ro-bind"), f"{_VENV}/bin/python")


def make_venv(python: list[str], place: str) -> None:
    """Make a virtual environment of the tests' packages with a Python, which a command starts."""
    subprocess.run([*python, "-m", "venv", "--clear", place], check=True)
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--use-pep517"]
    start = [*python[:-1], f"{place}/bin/python"]
    subprocess.run([*start, *pip, "--require-hashes", "--requirement", str(LOCK)], check=True)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the cache, so that two who want the same make it once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(text: str) -> None:
    """Print a line that tells what is being done."""
    print(f"snakespice: {text}", file=sys.stderr, flush=True)


def _inside(place: Path, bind: str) -> tuple[str, ...]:
    path = f"{_VENV}/bin:/usr/bin:/usr/sbin"
    return (
        *("bwrap", "--die-with-parent", "--dev-bind", "/", "/", bind, f"{place}/usr", "/usr"),
        *("--setenv", "PATH", path, "--"),
    )


def _make(place: Path, release: Release) -> None:
    for program in ("bwrap", "apt-get"):
        if shutil.which(program) is None:
            sys.exit(f"snakespice: {program} is missing, and roots of Debian need it")
    for link in _LINKS:
        (place / "usr" / link).mkdir(parents=True)
        (place / link).symlink_to(f"usr/{link}")
    for package in _download(place / "apt", release):
        _unpack(package, place)
    shutil.rmtree(place / "apt")
    inside = _inside(place, "--bind")
    # Nothing can be written there later: what is not compiled now is compiled at every start.
    version = f"/usr/lib/python{release.python}"
    subprocess.run([*inside, "python3", "-m", "compileall", "-q", "-j", "0", version], check=True)
    make_venv([*inside, "python3"], _VENV)


def _download(directory: Path, release: Release) -> list[Path]:
    """Return the packages of a release that are needed, with all that they depend on."""
    for made in ("state/lists/partial", "archives/partial"):
        (directory / made).mkdir(parents=True)
    (directory / "status").touch()
    (directory / "sources.list").write_text(
        f"deb [signed-by={_KEYS}] {_mirror()} {release.suite} main\n"
    )
    options = {
        "Dir::State": directory / "state",
        "Dir::State::status": directory / "status",  # nothing is installed
        "Dir::Cache": directory,
        "Dir::Cache::archives": directory / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Etc::sourcelist": directory / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Acquire::Languages": "none",
        "Acquire::Retries": 3,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "",  # who could not write here
    }
    given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    packages = [*_PACKAGES, *release.packages]
    for words in (["update"], ["install", "--yes", "--download-only", *packages]):
        subprocess.run(["apt-get", "-qq", *given, *words], check=True)
    return sorted((directory / "archives").glob("*.deb"))


def _mirror() -> str:
    """Return the mirror of Debian that apt is told to use."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], check=True, stdout=subprocess.PIPE
    )
    mirrors = re.findall(r"^\S+/debian/?$", asked.stdout.decode(), re.MULTILINE)
    return mirrors[0] if mirrors else _MIRROR


def _unpack(package: Path, place: Path) -> None:
    """Unpack a package; `/bin` stays the link that it is, though a package may have a directory."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE
    ) as archive:
        # Owners and set-user-id bits mean nothing there.
        plain = ["--no-same-owner", "--no-same-permissions", "--keep-directory-symlink"]
        subprocess.run(["tar", "-x", *plain], cwd=place, stdin=archive.stdout, check=True)
    if archive.returncode:
        raise subprocess.CalledProcessError(archive.returncode, archive.args)
