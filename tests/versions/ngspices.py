"""Runs the tests that tell what ngspice does on each ngspice that Debian has.

Usage: python tests/versions/ngspices.py [SUITE ...]

Where `shared/cases` lies beside the repository, its check.py runs too: netlists of known truth.
"""

from __future__ import annotations

import os
import subprocess
import sys

from roots import HERE, RELEASES, REPOSITORY, Place, Release, root, say

TESTS = ("diagnosis", "engines", "warm", "workflow")
CASES = REPOSITORY.parent / "shared" / "cases"
PYTEST = ("-m", "pytest", "-n", "auto", "--dist", "worksteal")

# What the program says that it is, and what the library that the warm engine loads says.
_WHICH = """
import ctypes, re, subprocess
listen = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
leave = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int] * 4, ctypes.c_void_p)
said = [subprocess.check_output(["ngspice", "--version"])]
hear = listen(lambda line, number, user: said.append(line) or 0), leave(lambda *_: 0)
library = ctypes.CDLL("libngspice.so.0")
library.ngSpice_Init(hear[0], None, hear[1], None, None, None)
print(*re.findall(r"ngspice-[\\w.]+", b" ".join(said).decode()))
"""


def found(place: Place) -> list[str]:
    """Return which ngspice is there: what the program says, and what the library says."""
    return place.ask(_WHICH).split()


def place_of(release: Release) -> Place:
    """Return where a release's ngspice is: on this machine if it has that very one."""
    try:
        has = found(HERE)
    except subprocess.CalledProcessError:  # no ngspice, or no libngspice
        has = []
    return HERE if has == [release.ngspice] * 2 else root(release)


def test(release: Release, place: Place) -> list[str]:
    """Run the tests on a release's ngspice; return what failed."""
    has = found(place)
    if has != [release.ngspice] * 2:
        sys.exit(f"snakespice: {place.name} has {' and '.join(has)}: mend RELEASES in roots.py")
    say(f"testing {release.ngspice}, program and library, on {place.name}")
    failed = []
    tests = [f"tests/{name}" for name in TESTS]
    if subprocess.run(place.command(*PYTEST, *tests), cwd=REPOSITORY).returncode:
        failed.append(f"{release.ngspice}: tests")
    if CASES.is_dir() and not check(place):
        failed.append(f"{release.ngspice}: shared/cases")
    return failed


def check(place: Place) -> bool:
    """Run the cases of known truth, as many at a time as there are cores; tell if all are right."""
    cores = len(os.sched_getaffinity(0))
    cases = sorted(path.parent for path in CASES.glob("*/truth.yaml"))
    command = place.command(CASES / "check.py", "--snakefile", REPOSITORY / "Snakefile")
    running = [
        subprocess.Popen(
            [*command, *map(str, cases[n::cores])], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for n in range(cores)
    ]
    for process in running:
        print(process.communicate()[0].decode(), end="", flush=True)
    return not any(process.returncode for process in running)


def main() -> None:
    """Test all releases, or those that are named; fail when anything did."""
    failed = []
    for release in RELEASES:
        if not sys.argv[1:] or release.suite in sys.argv[1:]:
            failed += test(release, place_of(release))
    if failed:
        sys.exit(f"snakespice: failed: {'; '.join(failed)}")
    say("all versions passed")


if __name__ == "__main__":
    main()
