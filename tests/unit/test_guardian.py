"""Nothing that a unit has started outlives it, not even what was just being started."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from snakespice.guardian import MARK, STARTING, Guardian


@pytest.mark.parametrize("announced", [STARTING, 0])
def test_a_program_that_bears_the_mark_a_moment_later(announced: int) -> None:
    with Guardian(1) as guardian:
        mark = f"{MARK}={guardian.mark(0)}"
        late = ["sh", "-c", f"sleep 0.5; exec env {mark} sleep 100"]
        program = subprocess.Popen(late, start_new_session=True)
        try:
            guardian.watch(0, announced)
            guardian.kill_all()
            time.sleep(1)
            assert program.poll() == (-signal.SIGKILL if announced else None)
        finally:
            program.kill()
            program.wait()
