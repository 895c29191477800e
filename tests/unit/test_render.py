"""Rendering a part of a sweep: what a case may use up, and what that costs the others."""

from __future__ import annotations

import re
import resource
import signal
from pathlib import Path

import pytest
from project import Project

from snakespice.config.column import Listed
from snakespice.config.product import Axis
from snakespice.config.space import Space
from snakespice.sweep.plan import Plan
from snakespice.sweep.render import render_part
from snakespice.templates import bounds

TEMPLATE = """title {{ n }}
{% for a in range(99999) if mode == "slow" %}{% for b in range(99999) %}{% endfor %}{% endfor %}
{% if mode == "large" %}{{ 'a'|center(900000000) }}{% endif %}
{% if mode == "long" %}
{% for a in range(9999) %}* {{ 'a' * 40000 }}
{% endfor %}
{% endif %}
.end
"""


def plan(root: Path, *modes: str) -> Plan:
    (root / "t.j2").write_text(TEMPLATE)
    axes = (Axis(("mode",), (Listed(modes),)),)
    return Plan(
        sweep="s",
        space=Space(axes),
        seed=1,
        template=root / "t.j2",
        defaults={"mode": "", "n": "1"},
        measures=(),
        filename_raw="results.raw",
        filename_log="sim.log",
        dut={},
        project_root=root,
        cases_per_job=None,
    )


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_case_that_exceeds_its_bounds_fails_and_the_others_do_not(
    tmp_path: Path, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_CPU_SECONDS", 1)
    sweep = plan(tmp_path, "a", "slow", "b", "large", "c", "long", "d")
    index = render_part(sweep, tmp_path, range(1, 8), write=True, at_once=at_once)
    assert sorted(index["netlists"]) == ["1", "3", "5", "7"]
    assert index["faults"] == {
        "2": "t.j2:2: takes more than 1 s of processor time",
        "4": "t.j2:3: needs more than 500 MB of memory",
        "6": index["faults"]["6"],
    }
    # 400 MB take too much of one or the other, in the template or behind it.
    assert re.fullmatch(
        r"t\.j2\S* .*(500 MB of memory|1 s of processor time)", index["faults"]["6"]
    )
    there = sorted(path.parent.name for path in tmp_path.glob("case_*/netlist.spice"))
    assert there == ["case_1", "case_3", "case_5", "case_7"]


def test_the_limits_are_gone_afterwards(tmp_path: Path) -> None:
    memory = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.getsignal(signal.SIGPROF)
    render_part(plan(tmp_path, "a"), tmp_path, range(1, 2), write=False, at_once=1)
    assert resource.getrlimit(resource.RLIMIT_AS) == memory
    assert signal.getsignal(signal.SIGPROF) == handler
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_a_run_goes_on_when_a_template_takes_too_much(project: Project) -> None:
    greedy = "{% if R == '2k' %}{{ 'a'|center(900000000) }}{% endif %}"
    project.edit("rc.spice.j2", "R1 in out {{ R }}", f"{greedy}\nR1 in out {{{{ R }}}}")
    project.run()
    for row in project.table():
        failed = row["R"] == "2k"
        assert row["failure"] == ("template_error" if failed else "")
        assert not failed or "rc.spice.j2:3: needs more than 500 MB" in row["error_message"]
