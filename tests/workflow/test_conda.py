"""`--sdm conda`: every script is run by the Python of the environment of envs/.

No channel has to be reached: a stand-in makes the environment, whose Python is this one under
another name. What it was asked to install is compared with the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from project import REPOSITORY, Project

CONDA = """#!/bin/sh
case "$*" in
    *--version*) echo "conda 26.1.0" ;;
    "info --json") echo '{{"conda_prefix": "{base}", "platform": "linux-64"}}' ;;
    config*) echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
    *create*)
        for word; do
            case "$before" in
                --prefix) prefix=$word ;;
                --file) cp "$word" "{base}/asked.yaml" ;;
            esac
            before=$word
        done
        mkdir -p "$prefix/bin"
        cp "{base}/python" "$prefix/bin/python" ;;
    clean*) ;;
    *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""


def test_every_script_runs_in_the_environment(project: Project, tmp_path: Path) -> None:
    base = tmp_path / "base"
    project.write("base/bin/activate", 'export PATH="$1/bin:$PATH" CONDA_PREFIX="$1"\n')
    project.write_program("conda", CONDA.format(base=base))
    program = f'#!/bin/sh\necho "$1" >> "{base}/ran"\nexec "{sys.executable}" "$@"\n'
    project.write("base/python", program).chmod(0o755)
    path = project.directory / "config.yaml"
    path.write_text(f"{path.read_text()}gate: {{max_failed_fraction: 0.5}}\n")
    printed = project.run("--sdm", "conda").stdout
    assert "6 of 6 cases completed" in printed
    ran = {Path(line).name for line in (base / "ran").read_text().split()}
    assert ran == {"plan.py", "render.py", "simulate.py", "aggregate.py", "gate.py"}
    asked = (base / "asked.yaml").read_text()
    assert asked == (REPOSITORY / "envs/snakespice.yaml").read_text()
    assert re.search("^  - ngspice ", asked, re.M)
    assert "Nothing to be done" in project.run("--sdm", "conda").stdout
