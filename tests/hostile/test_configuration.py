"""Configurations that Snakemake itself would stumble over, in runs of the real Snakemake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from project import HUB, Project

from snakespice.base.problems import ConfigError
from snakespice.config.hub import check_before_snakemake


def lines_of_bomb(levels: int, *, mappings: bool) -> Iterator[str]:
    """Yield YAML whose last line holds ten to the power of `levels` values."""
    below = ["x"] * 10
    for level in range(levels):
        items = [f"k{n}: {item}" if mappings else item for n, item in enumerate(below)]
        opening, closing = "{}" if mappings else "[]"
        yield f"a{level}: &a{level} {opening}{', '.join(items)}{closing}"
        below = [f"*a{level}"] * 10


def test_a_date_in_a_list_is_a_text(project: Project) -> None:
    project.edit("rc.spice.j2", "RC low-pass", "RC low-pass {{ temp }}")
    project.edit("rc.spice.j2", ".temp {{ temp }}\n", "")
    project.edit("config.yaml", "C: [1n, 2n]", "temp: [2024-01-02, 2024-01-02 10:00:00]")
    project.run()
    assert {row["temp"] for row in project.table()} == {"2024-01-02", "2024-01-02 10:00:00"}
    assert {row["status"] for row in project.table()} == {"completed"}


def test_a_bomb_of_lists_is_refused_at_once(project: Project) -> None:
    bomb = "\n".join(lines_of_bomb(9, mappings=False))
    project.write("config.yaml", f"{bomb}\n{HUB}")
    said = project.run("--dry-run", expect=1).stdout
    assert "config.yaml: holds more than 2,000,000 values, with its aliases expanded" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join(lines_of_bomb(9, mappings=True)), "holds more than 2,000,000 values"),
        ("when: 2024-13-45", "line 1, column 7: is not valid YAML: 2024-13-45 looks like a date"),
        ("a: {{ b }}", "needs quotes"),
        ("__use_yte__: true\n? __import__('os').system('touch pwned')", "must not hold code"),
    ],
)
def test_what_snakemake_should_not_read_is_refused_before(
    project: Project, text: str, words: str
) -> None:
    file = project.write("config/config.yaml", f"{text}\n{HUB}")
    with pytest.raises(ConfigError, match=words):
        check_before_snakemake(file)
    project.configfile = ""
    said = project.run("--dry-run", expect=1).stdout
    assert words in said and "Traceback" not in said
    assert not (project.directory / "pwned").exists()
