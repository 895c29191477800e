"""Confine a program with bubblewrap: it can write to its own directory, and reach nothing else.

A netlist is a program: `shell`, backquotes, `codemodel` and `write` do what they like. Inside
there are the system's programs and libraries, the files that the netlist includes, a /tmp of its
own and the case's directory; no network, no other process, no home, no environment.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import stat
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from snakespice.processes.limits import MB, Limits, rlimits
from snakespice.processes.result import ProcessResult

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
# What the dynamic loader reads, links that lead to libraries, and the time zone.
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
_INSTALLED = ("bin", "lib", "lib64", "share/ngspice")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "TZ")
_TMP_MB = 64
_PROCESSES = 512
_SET_ID = stat.S_ISUID | stat.S_ISGID
_PR_SET_CHILD_SUBREAPER = 36


class SandboxMissing(Exception):
    """bubblewrap is asked for and cannot be used here; the message says why."""


@dataclass(frozen=True)
class Sandbox:
    """What every case of a unit shares: the beginning of the command, bwrap and its arguments."""

    prefix: tuple[str, ...]

    def command(
        self, command: Sequence[str], directory: Path, files: Iterable[str], limits: Limits
    ) -> tuple[str, ...]:
        """Return the command that runs `command` in `directory`; it can read `files`.

        The limits are set again inside, where they hold for the program from its start on. From
        outside only bwrap itself is certain to have them: it may have forked before they are set.
        """
        here = str(directory.resolve())
        binds = [
            argument
            for file in files
            if os.path.isfile(file) and not _below(file, (*_SYSTEM, here))
            for argument in ("--ro-bind", file, file)
        ]
        return (
            *self.prefix,
            *binds,
            *("--bind", here, here, "--chdir", here),
            # bwrap leaves these writable, as root even /proc/sys.
            *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
            *("--", "/bin/sh", "-c", f'{_ulimits(limits)} exec "$@"', "sh", *command),
        )

    def environment(self) -> dict[str, str]:
        """Return the environment inside, which has none of this process's secrets."""
        return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def find_sandbox(program: str) -> Sandbox:
    """Return a sandbox in which `program` starts; raise SandboxMissing when there is none.

    From now on this process inherits what a killed bwrap leaves behind: only the process that
    reaps another learns what it used.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxMissing(
            "simulator.sandbox is bwrap, and bwrap is not on the PATH: install it"
            " (apt install bubblewrap, dnf install bubblewrap), or remove this setting"
        )
    start = [bwrap, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    for path in _SYSTEM:
        if os.path.islink(path):
            start += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            start += ["--ro-bind", path, path]
    start += ["--proc", "/proc", "--dev", "/dev"]
    start += ["--size", str(_TMP_MB * MB), "--tmpfs", "/tmp"]
    for path in (*_SYSTEM_FILES, *_installation(program)):
        start += ["--ro-bind-try", path, path]
    sandbox = Sandbox(tuple(start))
    try:
        tried = subprocess.run(
            [*start, "--", program, "--version"],
            env={"HOME": "/", **sandbox.environment()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise SandboxMissing(f"{bwrap} does not start: {fault}") from fault
    if tried.returncode:
        said = " ".join(tried.stderr.split()) or f"exit code {tried.returncode}"
        raise SandboxMissing(
            f"simulator.sandbox is bwrap, which cannot confine {program} here: {said}."
            " It needs user namespaces (on Ubuntu 24.04, an AppArmor profile for bwrap)"
        )
    import ctypes  # takes a while, and hardly anybody needs it

    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return sandbox


def unwrapped(result: ProcessResult) -> ProcessResult:
    """Return how the confined program ended: bwrap exits with 128 plus the signal that ended it."""
    code = result.exit_code
    if code is None or not 128 < code < 128 + 65:
        return result
    return replace(result, exit_code=None, signal=code - 128)


def _ulimits(limits: Limits) -> str:
    kept = rlimits(limits)
    units = {resource.RLIMIT_AS: ("v", 1024), resource.RLIMIT_FSIZE: ("f", 512)}
    # Some shells call the number of processes p, others u. It is counted in the sandbox alone.
    return f"{{ ulimit -p {_PROCESSES} || ulimit -u {_PROCESSES}; }} 2>/dev/null; " + " ".join(
        f"ulimit -{letter} {kept[kind] // size};"
        for kind, (letter, size) in units.items()
        if kind in kept
    )


def drop_set_id_bits(directory: Path) -> None:
    """Have no file below a directory run as its owner, whoever runs it; links are not followed."""
    for place, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode) and mode & _SET_ID:
                os.chmod(path, stat.S_IMODE(mode) & ~_SET_ID)


def _installation(program: str) -> list[str]:
    """Return the paths of a program outside of the system's directories, and of what it needs."""
    found = []
    for path in dict.fromkeys((os.path.abspath(program), os.path.realpath(program))):
        if not _below(path, _SYSTEM):
            prefix = Path(path).parent.parent
            parts = [path]
            if (prefix / "share" / "ngspice").is_dir():
                parts = [str(prefix / part) for part in _INSTALLED]
            found += parts
    return found


def _below(path: str, directories: Iterable[str]) -> bool:
    return any(path.startswith(os.path.join(directory, "")) for directory in directories)
