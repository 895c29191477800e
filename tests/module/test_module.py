"""This workflow as a module of another one, with the real Snakemake and the real ngspice."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from host import Host
from project import HUB, REPOSITORY, Project

import snakespice
from snakespice.sweep.lock import RUN_VARIABLE, lock_sweep

EXAMPLE = REPOSITORY / "examples" / "downstream"


def test_the_example(tmp_path: Path) -> None:
    project = Host(tmp_path)
    shutil.rmtree(tmp_path / "config")
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    for name in ("Snakefile", "envs/snakespice.yaml"):
        project.edit("Snakefile", f'"../../{name}"', f'"{REPOSITORY / name}"')
    printed = project.run().stdout
    assert "parts: 102 of 102 cases completed" in printed
    assert "rule choose" in printed  # what the host does is still told
    with (tmp_path / "results/choice.csv").open(newline="") as file:
        best = next(csv.DictReader(file))
    assert (best["R"], best["C"]) == ("22k", "680p")
    assert "Nothing to be done" in project.run().stdout


def test_the_same_tables_as_by_itself(host: Host, tmp_path: Path) -> None:
    host.edit("config/config.yaml", "C: [1n, 2n]", "C: [0.10n, 2n]\n        temp: [27.0, 010]")
    host.run()
    alone = Project(tmp_path / "alone")
    alone.edit("config.yaml", "C: [1n, 2n]", "C: [0.10n, 2n]\n      temp: [27.0, 010]")
    alone.run()
    table = "results/rc/measures.csv"
    assert (host.directory / table).read_bytes() == (alone.directory / table).read_bytes()
    assert {row["temp"] for row in host.table()} == {"27.0", "010"}


def test_the_default_target_is_the_hosts(host: Host) -> None:
    host.snakefile(["done"], 'rule done:\n    output: "done"\n    shell: "touch {output}"\n')
    host.run()
    assert (host.directory / "done").exists()
    assert not (host.directory / "results").exists()


def test_sweeps_by_name(host: Host) -> None:
    host.run("spice_rc")
    assert len(host.table()) == 6


def test_several_instances_in_one_workflow(host: Host) -> None:
    """Their sweeps bear the same name, their cases, defaults and results are their own."""
    host.write("other/hub.yaml", HUB.replace("results: results", "results: results/other"))
    host.write("other/rc.spice.j2", (host.directory / "config/rc.spice.j2").read_text())
    host.write("other/c.spice", ".subckt cap a b value=1n\nC1 a b {2*value}\n.ends\n")
    host.edit("other/hub.yaml", "R: [1k, 2k, 3k]", "R: [5k]")
    host.snakefile(
        [
            "results/rc/measures.csv",
            "results/other/rc/measures.csv",
            "results/third/rc/run_status.csv",
        ],
        other='"other/hub.yaml"',
        third='config["spice"] | {"results": "results/third", "gate": {"max_failed_fraction": 0}}',
    )
    host.run()
    assert host.starts() == 6 + 2 + 6
    assert len(host.table()) == 6
    assert {row["R"] for row in host.table("other/rc")} == {"5k"}
    assert len(host.table("third/rc")) == 6
    first, other = host.record(2), host.record(2, "other/rc")
    assert first["measures"]["vmax"] != other["measures"]["vmax"]
    host.run("third_all")
    assert (host.directory / "results/third/gate_passed").exists()
    assert host.starts() == 0
    assert "Nothing to be done" in host.run().stdout


def test_an_instance_that_has_no_part_in_the_run(host: Host) -> None:
    """What Snakemake runs in a process of its own reads both; only one is at work."""
    script = """
rule own:
    input: "results/rc/measures.csv"
    output: "own.txt"
    run:
        shell("cp {input} {output}")
