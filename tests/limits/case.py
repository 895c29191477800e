"""One netlist, simulated and judged as a case of a sweep is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from single import case_of

from snakespice.base.layout import LOG
from snakespice.engines.cold import ColdEngine
from snakespice.engines.ngspice import find_ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.processes.limits import Limits
from snakespice.processes.process import Runner
from snakespice.processes.result import ProcessResult
from snakespice.processes.sandbox import Sandbox
from snakespice.verdict.diagnosis import Verdict, judge

RESULT_FILE = "case_1_results.raw"
DIVIDER = """a divider
V1 in 0 1
R1 in out 1k
R2 out 0 1k
"""


@dataclass(frozen=True)
class Outcome:
    """What became of a netlist."""

    verdict: Verdict
    ended: ProcessResult
    log: str


def simulate(
    runner: Runner,
    case_dir: Path,
    text: str,
    *,
    limits: Limits | None = None,
    sandbox: Sandbox | None = None,
) -> Outcome:
    """Simulate `text` in `case_dir`."""
    limits = limits or Limits(timeout=20, mem_mb=1000, max_output_mb=100)
    case_dir.mkdir(parents=True, exist_ok=True)
    case = case_of(case_dir, text, result_file=RESULT_FILE)
    settings = EngineSettings(find_ngspice(), limits, 1, "", sandbox)
    ended = ColdEngine(settings).simulate(runner, case)
    verdict = judge(case, ended, declared=(), limits=limits)
    log = case_dir / LOG
    return Outcome(verdict, ended, log.read_text() if log.is_file() else "")


def control(*commands: str) -> str:
    """Return a netlist whose own commands find its operating point and then do this."""
    return "\n".join([DIVIDER, ".control", "op", *commands, ".endc", ".end", ""])


def shell(case_dir: Path, *lines: str) -> str:
    """Return the command that has the shell do this; ngspice itself would read some of it."""
    case_dir.mkdir(parents=True, exist_ok=True)
    (case_dir / "do.sh").write_text("\n".join([*lines, ""]))
    return "shell sh do.sh"
