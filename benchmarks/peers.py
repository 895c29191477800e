"""The other ways to run the same netlists: those that people use today.

Each peer gets the netlists that snakespice rendered, in directories of its own, and does less
than snakespice does: it starts ngspice and looks at nothing.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from harness import CORES, ONE_THREAD, Contender, anew, run, workflow

PYTEST = """
import subprocess, sys, pathlib, pytest

@pytest.mark.parametrize("case", sorted(pathlib.Path("cases").iterdir()))
def test_case(case):
    run = subprocess.run(["ngspice", "-b", "-r", "out.raw", "-o", "out.log", "netlist.spice"],
                         cwd=case, capture_output=True)
    assert run.returncode == 0 and (case / "out.raw").stat().st_size
"""
SPICELIB = """
import sys, pathlib
from spicelib.sim.sim_runner import SimRunner
from spicelib.simulators.ngspice_simulator import NGspiceSimulator

simulator = NGspiceSimulator.create_from("ngspice")
simulator.set_compatibility_mode(None)  # in its own, LTspice's, sky130 does not load
runner = SimRunner(simulator=simulator, parallel_sims=int(sys.argv[1]), output_folder="out")
for case in sorted(pathlib.Path("cases").iterdir()):
    runner.run(str(case / "netlist.spice"), run_filename=f"{case.name}.net")
runner.wait_completion()
sys.exit(runner.okSim != len(list(pathlib.Path("cases").iterdir())))
"""
ONE_JOB_A_CASE = """
import pathlib
CASES = [path.name for path in pathlib.Path("cases").iterdir()]
rule all:
    input: expand("cases/{case}/out.raw", case=CASES)
rule simulate:
    input: "cases/{case}/netlist.spice"
    output: "cases/{case}/out.raw"
    log: "cases/{case}/out.log"
    shell: "cd cases/{wildcards.case} && ngspice -b -r out.raw -o out.log netlist.spice >/dev/null"
"""


def netlists(project: Path) -> list[Path]:
    """Return the netlists of the project's sweep, rendered by snakespice."""
    place = project / "rendered"
    if not place.exists():
        place.mkdir()
        done = run(workflow(project, place, "--until", "render"), place)
        if done.returncode:
            sys.exit(done.stdout)
    found = place.glob("results/*/case_*/netlist.spice")
    return sorted(found, key=lambda path: int(path.parent.name.rpartition("_")[2]))


def parallel(project: Path, cases: int, rounds: int = 99) -> list[Contender]:
    """Return GNU parallel as a peer, where it is installed."""
    if shutil.which("parallel"):
        return [peer("GNU parallel", project, cases, rounds)]
    print("GNU parallel is not installed, and left out", file=sys.stderr)
    return []


def peer(name: str, project: Path, cases: int, rounds: int = 99) -> Contender:
    """Return the peer of that name on the first `cases` netlists of the project."""
    directory = project / name.replace(" ", "_").replace(",", "")
    rendered = netlists(project)[:cases]

    def prepare() -> None:
        anew(directory)
        for netlist in rendered:
            # As deep as in results/, so that relative includes hold.
            target = directory / "cases" / netlist.parent.name
            target.mkdir(parents=True)
            shutil.copy(netlist, target)
        (directory / "test_cases.py").write_text(PYTEST)
        (directory / "run.py").write_text(SPICELIB)
        (directory / "Snakefile").write_text(ONE_JOB_A_CASE)

    # Without -r ngspice takes the measures, with -r it keeps the waveforms; snakespice does both.
    one = "cd {} && ngspice -b -o out.log netlist.spice >/dev/null"
    waves = one.replace("-b", "-b -r out.raw")
    commands = {
        "xargs": ["sh", "-c", f"ls -d cases/* | xargs -P{CORES} -I{{}} sh -c '{one} || true'"],
        "xargs, waveforms instead of measures": [
            *("sh", "-c", f"ls -d cases/* | xargs -P{CORES} -I{{}} sh -c '{waves} || true'")
        ],
        "GNU parallel": ["sh", "-c", f"ls -d cases/* | parallel -j{CORES} '{one} || true'"],
        "pytest-xdist": [sys.executable, "-m", "pytest", "-q", "-n", str(CORES), "test_cases.py"],
        "spicelib": [sys.executable, "run.py", str(CORES)],
        "Snakemake, one job a case": [
            *(sys.executable, "-m", "snakemake", "--cores", str(CORES), "--quiet", "all")
        ],
    }
    return Contender(
        name,
        commands[name.partition(", threads")[0]],
        len(rendered),
        directory,
        environment={} if name.endswith("as shipped") else ONE_THREAD,
        prepare=prepare,
        rounds=rounds,
    )
