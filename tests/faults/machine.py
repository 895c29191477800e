"""What befalls the machine: full and read-only disks, lost programs and directories, the clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from fault import Faults, moment
from life import VARIANTS, Life
from processes import Broken
from project import REPOSITORY, Project

FAULTS = Faults()

# The time of day as programs see it; file systems know nothing of it.
CLOCK = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static long ahead(void) { return access(getenv("CLOCK_IS_RIGHT"), F_OK) ? 3600 : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, t);
    if (!result && id == CLOCK_REALTIME) t->tv_sec += ahead();
    return result;
}
int gettimeofday(struct timeval *t, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    t->tv_sec = now.tv_sec;
    t->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *t) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (t) *t = now.tv_sec;
    return now.tv_sec;
}
"""


@FAULTS.add("disk full", 30, root=True)
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


@FAULTS.add("results read-only", 3, root=True)
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


@FAULTS.add("ngspice removed", 8)
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


@FAULTS.add("ngspice replaced", 5)
def replaced(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    life.good = {}
    life.install("40" if life.version == "39" else "39")
    code = life.end_calmly(run)
    return f"at {when}, exit code {code}"


@FAULTS.add("no HOME", 2)
def no_home(life: Life) -> str:
    life.plain({"HOME": None})
    return ""


@FAULTS.add("/tmp full", 2, root=True)
def tmp_full(life: Life) -> str:
    """Run in a mount namespace of its own, in which /tmp is full but for what must be there."""
    needed = {Path(sys.prefix), life.base, REPOSITORY}
    needed = {path for path in needed if path.is_relative_to("/tmp")}
    binds = "\n".join(
        f"mkdir -p '{path}'; mount --rbind '/mnt/{path.relative_to('/tmp')}' '{path}'"
        for path in needed
    )
    text = f"""set -e
path=$PATH; PATH=/usr/bin:/bin
mount --rbind /tmp /mnt
mount -t tmpfs -o size=64k none /tmp
{binds}
cat /dev/zero > /tmp/filler 2> /dev/null || true
cd "$1"; shift
PATH=$path exec "$@"
"""
    prefix = ("unshare", "--mount", "bash", "-c", text, "bash", str(life.directory))
    life.find_work()
    run = life.begin(prefix=prefix)
    code = life.end_calmly(run)
    if code and "disk full at /tmp" not in run.said():
        raise Broken(f"exit code {code}: {run.said()[-3000:]}")
    return f"exit code {code}"


@FAULTS.add("working directory deleted", 4)
def deleted(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run)
    life.unmount()
    while life.directory.exists():
        shutil.rmtree(life.directory, ignore_errors=True)
    code = run.wait(timeout=180)
    life.running -= 1
    life.dying.append(run)
    life.settle()
    shutil.rmtree(life.directory, ignore_errors=True)
    life.directory.mkdir()
    Project.__init__(life, life.directory)
    life.write_files()
    life.damaged.clear()
    return f"at {when}, exit code {code}"


@FAULTS.add("clock set back", 4)
def clock(life: Life) -> str:
    """Set the clock back by an hour: what was written before then is from the future."""
    life.find_work()
    is_right = life.base / "clock is right"
    is_right.unlink(missing_ok=True)
    run = life.begin(
        environment={"LD_PRELOAD": clock_library(life.base), "CLOCK_IS_RIGHT": str(is_right)}
    )
    when = moment(life, run)
    is_right.touch()
    ahead = time.time() + 3600
    for path in life.results.glob("rc/**/*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                os.utime(path, (ahead, ahead), follow_symlinks=False)
    code = life.end_calmly(run)
    return f"at {when}, exit code {code}"


def clock_library(base: Path) -> str | None:
    """Return what makes programs see another time of day, None where there is no compiler."""
    library = base / "clock.so"
    if not library.exists() and (compiler := shutil.which("cc")):
        source = library.with_suffix(".c")
        source.write_text(CLOCK)
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True
        )
    return str(library) if library.exists() else None
