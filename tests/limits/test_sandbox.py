"""A case in the sandbox runs as outside of it, and reaches nothing but its own directory."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from case import (  # type: ignore[import-not-found]  # beside this file, where pytest finds it
    control,
    shell,
    simulate,
)
from project import REPOSITORY, Project
from waiting import gone, running, wait_until

from snakespice.base.problems import ConfigError
from snakespice.engines.ngspice import find_ngspice
from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner
from snakespice.processes.sandbox import Sandbox, SandboxMissing, find_sandbox

SECRET = "only for its owner"
EVIL = """#include <stdio.h>
__attribute__((constructor)) void evil(void) { FILE *f = fopen("loaded", "w"); fclose(f); }
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a project's directory with the case's, a secret, and files to include."""
    case_dir = tmp_path / "results/case_1"
    case_dir.mkdir(parents=True)
    (tmp_path / "results/case_2").mkdir()
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/r.inc").write_text('R2 out 0 1k\n.include "more.inc"\n')
    (tmp_path / "models/more.inc").write_text("R3 out 0 1k\n")
    (tmp_path / "models/other.inc").write_text(SECRET)
    return case_dir


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and "case_1" not in path.parts
    }


def test_a_case_runs_as_outside(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    text = "a title\nV1 in 0 1\nR1 in out 1k\n.include ../../models/r.inc\n.dc V1 0 1 0.1\n"
    text += ".meas dc vmax max v(out)\n.end\n"
    outside = simulate(runner, place, text)
    waveforms = (place / "case_1_results.raw").read_bytes().partition(b"Binary:")[2]
    inside = simulate(runner, place, text, sandbox=bwrap)
    assert inside.verdict == outside.verdict
    assert inside.verdict.measures["vmax"] == pytest.approx(1 / 3)
    assert (place / "case_1_results.raw").read_bytes().partition(b"Binary:")[2] == waveforms
    assert inside.log == outside.log
    assert inside.ended.max_rss_mb > 10


def test_no_file_that_runs_as_its_owner_is_left(
    runner: Runner, place: Path, bwrap: Sandbox
) -> None:
    doing = shell(place, "mkdir -p a", "cp /bin/sh a/mine", "chmod 6755 a/mine", "ln -s a b")
    simulate(runner, place, control(doing), sandbox=bwrap)
    assert (place / "a/mine").stat().st_mode & 0o7777 == 0o755


def test_the_number_of_processes_is_bounded(bwrap: Sandbox) -> None:
    # The kernel does not bound root.
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o777)
        loop = "for i in $(seq 1000); do sleep 20 & done; echo all"
        limits = Limits(timeout=20, mem_mb=1000)
        command = bwrap.command(["sh", "-c", loop], Path(place), (), limits)
        done = subprocess.run(
            [*(user if os.geteuid() == 0 else ()), *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
    assert "all" not in done.stdout
    assert "fork" in done.stdout.lower()


def test_an_analog_code_model_works(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    text = "gain\nV1 in 0 1\nA1 in out amp\n.model amp gain(gain=3)\nR1 out 0 1k\n.op\n.end\n"
    assert simulate(runner, place, text, sandbox=bwrap).verdict.status == "completed"


def test_what_was_used_is_known(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    text = "long\nV1 in 0 sin(0 1 1meg)\nR1 in 0 1k\n.tran 1n 1m\n.end\n"
    ended = simulate(runner, place, text, sandbox=bwrap).ended
    assert ended.cpu > 0.2
    assert ended.max_rss_mb > 60


@pytest.mark.parametrize(
    "script",
    [
        "cat ../../secret",
        "cat {home}/secret",
        "cat /etc/passwd | sed s/root/'{secret}'/",
        "cat ../../models/other.inc",
        "cat /proc/*/root/{project}/secret",
        "cat /proc/1/root/{project}/secret",
        "echo $SNAKESPICE_SECRET",
        "tr '\\\\0' '\\\\n' < /proc/$PPID/environ",
        "mount --bind / /tmp; cat /tmp/{project}/secret",
        "unshare -Urm sh -c 'umount -l {project}; cat {project}/secret'",
        "chroot /proc/1/cwd/../.. cat {project}/secret",
        "ln -s {project}/secret link; cat link",
    ],
)
def test_it_reads_nothing_else(
    runner: Runner, place: Path, bwrap: Sandbox, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = place.parents[1]
    monkeypatch.setenv("HOME", str(project))
    monkeypatch.setenv("SNAKESPICE_SECRET", SECRET)
    line = script.format(home=project, project=project, secret=SECRET)
    text = "a title\nV1 in 0 1\nR1 in out 1k\n.include ../../models/r.inc\n"
    text += f".control\nop\n{shell(place, line)}\n.endc\n.end\n"
    outcome = simulate(runner, place, text, sandbox=bwrap)
    assert SECRET not in outcome.log
    assert "snakespice: finished" in outcome.log


def test_there_is_nothing_else(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    """No home, no data of the machine: the system's programs, and the way to the case."""
    places = ["/", "/etc", *map(str, place.parents[:-1])]
    script = [f"echo in {path}: $(ls -A {path})" for path in places]
    log = simulate(runner, place, control(shell(place, *script)), sandbox=bwrap).log
    found = {path: set(names.split()) for path, names in re.findall("^in (.*): (.*)$", log, re.M)}
    assert found.keys() == set(places)
    system = {"bin", "sbin", "lib", "lib32", "lib64", "usr", "nix", "gnu"}
    assert {"usr", "proc"} <= found["/"] <= system | {"dev", "etc", "proc", "tmp", place.parts[1]}
    assert found["/etc"] <= {"ld.so.cache", "alternatives", "localtime"}
    for path, below in pairwise([*reversed(place.parents[:-1]), place]):
        assert found[str(path)] == {below.name}


