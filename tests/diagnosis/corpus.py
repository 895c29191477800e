"""The corpus of netlists with known truth, each run through the real ngspice and judged.

`python tests/diagnosis/corpus.py` prints the table of what is expected and what is reported.

A netlist in `tests/netlists` says in comments behind its title what is true of it:

    *? status: completed           or failed
    *? failure: netlist_error      a regular expression that the whole word matches
    *? message: nosuch             one that must be found in the error message
    *? warnings: tcross            one that must be found in one of the warnings; repeatable;
                                   `none`: there must be no warning at all
    *? measures: a=1 within 1e-3, b=null     the declared measures
    *? timeout: 2                  seconds
    *? mem_mb: 100
    *? bytes: crlf                 how the file is changed before it is run (see BYTES)
    *? from 44: status: completed  from this version of ngspice on, in place of what is said above
    *? known_blind: why            bad in truth, but ngspice gives no sign that a program could read
"""

from __future__ import annotations

import math
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS.parent / "scripts"), str(TESTS / "support")]

from single import case_of, one_runner  # noqa: E402

from snakespice.engines.cold import ColdEngine  # noqa: E402
from snakespice.engines.ngspice import Ngspice, find_ngspice  # noqa: E402
from snakespice.engines.settings import EngineSettings  # noqa: E402
from snakespice.netlist.rewrite import finalise  # noqa: E402
from snakespice.processes.limits import Limits  # noqa: E402
from snakespice.processes.process import Runner  # noqa: E402
from snakespice.verdict.diagnosis import Verdict, judge  # noqa: E402

NETLISTS = TESTS / "netlists"
RESULT_FILE = "case_1_results.raw"
SEED = 17

BYTES: dict[str, Callable[[str], str]] = {
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "no final newline": lambda text: text.rstrip("\n"),
    "nul": lambda text: text.replace("1k\n", "1k\0\0\n"),
    "empty": lambda _text: "",
    "blank lines": lambda _text: "\n\n\n",
}
_TRUTH = re.compile(r"^\*\?\s*(\w+):\s*(.*\S)", re.MULTILINE)
_LATER = re.compile(r"^\*\?\s*from (\d+): (\w+):\s*(.*\S)", re.MULTILINE)
_FOLLOWS = {"completed": ("failure", "message"), "failed": ("measures", "warnings")}
_MEASURE = re.compile(r"(\w+)=(?:(null)|(\S+) within (\S+))$")
_SUFFIX = {"u": 1e-6, "m": 1e-3}


@dataclass(frozen=True)
class Truth:
    """What is true of a netlist; `measures` has the value and its tolerance, or None for null."""

    status: str
    failure: str
    message: str
    warnings: tuple[str, ...]
    measures: dict[str, tuple[float, float] | None]
    limits: Limits
    change: Callable[[str], str]
    known_blind: str


def names() -> list[str]:
    """Return the names of all netlists."""
    return sorted(path.stem for path in NETLISTS.glob("*.spice"))


def read_truth(text: str, version: int) -> Truth:
    """Read the truth in a netlist's comments, for this version of ngspice."""
    said: dict[str, list[str]] = defaultdict(list)
    for key, value in _TRUTH.findall(text):
        said[key].append(value)
    later: dict[str, list[str]] = defaultdict(list)
    for since, key, value in _LATER.findall(text):
        if version >= int(since):
            later[key].append(value)
    for gone in _FOLLOWS.get("".join(later["status"]), ()):
        said.pop(gone, None)
    said |= {key: values for key, values in later.items() if values}
    measures = [part.strip() for line in said.pop("measures", []) for part in line.split(",")]

    def one(key: str, default: str) -> str:
        (value,) = said.pop(key, [default])
        return value

    truth = Truth(
        status=one("status", ""),
        failure=one("failure", ""),
        message=one("message", ""),
        warnings=tuple(said.pop("warnings", [])),
        measures=dict(_measure(part) for part in measures),
        limits=Limits(float(one("timeout", "10")), int(one("mem_mb", "1000"))),
        change=BYTES.get(one("bytes", ""), str),
        known_blind=one("known_blind", ""),
    )
    assert not said, f"unknown keys {sorted(said)}"
    assert truth.status in ("completed", "failed") and bool(truth.failure) == (
        truth.status == "failed"
    )
    return truth


def version_of(ngspice: Ngspice) -> int:
    """Return the first number of its version."""
    return int(re.findall(r"\d+", ngspice.version)[0])


def _measure(text: str) -> tuple[str, tuple[float, float] | None]:
    match = _MEASURE.match(text)
    assert match, text
    name, null, value, tolerance = match.groups()
    if null:
        return name, None
    scale = _SUFFIX.get(value[-1], 1)
    return name, (float(value.rstrip("um")) * scale, float(tolerance))


