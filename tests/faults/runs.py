"""Several runs at once, and one run of very many units."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from fault import STAGES, Faults
from life import VARIANTS, Life
from processes import Broken
from waiting import wait_until

FAULTS = Faults()

MOST_MEMORY = 500_000  # kB


@FAULTS.add("two runs, different sweeps", 3)
def two_different(life: Life) -> str:
    text = (life.directory / "config.yaml").read_text()
    other = "sweeps:\n  other: {testbench: rc, parameters: {R: [7k, 8k, 9k]}}"
    life.write("config.yaml", text.replace("sweeps:", other))
    runs = [life.begin("--", "rc"), life.begin("--", "other")]
    codes = [life.end(run) for run in runs]
    if codes != [0, 0]:
        raise Broken(f"exit codes {codes}: {[run.said()[-1500:] for run in runs]}")
    life.write_files()
    return ""


@FAULTS.add("two runs, the same sweep", 4)
def two_same(life: Life) -> str:
    life.variant = (life.variant + 1) % len(VARIANTS)
    life.write_files()
    life.install(life.version, pause="1")
    first = life.begin()
    # The second starts when the first has its hold; which of them gets it is chance otherwise.
    wait_until(lambda: first.is_over() or bool(first.find(*STAGES)), 60)
    second = life.begin()
    code = life.end_calmly(second)
    late = first.is_over()
    said = second.said()
    if life.end(first):
        raise Broken(f"the first run is disturbed: {first.said()[-3000:]}")
    if code and f"process {first.process.pid} on" not in said:
        raise Broken(f"it does not say who holds the sweep: {said[-3000:]}")
    if not code and not late and "Nothing to be done" not in said:
        raise Broken(f"both ran: {said[-3000:]}")
    life.install(life.version)
    return "refused" if code else "the first was over"


@FAULTS.add("1,000 units", 0)
def many_units(life: Life) -> str:
    """Stop a thousand units half way and let them finish, all with few file descriptors."""
    values = ", ".join(f"{ohms}" for ohms in range(1001, 1501))
    life.write("config.yaml", life.hub(values, "1n, 2n", 1))
    life.install(life.version, pause="0")
    prefix = ("bash", "-c", 'ulimit -n 256; exec "$@"', "bash")
    run = life.begin("--", "rc", prefix=prefix, cores=4)
    records = life.results / "rc"
    wait_until(
        lambda: run.is_over() or len(list(records.glob("case_*/run_status.json"))) > 300, 900
    )
    os.killpg(run.process.pid, signal.SIGINT)
    life.end(run)
    run = life.begin("--", "rc", prefix=prefix, cores=4)
    memory = files = 0
    status = Path(f"/proc/{run.process.pid}/status")
    while not run.is_over():
        with suppress(OSError, StopIteration):
            lines = status.read_text().splitlines()
            memory = int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
            files = max(files, len(os.listdir(status.with_name("fd"))))
        time.sleep(0.2)
    code = life.end_calmly(run)
    rows = life.table()
    completed = sum(row["status"] == "completed" for row in rows)
    if code or (len(rows), completed) != (1000, 1000) or memory > MOST_MEMORY:
        raise Broken(f"exit code {code}, {completed} of {len(rows)} completed, {memory} kB")
    shutil.rmtree(life.results)
    life.write_files()
    return f"{memory // 1024} MB and {files} files open at the most"
