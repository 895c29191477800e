"""YAML as written, and every kind of file that is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from snakespice.base.problems import Problems
from snakespice.config.yamlfile import as_written, load_yaml


def load(tmp_path: Path, content: str | bytes) -> tuple[Any, str]:
    """Return what is loaded, and the problems as one text."""
    path = tmp_path / "x.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    return load_yaml(path, problems), "\n".join(map(str, problems))


@pytest.mark.parametrize(
    "text",
    ["0.10", "010", "1.0e-9", "1_000", "0x10", "+5", "1:30", ".inf", "1k", "2024-01-02", "1e3"],
)
def test_values_keep_their_text(tmp_path: Path, text: str) -> None:
    value, problems = load(tmp_path, f"a: {text}\n")
    assert as_written(value["a"]) == text
    assert not problems
    if text != "2024-01-02":
        assert value["a"] == yaml.safe_load(text)


def test_bom_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = "\ufeffx: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\nz: [*x, *x]\n"
    value, problems = load(tmp_path, text)
    assert not problems
    assert value["y"] == {"a": 3, "b": 2}
    assert value["z"] == [value["x"], value["x"]]


def test_keys_stay_as_written(tmp_path: Path) -> None:
    assert load(tmp_path, "on: 1\nNo: 2\n010: 3\n")[0] == {"on": 1, "No": 2, "010": 3}


def test_doubled_keys_are_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    value, problems = load(tmp_path, "a: 1\nb: {c: 1,\n  c: 2}\na: 3\n")
    assert value["a"] == 3
    assert "a: stands twice, in lines 1 and 4 (keep one)" in problems
    assert "b.c: stands twice, in lines 2 and 3" in problems


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a: [1", "line 2, column 1: is not valid YAML: while parsing a flow sequence"),
        ("a:\n\t- b", "(indent with spaces, not tabs)"),
        ("a: b: c", "line 1, column 5: is not valid YAML: mapping values"),
        ("a: {{ b }}", "needs quotes"),
        ("a: !foo 1", "could not determine a constructor for the tag '!foo'"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "single document"),
        ("a: *b", "undefined alias"),
        ("a: 0x_", "is not valid YAML"),
        ("a: \x01", "control characters are not allowed"),
        ("a: &a [*a]", "contains itself"),
        (BOMB, "holds more than 2,000,000 values, with its aliases expanded"),
        (
            "a: [2024-13-45]",
            "line 1, column 5: is not valid YAML: 2024-13-45 looks like a date and",
        ),
        ("[" * 3000 + "]" * 3000, "is nested too deeply"),
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        (b"a: \xff", "is not UTF-8 text (byte 4) (save it as UTF-8)"),
        ("a: 1".encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_what_is_no_yaml_is_a_problem(tmp_path: Path, content: str | bytes, words: str) -> None:
    value, problems = load(tmp_path, content)
    assert value is None
    assert words in problems
    assert problems.startswith(str(tmp_path / "x.yaml: ").rstrip())
    assert "\n" not in problems


def test_missing_files_and_directories(tmp_path: Path) -> None:
    problems = Problems()
    assert load_yaml(tmp_path, problems) is None
    assert load_yaml(tmp_path / "none.yaml", problems, Path("shown.yaml")) is None
    text = "\n".join(map(str, problems))
    assert f"{tmp_path}: cannot be read: is a directory" in text
    assert "shown.yaml: cannot be read: no such file or directory" in text
