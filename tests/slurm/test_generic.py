"""The profile for other batch systems, tried with a stand-in for PBS that runs jobs right here."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from pathlib import Path

import pytest
from project import REPOSITORY
from remote import RemoteProject, wait_until
from waiting import gone

# A job is a directory with its process group and, as soon as none of its processes is left (what
# Snakemake removes of a job that was killed must not be the next one's), its exit status.
JOB = """#!/bin/sh
setsid sh -c 'echo $$ > "$1/group"; exec sh "$2"' sh "$1" "$2"
status=$?
while kill -0 "-$(cat "$1/group")"; do sleep 0.1; done 2> /dev/null
[ ! -f "$1/deleted" ] || status=271
echo $status > "$1/ended"
mv "$1/ended" "$1/status"
"""
QSUB = """#!/bin/sh
for script; do :; done
job={jobs}/$$
mkdir -p "$job"
echo "$@" > "$job/asked"
setsid {bin}/job "$job" "$script" > "$job/log" 2>&1 < /dev/null &
echo $$
"""
QSTAT = """#!/bin/sh
for number; do :; done
job={jobs}/$number
[ -d "$job" ] || {{ echo "qstat: Unknown Job Id $number"; exit 153; }}
if [ -f "$job/status" ]; then
    echo "    job_state = F"
    echo "    Exit_status = $(cat "$job/status")"
elif [ -f "$job/deleted" ]; then
    echo "    job_state = E"
else
    echo "    job_state = R"
fi
"""
QDEL = """#!/bin/sh
for number; do
    job={jobs}/$number
    touch "$job/deleted"
    group=$(cat "$job/group")
    kill -TERM "-$group"
    {{ sleep 10; [ -f "$job/status" ] || kill -KILL "-$group"; }} > /dev/null 2>&1 &
done
"""


class PbsProject(RemoteProject):
    """A project whose jobs go through the commands of a stand-in for PBS."""

    def __init__(self, directory: Path) -> None:
        """Write the files of the project and the commands."""
        super().__init__(directory)
        self.jobs = directory / "jobs"
        self.write_program("job", JOB)
        for name, text in (("qsub", QSUB), ("qstat", QSTAT), ("qdel", QDEL)):
            self.write_program(name, text.format(jobs=self.jobs, bin=directory / "bin"))

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line of a run that submits its jobs."""
        profile = ["--profile", str(REPOSITORY / "profiles" / "cluster-generic")]
        often = ["--seconds-between-status-checks", "1"]
        return super().command(*profile, *often, *arguments, cores=cores)

    def numbers(self, what: str) -> list[str]:
        """Return what is known of every job: `asked`, `group`, or `status`."""
        return [path.read_text().strip() for path in sorted(self.jobs.glob(f"*/{what}"))]


@pytest.fixture
def project(tmp_path: Path) -> PbsProject:
    """A sweep of six cases of an RC low-pass."""
    if not importlib.util.find_spec("snakemake_executor_plugin_cluster_generic"):
        pytest.skip("no plugin of Snakemake's for batch systems (`make test-cluster` installs it)")
    return PbsProject(tmp_path)


def test_a_sweep(project: PbsProject) -> None:
    project.run()
    assert project.numbers("status") == ["0", "0"]
    simulation = next(asked for asked in project.numbers("asked") if "walltime=240 " in asked)
    assert "select=1:ncpus=2:mem=2000mb" in simulation
    assert project.unlike_here() == []


def test_what_bounds_no_job_is_told(project: PbsProject) -> None:
    told = "Nothing says how many cores a job may have"
    command = project.here.command("--executor", "cluster-generic", "--jobs", "2")
    command += ["--cluster-generic-submit-cmd", "qsub -V", "--seconds-between-status-checks", "1"]
    at = command.index("--cores")
    bounds: list[list[str]] = [[], ["--max-threads", "8"]]
    for bound in bounds:
        done = subprocess.run(
            [*command[:at], *command[at + 2 :], *bound, "--forceall"],
            cwd=project.directory,
            env=project.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=200,
        )
        assert (told in done.stderr) == (not bound)


def test_a_job_that_the_batch_system_kills_is_sent_again(project: PbsProject) -> None:
    project.slow(5, cases_per_job=3)
    run = project.start()
    wait_until(lambda: project.at_work() == 2)
    project.write("hurry", "")
    victim = next(project.jobs.glob("*")).name
    subprocess.run([project.directory / "bin/qdel", victim], check=True)
    printed, _ = run.communicate(timeout=200)
    assert run.returncode == 0, printed
    assert sorted(project.numbers("status")) == ["0", "0", "271"]
    assert project.unlike_here("attempt") == []


def test_ctrl_c_leaves_no_job(project: PbsProject) -> None:
    project.slow(200, cases_per_job=3)
    run = project.start()
    wait_until(lambda: project.at_work() == 2)
    os.killpg(run.pid, signal.SIGINT)
    printed, _ = run.communicate(timeout=100)
    assert run.returncode != 0, printed
    assert gone(str(project.directory), within=60)
    assert project.numbers("status") == ["271", "271"], printed
    project.write("hurry", "")
    project.run()
    assert project.unlike_here() == []
