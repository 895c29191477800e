"""Limits as a person sets them: in the configuration and on Snakemake's command line."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise

import pytest
from project import Project
from waiting import gone, running

from snakespice.base.problems import ConfigError
from snakespice.processes.sandbox import Sandbox

SIX = "R: [1k, 2k, 3k]\n      C: [1n, 2n]"
SCRIPT = "\n.control\n{}\n.endc\n.end"


def simulator(project: Project, settings: str, cases_per_job: str = "1") -> None:
    path = project.directory / "config.yaml"
    text = path.read_text().partition("\nsimulator:")[0].rstrip("\n")
    text += f"\nsimulator: {{{settings}}}\nexecution: {{cases_per_job: {cases_per_job}}}\n"
    path.write_text(text)


def script(project: Project, *commands: str) -> None:
    project.edit("rc.spice.j2", "\n.end", SCRIPT.format("\n".join(commands)))


def most_at_once(project: Project) -> int:
    rows = project.table()
    starts = [datetime.fromisoformat(row["timestamp_iso"]).timestamp() for row in rows]
    spans = [
        (start, start + float(row["simulation_duration"]))
        for start, row in zip(starts, rows, strict=True)
    ]
    # Times are recorded to the millisecond.
    events = sorted([(s + 1e-3, 1) for s, _ in spans] + [(e - 1e-3, -1) for _, e in spans])
    running = most = 0
    for _, step in events:
        running += step
        most = max(most, running)
    return most


ONE = "1"
MEMORY = ["--resources", "mem_mb=2900"]
LICENSES = ["--resources", "licenses=2"]


@pytest.mark.parametrize(
    ("cores", "settings", "cases_per_job", "resources", "bound"),
    [
        (3, "timeout: 60", ONE, [], 3),
        (3, "timeout: 60", "2", [], 3),
        (5, "threads: 2", ONE, [], 2),
        (5, "threads: 2", "3", [], 2),
        (6, "mem_mb: 1000", ONE, MEMORY, 2),
        (6, "mem_mb: 1000", "3", MEMORY, 2),
        (6, "threads: 2, mem_mb: 2000", ONE, MEMORY, 1),
        (6, "timeout: 60", ONE, LICENSES, 2),
        (6, "timeout: 60", "3", LICENSES, 2),
    ],
)
def test_slots(
    project: Project,
    cores: int,
    settings: str,
    cases_per_job: str,
    resources: list[str],
    bound: int,
) -> None:
    simulator(project, settings, cases_per_job)
    script(project, "shell sleep 1")
    project.run(*resources, cores=cores)
    assert {row["status"] for row in project.table()} == {"completed"}
    most = most_at_once(project)
    assert most == bound if cases_per_job == ONE else 1 <= most <= bound


@pytest.mark.parametrize(("cores", "resources"), [(2, []), (4, MEMORY), (4, LICENSES)])
def test_slots_of_a_unit_that_shares_the_models(
    project: Project, cores: int, resources: list[str]
) -> None:
    simulator(project, "engine: auto, mem_mb: 1000", "16")
    project.edit("config.yaml", SIX, "R: {type: range, start: 1k, stop: 16k, num: 16}")
    project.edit("rc.spice.j2", ".tran 1u 200u", ".tran 1u 50m 49.8m")
    project.run(*resources, cores=cores)
    assert {row["status"] for row in project.table()} == {"completed"}
    assert 1 <= most_at_once(project) <= 2


def test_starts_per_second(project: Project) -> None:
    simulator(project, "timeout: 60")
    project.run("--max-jobs-per-timespan", "1/2s", cores=6)
    stamps = [datetime.fromisoformat(row["timestamp_iso"]) for row in project.table()]
    starts = sorted(stamp.timestamp() for stamp in stamps)
    gaps = [late - early for early, late in pairwise(starts)]
    assert min(gaps) > 0.5
    assert starts[-1] - starts[0] > 7


def test_at_its_time_limit_a_case_and_what_it_started_are_gone_within_a_second(
    project: Project,
) -> None:
    simulator(project, "timeout: 2")
    script(project, "shell sleep 98.7{{ case_id }} & setsid sleep 98.7{{ case_id }}")
    run = project.start()
    last_seen: dict[str, float] = {}
    while run.poll() is None:
        now = time.time()
        last_seen |= {line.split()[-1]: now for line in running("sleep 98.7") if "sh" not in line}
        time.sleep(0.05)
    printed, _ = run.communicate()
    assert run.returncode == 0, printed
    rows = project.table()
    assert {row["failure"] for row in rows} == {"timeout"}
    for row in rows:
        deadline = datetime.fromisoformat(row["timestamp_iso"]).timestamp() + 2
        late = last_seen[f"98.7{row['case_id']}"] - deadline
        print(f"case {row['case_id']}: last seen {late:.2f} s after its limit")
        assert -1 < late < 1


def test_a_case_over_a_limit_and_its_neighbours(project: Project) -> None:
    simulator(project, "timeout: 4, mem_mb: 100, max_output_mb: 5", "3")
    project.edit("rc.spice.j2", ".tran 1u 200u", ".tran 1u {{ '200m' if R == '2k' else '200u' }}")
    script(
        project,
        "{% if R == '3k' and C == '1n' %}",
        "shell sleep 98.61 & sleep 98.61",
        "{% elif R == '1k' and C == '2n' %}",
        "let big = vector(20000000)",
        "{% endif %}",
    )
    project.run()
    assert [row["failure"] for row in project.table()] == [
        *("", "out_of_memory", "output_error", "output_error", "timeout", "")
    ]
    assert project.record(5)["simulation_duration"] < 5
    assert gone("sleep 98.61", within=1)
    messages = [row["error_message"] for row in project.table()]
    for case, key in ((2, "mem_mb"), (3, "max_output_mb"), (4, "max_output_mb"), (5, "timeout")):
        assert f"simulator.{key}" in messages[case - 1]

    # Other limits: what had completed stays, what had failed is tried again.
    assert project.starts() == 6
    simulator(project, "timeout: 4, mem_mb: 1000, max_output_mb: 50", "3")
    project.run()
    assert project.starts() == 4
    assert [row["failure"] for row in project.table()] == [*("", "", "", "", "timeout", "")]
    assert gone("sleep 98.61", within=1)


def test_the_sandbox_in_a_sweep(project: Project, bwrap: Sandbox) -> None:
    simulator(project, "sandbox: bwrap", "2")
    secret = project.write("secret", "only for its owner\n")
    script(project, "shell cat ../../../secret", f"shell cp {secret} .", "shell touch ../out")
    project.run()
    for case_id in range(1, 7):
        case_dir = project.directory / f"results/rc/case_{case_id}"
        assert "only for its owner" not in (case_dir / "ngspice.log").read_text()
        assert not (case_dir / "secret").exists()
    assert not (project.directory / "results/rc/out").exists()
    assert {row["failure"] for row in project.table()} == {"script_error"}
    simulator(project, "sandbox: none", "2")
    project.run()
    assert (project.directory / "results/rc/case_1/secret").exists()
    assert (project.directory / "results/rc/out").exists()


def test_the_sandbox_is_not_there(project: Project) -> None:
    simulator(project, "sandbox: bwrap", "6")
    project.write_program("bwrap", "#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    printed = project.run(expect=1).stdout
    assert "which cannot confine" in printed and "bwrap: No permissions" in printed
    assert project.starts() == 0


def test_admission(project: Project) -> None:
    simulator(project, "require: {free_mem_mb: 1, max_cpu_percent: 100, wait: 1}", "3")
    project.run()
    assert project.starts() == 6
    simulator(project, "require: {free_mem_mb: 1.0e+9, wait: 1}", "3")
    project.edit("rc.spice.j2", "V1 in 0 sin(0 1", "V1 in 0 sin(0 2")
    printed = project.run().stdout
    assert "insufficient_resources" in printed
    assert project.starts() == 0
    rows = project.table()
    assert {row["failure"] for row in rows} == {"insufficient_resources"}
    for row in rows:
        assert "MB of memory are free, 1e+09 are required" in row["error_message"]
        assert "after waiting for 1 s" in row["error_message"]
    # The next run tries again, and with room for them there is then nothing more to be done.
    first = [row["timestamp_iso"] for row in rows]
    project.run()
    assert all(row["timestamp_iso"] > old for row, old in zip(project.table(), first, strict=True))
    simulator(project, "require: {free_mem_mb: 1}", "3")
    project.run()
    assert project.starts() == 6
    assert "Nothing to be done" in project.run("--profile", "none").stdout


def test_admission_elsewhere_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator(project, "require: {free_mem_mb: 1}")
    monkeypatch.setattr("snakespice.config.project.MEMORY", "/nowhere")
    with pytest.raises(ConfigError, match=r"simulator\.require: needs /nowhere"):
        project.load()


def test_a_pipe_in_place_of_a_file_holds_nothing_up(project: Project) -> None:
    """Each case puts one in the place of another file; a record is written over it."""
    names = ["netlist.spice", "ngspice.log", "run_status.json"]
    simulator(project, "timeout: 5", "6")
    project.edit("config.yaml", SIX, "R: [1k, 2k, 3k]")
    name = "{{ " + repr(names) + "[case_id - 1] }}"
    script(project, f"shell rm -f {name}", f"shell mkfifo {name}")
    project.run()
    results = project.directory / "results/rc"
    pipes = [(results / f"case_{n}" / name).is_fifo() for n, name in enumerate(names, 1)]
    assert pipes == [True, True, False]
    project.edit("rc.spice.j2", "R1 in", "R7 out 0 1meg\nR1 in")
    project.run()
    assert len(project.table()) == 3


def test_a_case_that_is_stopped_takes_no_neighbour_with_it(project: Project) -> None:
    """While the first is stopped, the other cases of its unit run on beside it."""
    simulator(project, "engine: cold, timeout: 2.5", "auto")
    project.edit(
        "rc.spice.j2",
        "\n.end",
        "\n{% if case_id == 1 %}.control\nshell sleep 9\n.endc\n"
        "{% else %}.control\nshell sleep 1\n.endc\n{% endif %}\n.end",
    )
    project.run(cores=2)
    assert [row["failure"] for row in project.table()] == ["timeout", "", "", "", "", ""]
