"""What people do to files at random moments of a run, and what their terminals and laptops do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fault import Fault, Faults, moment
from kills import signalled
from life import Life, whole_record
from processes import Broken, descendants
from project import CAPACITOR

FAULTS = Faults()

OTHER = CAPACITOR.replace("{value}", "{value*3}")


def replace(life: Life, text: str) -> None:
    """Put another include in the place of the one that is there, as editors do."""
    life.write(".c.spice", text).rename(life.directory / "c.spice")


def forget(life: Life) -> None:
    """From now on nothing is expected to be kept."""
    life.started()
    life.good = {}


def edited(*, put_back: bool) -> Fault:
    """Return the fault that an include is edited during a run, and put back during it or later."""

    def strike(life: Life) -> str:
        life.find_work()
        run = life.begin()
        when = moment(life, run)
        replace(life, OTHER)
        if put_back:
            time.sleep(life.rng.uniform(0, 1.5))
            replace(life, CAPACITOR)
        code = run.wait(180)
        forget(life)
        life.end(run)
        if not put_back and life.rng.random() < 0.5:
            life.plain()  # all rows are of the edited file now, and of the old one in the end
        replace(life, CAPACITOR)
        life.is_finished = False
        return f"at {when}, exit code {code}"

    return strike


FAULTS.add("include edited", 8)(edited(put_back=False))
FAULTS.add("include edited and put back", 8)(edited(put_back=True))


def to_a_case(act: Callable[[Life, Path], str], *, between: bool = False) -> Fault:
    """Return the fault that somebody does this to a case's directory, during a run or after it."""

    def strike(life: Life) -> str:
        life.find_work()
        run = life.begin()
        when = moment(life, run, "simulate.py", "aggregate.py", "any")
        if between:
            life.end(run)
        cases = sorted(path for path in life.results.glob("rc/case_*") if not path.is_symlink())
        told = "no cases yet"
        if cases:
            case_dir = life.rng.choice(cases)
            told = act(life, case_dir)
            if not between:  # it may have been recorded while its files went
                life.damaged.add(case_dir.name)
        if not between:
            run.wait(180)
        forget(life)
        if not between:
            life.end(run)
        life.is_finished = False
        return f"at {when}, {told}"

    return strike


def delete(_life: Life, case_dir: Path) -> str:
    shutil.rmtree(case_dir, ignore_errors=True)
    return case_dir.name


def delete_with_table(life: Life, case_dir: Path) -> str:
    (life.results / "rc/run_status.csv").unlink(missing_ok=True)
    return delete(life, case_dir)


def move(life: Life, case_dir: Path) -> str:
    with suppress(FileNotFoundError):
        shutil.move(case_dir, life.directory / f"moved {len(list(life.directory.iterdir()))}")
    return case_dir.name


def link(life: Life, case_dir: Path) -> str:
    """Put a link in the place of a directory; what is behind it must stay as it is."""
    elsewhere = life.directory / f"elsewhere {len(list(life.directory.iterdir()))}"
    with suppress(FileNotFoundError, FileExistsError):
        shutil.move(case_dir, elsewhere)  # on another file system, where a disk is to be full
        case_dir.symlink_to(elsewhere)
    return case_dir.name


def put_a_file(life: Life, case_dir: Path) -> str:
    move(life, case_dir)
    with suppress(IsADirectoryError):
        case_dir.write_text("mine")
    return case_dir.name


for _act in (delete, delete_with_table, move, link, put_a_file):
    FAULTS.add(f"case: {_act.__name__}", 4)(to_a_case(_act))
    FAULTS.add(f"case: {_act.__name__}, between runs", 4)(to_a_case(_act, between=True))


@FAULTS.add("somebody's file in a case", 4)
def note(life: Life) -> str:
    """Have a file in a case's directory, and then a sweep in which that has another number."""
    life.plain()
    path = life.rng.choice(sorted(life.results.glob("rc/case_*"))) / "notes.txt"
    path.write_text("mine")
    life.find_work()
    life.plain()
    if not list(life.results.glob("rc/**/notes.txt")):
        raise Broken(f"{path} is gone")
    for kept in life.results.glob("rc/**/notes.txt"):
        kept.unlink()
    return path.parent.name


@FAULTS.add("retry.py during a run", 4)
def retry(life: Life) -> str:
    life.find_work()
    run = life.begin()
    when = moment(life, run, "simulate.py", "render.py")
    with suppress(AssertionError):  # it exits with 1, or not if the run was over
        life.script("retry.py", "results/rc", "--cases", "1", expect=1)
    run.wait(180)
    forget(life)
    if life.end(run) and "over" not in when:
        raise Broken(f"the run is disturbed: {run.said()[-2000:]}")
    life.is_finished = False
    return f"at {when}"


@FAULTS.add("asleep", 6)
def asleep(life: Life) -> str:
    """Stop all processes of a run for longer than the timeout of a case, and let them go on."""
    life.find_work()
    config = (life.directory / "config.yaml").read_text()
    life.write("config.yaml", config.replace("simulator: {", "simulator: {timeout: 4, "))
    run = life.begin()
    when = moment(life, run, "simulate.py")
    stopped = [number for number, _ in descendants(run.process.pid)]
    for number, wanted in ((signal.SIGSTOP, 6.0), (signal.SIGCONT, 0.0)):
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(wanted)
    if code := life.end(run):
        raise Broken(f"exit code {code}: {run.said()[-2000:]}")
    failed = [row["failure"] for row in life.table() if row["failure"]]
    if failed:
        raise Broken(f"after a sleep at {when}: {failed}")
    life.write_files()
    life.plain()  # the limit was another one
    return f"at {when}"


@FAULTS.add("an earlier version's records", 4)
def older_records(life: Life) -> str:
    """Make some records those of a version that knew fewer fields; none is simulated again."""
    life.plain()
    count = 0
    for path in life.results.glob("rc/case_*/run_status.json"):
        record = whole_record(path)
        if record and life.rng.random() < 0.5:
            data = json.loads(path.read_text())
            del data["inputs_key"], data["verdict_version"]
            path.write_text(json.dumps(data))
            count += 1
    shutil.rmtree(life.directory / ".snakemake/metadata", ignore_errors=True)
    (life.results / "rc/plan.json").unlink()
    life.plain()
    return f"{count} records"


for _target in ("process group", "snakemake"):
    FAULTS.add(f"SIGHUP to {_target}", 4)(signalled(signal.SIGHUP, _target))


@FAULTS.add("few file descriptors", 3)
def few_files(life: Life) -> str:
    life.find_work()
    run = life.begin(prefix=("bash", "-c", 'ulimit -n 48; exec "$@"', "bash"), cores=16)
    code = life.end_calmly(run)
    return f"16 cores, exit code {code}"
