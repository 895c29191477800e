"""What goes wrong on a cluster loses no simulation: in the end all is like after a local run.

Cases wait until a file called `hurry` is there, so that faults find them at work.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cluster import Cluster
from project import REPOSITORY
from remote import SlurmProject, wait_until


def slow(project: SlurmProject, seconds: int, cases_per_job: int) -> None:
    """Make ten cases of it, each of which takes so many seconds."""
    project.edit("config.yaml", "R: [1k, 2k, 3k]", "R: [1k, 2k, 3k, 4k, 5k]")
    project.slow(seconds, cases_per_job)


def go_on(project: SlurmProject, before: dict[str, str]) -> None:
    """Run again and see that nothing that was simulated before is simulated once more."""
    project.write("hurry", "")
    project.run()
    after = project.done()
    assert before.items() <= after.items()
    assert len(after) == 10


def test_a_unit_over_its_time_keeps_what_is_finished(project: SlurmProject) -> None:
    slow(project, 20, cases_per_job=10)
    project.run("--retries", "0", "--set-resources", "simulate:runtime=1", cores=1, expect=1)
    assert project.slurm("T") == ["TIMEOUT"]
    before = project.done()
    assert 0 < len(before) < 10
    go_on(project, before)
    assert project.unlike_here() == []


def test_a_unit_over_its_memory_keeps_what_is_finished(project: SlurmProject) -> None:
    hold = "let x = vector({{ points }})\n{{ 'shell sleep 5' if points > 1e6 }}"
    project.edit("rc.spice.j2", "\n.end", f"\n.control\n{hold}\n.endc\n.end")
    project.edit("config.yaml", "temp: 27}", "temp: 27, points: 10}")
    swept = "points: [10, 100, 80000000, 1000]"
    project.edit("config.yaml", "R: [1k, 2k, 3k]\n      C: [1n, 2n]", swept)
    execution = "simulator: {mem_mb: 2000}\nexecution: {cases_per_job: 4}"
    project.edit("config.yaml", "results: results", f"results: results\n{execution}")
    project.here.run("--until", "render")
    project.run("--retries", "0", "--set-resources", "simulate:mem_mb=700", cores=1, expect=1)
    before = project.done()
    assert before.keys() == {"1", "2"}
    project.run("--set-resources", "simulate:mem_mb=2000", cores=1)
    assert before.items() <= project.done().items()
    assert project.unlike_here() == []


def test_a_node_that_goes_down_is_replaced(project: SlurmProject) -> None:
    slow(project, 8, cases_per_job=2)
    run = project.start(cores=1)
    wait_until(project.done)
    down = ["scontrol", "update", "nodename=n1", "reason=test"]
    try:
        project.cluster.run(*down, "state=down")
        before = project.done()
        project.write("hurry", "")
        printed, _ = run.communicate(timeout=200)
    finally:
        project.cluster.run(*down, "state=resume")
    assert run.returncode == 0, printed
    assert "NODE_FAIL" in project.slurm("T")
    assert before.items() <= project.done().items()
    assert project.unlike_here("attempt") == []


@pytest.mark.parametrize(
    ("number", "end"), [(signal.SIGINT, "CANCELLED"), (signal.SIGTERM, "COMPLETED")]
)
def test_stopped_snakemake_leaves_no_job(project: SlurmProject, number: int, end: str) -> None:
    slow(project, 8, cases_per_job=2)
    run = project.start(cores=1)
    wait_until(project.done)
    if number == signal.SIGINT:  # which a terminal sends to all that runs in it
        os.killpg(run.pid, number)
    else:
        run.send_signal(number)
        project.write("hurry", "")
    printed, _ = run.communicate(timeout=200)
    assert run.returncode != 0, printed
    wait_until(lambda: not project.cluster.jobs(), within=60)
    assert end in project.slurm("T")
    go_on(project, project.done())
    assert project.unlike_here() == []


def test_after_a_kill_one_command_cancels_what_is_left(project: SlurmProject) -> None:
    slow(project, 200, cases_per_job=1)
    run = project.start(cores=1)
    wait_until(lambda: project.at_work() == 8)
    wait_until(lambda: len(project.cluster.jobs()) == 10)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    refused = project.run(expect=1).stdout
    assert "jobs of an earlier run are still at work in results/rc" in refused
    named = project.script("cancel.py", "--dry-run").splitlines()
    assert {line.split()[1] for line in named[:-1]} == {"RUNNING", "PENDING"}
    assert named[-1] == f"10 jobs of {project.directory} would be cancelled"
    assert len(project.cluster.jobs()) == 10
    assert project.script("cancel.py", "another").startswith("0 jobs")
    project.script("cancel.py", "rc")
    wait_until(lambda: not project.cluster.jobs(), within=60)
    go_on(project, project.done())
    assert project.unlike_here() == []


def test_a_job_that_waits_when_its_run_is_killed_harms_no_other(project: SlurmProject) -> None:
    """It would take away the record that another run has written since, and write it anew."""
    slow(project, 1, cases_per_job=5)
    nodes = ["scontrol", "update", "nodename=n[1-4]"]
    project.cluster.run(*nodes, "state=drain", "reason=test")
    try:
        run = project.start(cores=1)
        wait_until(lambda: len(project.cluster.jobs()) == 2)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        project.here.run()
        before = project.done()
        records = [project.directory / "results/rc" / f"block_{n}/run_status.json" for n in (1, 2)]
        written = [record.stat().st_mtime_ns for record in records]
    finally:
        project.cluster.run(*nodes, "state=resume")
    wait_until(lambda: not project.cluster.jobs())
    assert project.slurm("T") == ["FAILED", "FAILED"]
    assert [record.stat().st_mtime_ns for record in records] == written
    assert project.done() == before
    assert "Nothing to be done" in project.run().stdout


def test_accounting_may_be_away_for_half_a_minute(tmp_path: Path, accounted: Cluster) -> None:
    project = SlurmProject(tmp_path, accounted)
    slow(project, 5, cases_per_job=5)
    run = project.start("--slurm-status-command", "sacct", cores=1)
    wait_until(project.done)
    accounted.stop_daemon("slurmdbd")
    with pytest.raises(subprocess.CalledProcessError):
        accounted.run("sacct")
    time.sleep(30)
    accounted.start_daemon("slurmdbd")
    project.write("hurry", "")
    printed, _ = run.communicate(timeout=200)
    assert run.returncode == 0, printed
    assert project.unlike_here() == []


def test_the_command_that_cancels_says_where_it_is_of_no_use(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "scripts" / "cancel.py")],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "this is no machine of a Slurm cluster" in done.stderr
