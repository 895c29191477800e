"""Where a sweep's results come from, `provenance.json`: what was read, with what, when and where.

One half is known to the process of Snakemake alone, when it begins; `of_run` gathers it. The other
half is known when the tables are written; `write_provenance` adds it.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import snakespice
from snakespice.base.files import write_json
from snakespice.base.layout import PROVENANCE, part_file, parts
from snakespice.sweep.index import file_digest, read_index
from snakespice.sweep.inputs import read_inputs
from snakespice.sweep.plan import Plan
from snakespice.tables.summary import Summary

if TYPE_CHECKING:
    from snakespice.config.project import Project

SCHEMA_VERSION = 1
LONGEST_COLUMN = 1000


def of_run(
    project: Project, sweep: str, hub_files: Sequence[Path], versions: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return what this process, Snakemake's own, knows of its run on a sweep.

    Every file that makes the plan is hashed as it is now, which is when it is read. `versions` are
    those of other programs that it knows.
    """
    swept = project.sweeps[sweep]
    bench = swept.testbench
    spiceinit = project.simulator.spiceinit
    return {
        "run": {
            "command": shlex.join(sys.argv),
            "directory": os.getcwd(),
            "started": _now(),
            "host": platform.node(),
        },
        "versions": dict(versions),
        "configuration": {
            "results": project.results,
            "dut": project.dut,
            "simulator": project.simulator.to_json(),
            "execution": {"cases_per_job": project.cases_per_job or "auto"},
            "keep": asdict(project.keep),
            "gate": {"max_failed_fraction": project.max_failed_fraction},
        },
        "files": {
            "configuration": _digests([*hub_files, bench.file, swept.file]),
            "tables": _digests([swept.cases_file]),
            "start_up": _digests([spiceinit]),
            "dut": _digests([project.dut.get("netlist")]),
        },
    }


def write_provenance(
    directory: Path, plan: Plan, of_run: Mapping[str, Any], summary: Summary
) -> dict[str, Any]:
    """Write and return the provenance of the sweep in `directory`, whose tables are written.

    Templates are as they were when the netlists were rendered, what netlists include or read as it
    was when they were simulated.

    Raises UnusableFile when an index of netlists is missing, OSError when nothing can be written.
    """
    templates: dict[str, str] = {}
    rendered: dict[str, str] = {}
    for part in range(1, parts(plan.segments, plan.cases_per_job) + 1):
        index = read_index(directory / part_file(part))
        templates |= index.get("templates", {})
        rendered |= index["includes"]
    includes: dict[str, str] = {}
    for key in filter(None, summary.ran_with["inputs_key"]):
        includes |= read_inputs(directory, key)
    provenance = {
        "schema_version": SCHEMA_VERSION,
        "sweep": plan.sweep,
        "written": _now(),
        "run": of_run["run"],
        "versions": {
            "snakespice": _snakespice(Path(__file__).parents[3]),
            "python": platform.python_version(),
            **of_run["versions"],
            "system": _system(),
        },
        "configuration": of_run["configuration"] | _configuration(plan),
        "files": of_run["files"] | {"templates": templates, "netlists": includes or rendered},
        "cases": {
            "completed": summary.completed,
            "failed": summary.failed,
            "pending": summary.pending,
            "simulator": {
                json.loads(text)["version"]: count
                for text, count in summary.ran_with["simulator"].items()
                if text
            },
            "engine": summary.ran_with["engine"],
            "host": summary.ran_with["host"],
        },
    }
    write_json(directory / PROVENANCE, provenance, synced=True)
    return provenance


def _configuration(plan: Plan) -> dict[str, Any]:
    space = plan.space.to_json()
    return {
        "testbench": {
            "template": str(plan.template),
            "parameters": plan.defaults,
            "measures": list(plan.measures),
            "expressions": {name: one.text for name, one in plan.expressions.items()},
            "filename_raw": plan.filename_raw,
            "filename_log": plan.filename_log,
        },
        "sweep": {
            "cases": len(plan),
            "parameters": [
                {name: _short(column) for name, column in zip(*axis.values(), strict=True)}
                for axis in space["axes"]
            ],
            "exclude": space["exclude"],
            "corners": space["corners"],
            "random": space["random"],
            "seed": plan.seed,
        },
    }


def _short(column: Any) -> Any:
    """Return the values of a parameter, or of very many, which plan.json holds, their number."""
    is_long = isinstance(column, list) and len(column) > LONGEST_COLUMN
    return {"values": len(column)} if is_long else column


def _system() -> str:
    """Return the kernel, its machine, and on Linux the distribution."""
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    try:
        return f"{kernel}, {platform.freedesktop_os_release()['PRETTY_NAME']}"
    except (OSError, KeyError):
        return kernel


def _snakespice(home: Path) -> dict[str, Any]:
    """Return the version, the commit of git, and whether the files are as they are there.

    Commit and `clean` are None where `home` is no clone or there is no git; an archive that git has
    made knows its commit.
    """
    commit, clean = _archived(home), None
    top, _, head = (_git(home, "rev-parse", "--show-toplevel", "HEAD") or "").partition("\n")
    if top == os.path.realpath(home):
        commit, changes = head, _git(home, "status", "--porcelain", "--untracked-files=no")
        clean = None if changes is None else changes == ""
    return {"version": snakespice.__version__, "commit": commit, "clean": clean}


def _archived(home: Path) -> str | None:
    """Return the commit that git has put into an archive of this repository."""
    try:
        text = (home / ".git_archival").read_text().strip()
    except OSError:
        return None
    return None if text.startswith("$") else text


def _git(home: Path, *arguments: str) -> str | None:
    # A hook of git in which Snakemake may run says by these which repository is meant.
    environment = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(home), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _digests(paths: Iterable[str | Path | None]) -> dict[str, str]:
    return {str(path): file_digest(path) for path in paths if path}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