def test_nothing_but_its_own_can_be_written(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    places = ["/", "/dev", "/dev/shm", "/etc", "/proc", "/usr", "/usr/bin", ".", "/tmp"]
    script = [f"touch {path}/out 2> /dev/null && echo can write {path}" for path in places]
    log = simulate(runner, place, control(shell(place, *script)), sandbox=bwrap).log
    assert re.findall("^can write (.*)$", log, re.M) == [".", "/tmp"]


@pytest.mark.parametrize("path", ["../../secret", "/etc/passwd", "../../models/other.inc"])
@pytest.mark.parametrize("command", ["source {}", "load {}", "echo `cat {}`", "codemodel {}"])
def test_ngspice_reads_nothing_else(
    runner: Runner, place: Path, bwrap: Sandbox, command: str, path: str
) -> None:
    outcome = simulate(runner, place, control(command.format(path)), sandbox=bwrap)
    assert SECRET not in outcome.log
    assert "root:" not in outcome.log


def test_an_include_that_it_writes_is_not_followed(
    runner: Runner, place: Path, bwrap: Sandbox
) -> None:
    write = shell(place, "printf 'x\\\\n.include ../../secret\\\\n.end\\\\n' > late.spice")
    outcome = simulate(runner, place, control(write, "source late.spice"), sandbox=bwrap)
    assert (place / "late.spice").exists()
    assert SECRET.split()[0] not in outcome.log.replace("secret", "")


@pytest.mark.parametrize(
    "command",
    [
        "write ../case_2/out.raw",
        "write {project}/out.raw",
        "print all > ../out.txt",
        "wrdata ../out v(out)",
        "wrdata /usr/out v(out)",
        "shell echo > ../out.txt",
        "shell echo > /etc/out",
        "shell echo > /out",
        "shell echo > /dev/shm/out",
        "shell echo >> ../../models/r.inc",
        "shell rm -rf ../../models {project}/secret",
        "shell mv ../case_1 ../case_3",
        "shell chmod 777 ../../secret",
    ],
)
def test_it_writes_nothing_else(runner: Runner, place: Path, bwrap: Sandbox, command: str) -> None:
    project = place.parents[1]
    places = [Path(name) for name in ("/", "/etc", "/usr", "/tmp", "/dev/shm", "/var/tmp")]
    before = contents(project), [set(os.listdir(path)) for path in places]
    command = command.format(project=project)
    if command.startswith("shell "):
        command = shell(place, command.removeprefix("shell "))
    simulate(runner, place, control(command), sandbox=bwrap)
    after = contents(project), [set(os.listdir(path)) for path in places]
    assert after[0] == before[0]
    new = set().union(*(b - a for a, b in zip(before[1], after[1], strict=True)))
    assert not {name for name in new if name.startswith("out")}


def test_the_kernel_is_not_to_be_set(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    names = ["kernel/core_pattern", "vm/drop_caches", "kernel/hostname"]
    script = [f"test -w /proc/sys/{name} && echo can write {name}" for name in names]
    script += ["grep Cap /proc/self/status"]
    outcome = simulate(runner, place, control(shell(place, *script)), sandbox=bwrap)
    assert "can write" not in outcome.log
    assert "CapEff:\t0000000000000000" in outcome.log


def test_there_is_no_network(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        (place / "client.py").write_text(client)
        command = shell(place, f"{sys.executable} client.py || /usr/bin/python3 client.py")
        server.settimeout(0.1)
        simulate(runner, place, control(command), sandbox=bwrap)
        with pytest.raises(TimeoutError):
            server.accept()
        outcome = simulate(runner, place, control(shell(place, "cat /proc/net/dev")), sandbox=bwrap)
    assert "eth" not in outcome.log and "lo:" in outcome.log


def test_there_are_no_other_processes(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    victim = subprocess.Popen(["sleep", "98.41"])
    try:
        script = [f"kill -9 {victim.pid}", "kill -9 -1"]
        simulate(runner, place, control(shell(place, *script)), sandbox=bwrap)
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()


@pytest.mark.skipif(shutil.which("cc") is None, reason="no compiler makes the code model")
def test_a_code_model_from_elsewhere_is_not_loaded(
    runner: Runner, place: Path, bwrap: Sandbox
) -> None:
    project = place.parents[1]
    (project / "evil.c").write_text(EVIL)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "evil.cm", "evil.c"], cwd=project, check=True)
    text = control(f"codemodel {project}/evil.cm", "codemodel ../../evil.cm")
    simulate(runner, place, text, sandbox=bwrap)
    assert not (place / "loaded").exists()
    simulate(runner, place, text)
    assert (place / "loaded").exists()


@pytest.mark.parametrize(
    "script", ["{0}", "setsid {0} & {0}", "setsid -f env -i {0} > /dev/null 2>&1 < /dev/null; {0}"]
)
def test_the_time_limit_holds(runner: Runner, place: Path, bwrap: Sandbox, script: str) -> None:
    sleep = f"sleep 98.5{len(script)}"
    text = control(shell(place, script.format(sleep)))
    outcome = simulate(runner, place, text, limits=Limits(1, 1000), sandbox=bwrap)
    assert outcome.verdict.failure == "timeout"
    assert outcome.ended.wall < 2
    assert gone(sleep, within=1)


def test_nothing_survives_a_case_that_ended_well(
    runner: Runner, place: Path, bwrap: Sandbox
) -> None:
    text = control(shell(place, "setsid -f env -i sleep 98.42 > /dev/null 2>&1"))
    assert simulate(runner, place, text, sandbox=bwrap).verdict.status == "completed"
    assert not running("sleep 98.42")


def test_nothing_survives_its_own_death(place: Path, bwrap: Sandbox) -> None:
    """As when the unit is killed, which then cannot look after it."""
    sleep = "setsid env -i sleep 98.43 & sleep 98.43"
    command = bwrap.command(["sh", "-c", sleep], place, [], Limits(60, 1000))

    def sleeping() -> int:
        return [line.split(maxsplit=1)[1] for line in running("98.43")].count("sleep 98.43")

    process = subprocess.Popen(command)
    try:
        assert wait_until(lambda: sleeping() == 2, within=20)
    finally:
        process.kill()
        process.wait()
    assert gone("98.43", within=2)


def test_the_other_limits_hold(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    text = "long\nV1 in 0 sin(0 1 1meg)\nR1 in 0 1k\n.tran 1n 1m\n.end\n"
    limits = Limits(30, 60, 100)
    outcome = simulate(runner, place, text, limits=limits, sandbox=bwrap)
    assert outcome.verdict.failure == "out_of_memory"
    limits = Limits(30, 1000, 5)
    outcome = simulate(runner, place, text, limits=limits, sandbox=bwrap)
    assert outcome.verdict.failure == "output_error"
    assert "simulator.max_output_mb" in (outcome.verdict.error_message or "")
    script = shell(place, "head -c 900000000 /dev/zero > /tmp/large; ls -s /tmp/large")
    limits = Limits(30, 1000, 1000)
    outcome = simulate(runner, place, control(script), limits=limits, sandbox=bwrap)
    assert "No space left on device" in outcome.log


def test_a_crash_is_called_so(runner: Runner, place: Path, bwrap: Sandbox) -> None:
    text = (REPOSITORY / "tests/netlists/530_segmentation_fault.spice").read_text()
    outcome = simulate(runner, place, text, sandbox=bwrap)
    assert (outcome.verdict.failure, outcome.ended.signal) == ("crashed", signal.SIGSEGV)


def test_bubblewrap_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    program = find_ngspice().path
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxMissing, match="bwrap is not on the PATH: install it"):
        find_sandbox(program)


def test_bubblewrap_is_not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxMissing, match=r"Permission denied.*needs user namespaces"):
        find_sandbox("/usr/bin/ngspice")


@pytest.mark.skipif(os.geteuid() != 0, reason="is root elsewhere")
def test_without_privileges(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    if python is None:
        pytest.skip("the tests' own python is not for everybody")
    program = f"""
import sys
places = ("/scripts", "/tests/limits", "/tests/support")
sys.path[:0] = [{str(REPOSITORY)!r} + place for place in places]
from pathlib import Path
from case import control, shell, simulate
from single import one_runner
from snakespice.processes.sandbox import find_sandbox
place = Path("case_1").absolute()
with one_runner() as runner:
    text = control(shell(place, "id -u; cat ../secret; echo > ../out"))
    outcome = simulate(runner, place, text, sandbox=find_sandbox("/usr/bin/ngspice"))
print(outcome.verdict, outcome.log)
"""
    (tmp_path / "secret").write_text(SECRET)
    done = subprocess.run(
        [python, "-c", program],
        cwd=tmp_path,
        user=65534,
        group=65534,
        extra_groups=[],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "status='completed'" in done.stdout or "No such file" in done.stdout
    assert "65534" in done.stdout
    assert SECRET not in done.stdout
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_confined_is_refused(project: Project) -> None:
    settings = "simulator: {engine: warm, sandbox: bwrap}"
    project.edit("config.yaml", "results: results", f"results: results\n{settings}")
    with pytest.raises(ConfigError, match=r"simulator\.sandbox: .*cold or auto"):
        project.load()