def run(name: str, runner: Runner, directory: Path) -> tuple[Truth, Verdict]:
    """Run a netlist in `directory` the way a case of a sweep is run; return truth and verdict."""
    text = (NETLISTS / f"{name}.spice").read_text()
    ngspice = find_ngspice()
    truth = read_truth(text, version_of(ngspice))
    shutil.copytree(NETLISTS / "aux", directory / "aux")
    for path in (directory / "aux").glob("*_crlf.*"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    case_dir = directory / "case_1"
    case_dir.mkdir()
    text, _ = finalise(
        truth.change(text), directory=directory, case_dir=case_dir, near=directory, seed=SEED
    )
    case = case_of(case_dir, text, result_file=RESULT_FILE)
    settings = EngineSettings(ngspice, truth.limits, threads=1, spiceinit="")
    ended = ColdEngine(settings).simulate(runner, case)
    verdict = judge(case, ended, declared=tuple(truth.measures), limits=truth.limits)
    return truth, verdict


def differences(truth: Truth, verdict: Verdict) -> list[str]:
    """Return in what the verdict differs from the truth."""
    found = []
    if verdict.status != truth.status:
        found.append(f"status: {verdict.status} ({verdict.failure}: {verdict.error_message})")
    elif not re.fullmatch(truth.failure, verdict.failure or ""):
        found.append(f"failure: {verdict.failure} ({verdict.error_message})")
    if truth.status == "failed":
        message = verdict.error_message or ""
        if "\n" in message or not message.strip():
            found.append(f"error_message is not one line: {message!r}")
        if not re.search(truth.message, message):
            found.append(f"error_message: {message}")
    elif verdict.error_message is not None:
        found.append(f"error_message of a completed case: {verdict.error_message}")
    for name, expected in truth.measures.items():
        if name not in verdict.measures:
            found.append(f"measure {name} is not reported at all")
        elif not _is_close(verdict.measures[name], expected):
            found.append(f"measure {name}: {verdict.measures[name]}")
    for pattern in truth.warnings:
        if pattern == "none":
            found.extend(f"needless warning: {warning}" for warning in verdict.warnings)
        elif not any(re.search(pattern, warning) for warning in verdict.warnings):
            found.append(f"no warning has {pattern}; there are: {list(verdict.warnings)}")
    return found


def _is_close(value: float | None, expected: tuple[float, float] | None) -> bool:
    if value is None or expected is None:
        return value is None and expected is None
    return math.isclose(value, expected[0], rel_tol=0, abs_tol=expected[1])


def _cell(status: str, failure: str | None, measures: dict[str, str], warnings: str) -> str:
    parts = [status if status == "completed" else f"failed, {failure}"]
    parts += [f"{name} {value}" for name, value in measures.items()]
    parts += [f"warns: {warnings}"] if warnings else []
    return "; ".join(parts).replace("|", "\\|")


def expected_cell(truth: Truth) -> str:
    """Return the truth in a few words."""
    measures = {
        name: "null" if pair is None else f"{pair[0]:.6g}" for name, pair in truth.measures.items()
    }
    warnings = ", ".join(pattern for pattern in truth.warnings if pattern != "none")
    return _cell(truth.status, truth.failure, measures, warnings)


def reported_cell(truth: Truth, verdict: Verdict) -> str:
    """Return the verdict in a few words."""
    measures = {
        name: "null" if value is None else f"{value:.6g}"
        for name, value in verdict.measures.items()
        if name in truth.measures
    }
    warnings = f"{len(verdict.warnings)} lines" if verdict.warnings else ""
    return _cell(verdict.status, verdict.failure, measures, warnings)


def main() -> int:
    """Print the table; return 1 when anything differs."""
    print("| netlist | expected | reported | equal |\n|---|---|---|---|")
    different: dict[str, list[str]] = {}
    blind: dict[str, str] = {}
    with one_runner() as runner:
        for name in names():
            with tempfile.TemporaryDirectory() as directory:
                truth, verdict = run(name, runner, Path(directory).resolve())
            if found := differences(truth, verdict):
                different[name] = found
            if truth.known_blind:
                blind[name] = truth.known_blind
            equal = "no" if found else "yes (blind)" if truth.known_blind else "yes"
            cells = (name, expected_cell(truth), reported_cell(truth, verdict), equal)
            print(f"| {' | '.join(cells)} |", flush=True)
    print(f"\n{len(names())} netlists, {len(different)} differ, {len(blind)} known to be blind.\n")
    for name, reason in blind.items():
        print(f"- blind, {name}: {reason}")
    for name, found in different.items():
        print(f"- different, {name}: {'; '.join(found)}")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
