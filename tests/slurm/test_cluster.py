"""Sweeps on a real Slurm cluster, undisturbed: each ends with the table of a local run."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from cluster import Cluster
from remote import SlurmProject


def test_a_sweep_of_2000_cases_over_four_nodes(project: SlurmProject) -> None:
    project.edit(
        "config.yaml", "R: [1k, 2k, 3k]", "R: {type: range, start: 100, stop: 10k, num: 40}"
    )
    project.edit("config.yaml", "C: [1n, 2n]", "C: {type: range, start: 1n, stop: 9n, num: 50}")
    project.run(cores=2)
    jobs = [comment for comment in project.slurm("k") if comment.startswith("rule_simulate")]
    assert len(jobs) == 5  # 480 cases of a minute at the longest are eight hours
    assert set(project.slurm("N")) == {"n1", "n2", "n3", "n4"}
    assert [row["status"] for row in project.table()] == ["completed"] * 2000
    # A small unit on a busy machine may find that the cold engine is no slower.
    assert project.unlike_here("engine", "engine_reason") == []


def test_a_job_asks_for_what_its_unit_needs(project: SlurmProject) -> None:
    resources = ["simulate:mem_mb=2200", "simulate:runtime=7"]
    project.run("--set-resources", *resources, cores=1)
    simulations = [
        dict(zip(("comment", "cores", "memory", "time"), job, strict=True))
        for job in zip(*(project.slurm(what) for what in "kCml"), strict=True)
        if job[0].startswith("rule_simulate")
    ]
    asked = {"cores": "1", "memory": "2200M", "time": "7:00"}
    assert simulations == [{"comment": "rule_simulate_wildcards_rc_block_1"} | asked]
    assert project.unlike_here() == []


def test_a_job_runs_no_more_cases_at_a_time_than_it_has_cores(project: SlurmProject) -> None:
    """Snakemake sees both of a node's in each job, as nothing binds jobs to theirs here."""
    project.slow(2, cases_per_job=6)
    project.run(cores=1)
    starts = sorted(datetime.fromisoformat(row["timestamp_iso"]) for row in project.table())
    assert all(later - earlier > timedelta(seconds=2) for earlier, later in pairwise(starts))


def test_a_warm_unit_with_two_cores(project: SlurmProject) -> None:
    project.edit(
        "config.yaml", "R: [1k, 2k, 3k]", "R: {type: range, start: 1k, stop: 9k, num: 200}"
    )
    project.run(cores=2)
    comments_and_cores = zip(project.slurm("k"), project.slurm("C"), strict=True)
    assert ("rule_simulate_wildcards_rc_block_1", "2") in comments_and_cores
    assert "warm" in {row["engine"] for row in project.table()}
    assert project.unlike_here() == []


def test_account_and_partition_are_the_users(tmp_path: Path, accounted: Cluster) -> None:
    project = SlurmProject(tmp_path, accounted)
    project.run("--default-resources", "slurm_account=lab", "slurm_partition=main")
    assert set(project.slurm("a")) == {"lab"}
    assert project.unlike_here() == []


@pytest.mark.parametrize("chosen", ["3", "auto"])
def test_what_the_user_says_of_units_holds(project: SlurmProject, chosen: str) -> None:
    project.edit("config.yaml", "results: results", f"execution: {{cases_per_job: {chosen}}}")
    printed = project.run("--dry-run", "--config", "results=results").stdout
    assert ("block_2" in printed) == (chosen == "3")