"""
    host.snakefile(["own.txt"], script, idle='config["spice"] | {"results": "idle"}')
    host.run()
    assert (host.directory / "own.txt").exists()
    assert not (host.directory / "idle").exists()


def test_two_instances_with_the_same_results_are_refused(host: Host) -> None:
    host.snakefile(["results/rc/measures.csv"], again='config["spice"]')
    printed = host.run(expect=1).stdout
    assert "AmbiguousRuleException" in printed


def test_from_any_directory(host: Host, tmp_path: Path) -> None:
    """Data lie in the working directory, everything else where it is."""
    host.edit("Snakefile", '"config/config.yaml"', f'"{tmp_path}/config/config.yaml"')
    elsewhere = tmp_path / "some where"
    elsewhere.mkdir()
    host.run("--snakefile", "../Snakefile", cwd=elsewhere)
    assert (elsewhere / "results/rc/measures.csv").exists()
    host.run("--snakefile", "Snakefile", "--directory", "third place")
    assert (tmp_path / "third place/results/rc/measures.csv").exists()
    assert not (tmp_path / "results").exists()
    assert "Nothing to be done" in host.run("--directory", "third place").stdout


def test_a_hub_file_is_named_in_the_configuration(host: Host) -> None:
    """The path is relative to the file that it stands in, those in the hub to the hub."""
    config = host.directory / "config"
    (config / "amp").mkdir()
    for name in ("rc.spice.j2", "c.spice"):
        (config / name).rename(config / "amp" / name)
    host.write("config/amp/hub.yaml", HUB)
    host.write("config/config.yaml", "spice: amp/hub.yaml\n")
    host.run()
    assert len(host.table()) == 6


def test_a_hub_that_is_made_in_the_snakefile(host: Host) -> None:
    """Its paths are relative to the working directory."""
    host.write("config/config.yaml", "unrelated: 1\n")
    hub = {
        "testbenches": {
            "rc": {
                "template": "config/rc.spice.j2",
                "parameters": {"R": "1k", "C": "1n", "temp": 27},
                "measures": ["vmax"],
            }
        },
        "sweeps": {"rc": {"testbench": "rc", "parameters": {"R": ["1k", "2k"]}}},
    }
    host.snakefile(["results/rc/measures.csv"], spice=repr(hub))
    host.run()
    assert [row["R"] for row in host.table()] == ["1k", "2k"]


def test_other_sections_are_the_hosts_own(host: Host) -> None:
    """They may hold what this workflow would refuse."""
    path = host.directory / "config/config.yaml"
    path.write_text(f"sweeps: 3\nother: {{a: 1, a: 2}}\n{path.read_text()}")
    host.run("--dry-run")


def test_a_value_is_overridden_on_the_command_line(host: Host) -> None:
    host.run("spice_rc", "--config", 'spice={"results": "elsewhere"}')
    assert (host.directory / "elsewhere/rc/measures.csv").exists()


def test_what_is_no_hub_is_refused(host: Host) -> None:
    host.snakefile(["results/rc/measures.csv"], spice="['a']")
    printed = host.run(expect=1).stdout
    assert "in the configuration; nothing was run" in printed
    assert "config of the module: is a list, must be a mapping, or the path of a hub" in printed
    assert "Traceback" not in printed


def test_a_mistake_is_told_with_its_place_in_the_hosts_file(host: Host) -> None:
    host.edit("config/config.yaml", "template: rc.spice.j2", "template: rd.spice.j2")
    host.add("sweps: {}")
    printed = host.run(expect=1).stdout
    assert "config/config.yaml: spice.sweps: is not a key" in printed
    assert 'config/config.yaml: spice.testbenches.rc.template: there is no file "rd.' in printed


@pytest.mark.parametrize("target", ["all", "results/rc/plan.json"])
def test_another_run_on_the_same_results_is_kept_out(
    host: Host, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a module is called when a run starts, so this does not rest on handlers."""
    monkeypatch.setenv(
        RUN_VARIABLE, ""
    )  # restored after `lock_sweep`, which says there whose jobs these are
    host.snakefile(["results/rc/measures.csv"])
    with lock_sweep(host.directory / "results/rc"):
        printed = host.run("--nolock", target, expect=1).stdout
        assert "results/rc is locked by process" in printed
        assert not (host.directory / "results/rc/plan.json").exists()
        host.run("--nolock", "--dry-run", target)
    host.run("--nolock", target)


def test_a_rule_is_changed_by_the_host(host: Host) -> None:
    """The module is read a second time for it, and is still one run on its sweeps."""
    change = "\nuse rule simulate from spice as spice_simulate with:\n    threads: 2\n"
    host.snakefile(["results/rc/measures.csv"], change)
    assert "threads: 2" in host.run().stdout
    assert {row["status"] for row in host.table()} == {"completed"}


def test_rules_are_left_out_by_the_host(host: Host) -> None:
    host.edit("Snakefile", "use rule * from spice as", "use rule * from spice exclude all, plan as")
    plan = "\nuse rule plan from spice as own_plan with:\n    priority: 2\n"
    path = host.directory / "Snakefile"
    path.write_text(path.read_text() + plan)
    assert "rule own_plan" in host.run().stdout


def test_a_rule_of_the_host_may_have_a_wildcard_called_sweep(host: Host) -> None:
    plot = """
rule plot:
    input: "results/{sweep}/measures.csv"
    output: "plots/{sweep}.txt"
    shell: "cp {input} {output}"

onstart: spice.onstart()
onsuccess: spice.onsuccess()
"""
    host.snakefile(["plots/rc.txt"], plot)
    printed = host.run().stdout
    assert "rc: 6 of 6 cases completed" in printed
    assert not (host.directory / "results/rc.txt").exists()


def test_where_its_results_come_from(host: Host) -> None:
    """The record is written though no handler of a module is called."""
    host.run("spice_all")
    data = json.loads((host.directory / "results/rc/provenance.json").read_text())
    assert data["run"]["command"].endswith("--cores 2 spice_all")
    assert list(data["files"]["configuration"]) == [str(host.directory / "config/config.yaml")]
    assert data["versions"]["snakespice"]["version"] == snakespice.__version__


def test_a_report_tells_instances_apart(host: Host) -> None:
    host.snakefile(
        ["results/rc/overview.html", "second/rc/overview.html"],
        second='config["spice"] | {"results": "second"}',
    )
    host.run()
    host.run("--report", "report.html")
    report = (host.directory / "report.html").read_text()
    assert '"results/rc"' in report
    assert '"second/rc"' in report


def test_two_copies_in_one_workflow_are_refused(host: Host) -> None:
    """Python would take the library of one of them for both."""
    host.snakefile(["results/rc/measures.csv"], other='config["spice"] | {"results": "other"}')
    copy = host.directory / "copy"
    for part in ("workflow", "scripts", "config"):
        shutil.copytree(REPOSITORY / part, copy / part)
    shutil.copy(REPOSITORY / "Snakefile", copy)
    path = host.directory / "Snakefile"
    first, last, rest = path.read_text().rpartition(str(REPOSITORY / "Snakefile"))
    path.write_text(f"{first}{copy / 'Snakefile'}{rest}")
    assert last
    assert "from one copy of snakespice" in host.run(expect=1).stdout


def test_prefix_is_refused(host: Host) -> None:
    host.edit("Snakefile", "    config: ", '    prefix: "below"\n    config: ')
    assert "`results` of its configuration" in host.run(expect=1).stdout


def test_without_a_section_the_configuration_is_refused(host: Host) -> None:
    host.edit("Snakefile", '    config: config["spice"]\n', "")
    assert '"sweeps" is missing' in host.run(expect=1).stdout


def test_lint(host: Host) -> None:
    shutil.copytree(REPOSITORY, host.directory / "repo", ignore=shutil.ignore_patterns(".*"))
    host.run("--lint", cwd=host.directory / "repo/examples/downstream")
