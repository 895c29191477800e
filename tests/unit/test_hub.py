"""Where a hub stands that another workflow hands to its module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from snakespice.base.problems import ConfigError
from snakespice.config.hub import Hub, module_hub
from snakespice.config.project import load_project

TEMPLATE = "title {{ R }}\n"
SECTION = """
testbenches: {tb: {template: t.j2, parameters: {R: 0.10}}}
sweeps: {s: {testbench: tb, parameters: {R: [010, 1.0e-3]}}}
"""


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (path.parent / "t.j2").write_text(TEMPLATE)
    return path


def indented(key: str, text: str = SECTION) -> str:
    return f"{key}:{text}".replace("\n", "\n  ").rstrip(" ")


def config(*files: Path) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for file in files:
        read |= yaml.safe_load(file.read_text())
    return read


def cases(hub: Hub) -> list[str]:
    project = load_project(hub)
    return [case["R"] for _, case in project.sweeps["s"].space.cases(range(1, 3))]


def test_a_section_keeps_its_numbers_as_written(tmp_path: Path) -> None:
    file = write(tmp_path / "config/config.yaml", "a: 1\n" + indented("b", f"\n{indented('c')}"))
    given = config(file)["b"]["c"]
    hub = module_hub(given, [file])
    assert (hub.section, hub.files, hub.base) == (("b", "c"), (file,), file.parent)
    assert cases(hub) == ["010", "1.0e-3"]


def test_a_section_that_the_snakefile_changes_is_found_all_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "config/config.yaml", indented("spice"))
    given = config(file)["spice"]
    assert module_hub(given | {"results": "elsewhere"}, [file]).section == ("spice",)
    given["sweeps"]["s"]["seed"] = 7
    hub = module_hub(given, [file])
    assert hub.section == ("spice",)
    assert cases(hub) == ["010", "1.0e-3"]


def test_of_two_sections_it_is_the_one_that_agrees(tmp_path: Path) -> None:
    text = indented("one") + indented("two", SECTION.replace("1.0e-3", "5"))
    file = write(tmp_path / "config.yaml", text)
    assert module_hub(config(file)["two"], [file]).section == ("two",)


def test_a_section_in_one_of_several_files(tmp_path: Path) -> None:
    first = write(tmp_path / "a/config.yaml", indented("spice"))
    other = write(tmp_path / "b/config.yaml", "unrelated: 1\n")
    assert module_hub(config(first)["spice"], [first, other]).base == first.parent


def test_a_section_over_several_files(tmp_path: Path) -> None:
    """As with several hub files, paths are relative to the last one."""
    first = write(tmp_path / "a/config.yaml", indented("spice"))
    other = write(tmp_path / "b/config.yaml", "spice: {results: elsewhere}\n")
    given = config(first)["spice"] | {"results": "elsewhere"}
    hub = module_hub(given, [first, other])
    assert (hub.files, hub.base) == ((first, other), other.parent)
    assert cases(hub) == ["010", "1.0e-3"]


def test_what_stands_in_no_file_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "config/config.yaml", "unrelated: {results: r}\n")
    monkeypatch.chdir(write(tmp_path / "work/hub.yaml", SECTION).parent)
    for given in (yaml.safe_load(SECTION), "hub.yaml", Path("hub.yaml")):
        assert module_hub(given, [file]).base == tmp_path / "work"
    assert cases(module_hub("hub.yaml", [file])) == ["010", "1.0e-3"]


def test_a_path_is_relative_to_the_file_that_it_stands_in(tmp_path: Path) -> None:
    file = write(tmp_path / "config/config.yaml", "spice: {a: amp/hub.yaml}\n")
    hub = write(tmp_path / "config/amp/hub.yaml", SECTION)
    assert module_hub("amp/hub.yaml", [file]) == Hub(
        yaml.safe_load(SECTION), (hub,), (), hub.parent
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", "config/amp/hub.yaml: a: stands twice"),
        ("- a\n", "config/amp/hub.yaml: is a list, must be a mapping"),
        (None, 'config/config.yaml: spice: there is no file "amp/hub.yaml"'),
    ],
)
def test_a_hub_file_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path / "config/config.yaml", "spice: amp/hub.yaml\n")
    if text:
        write(tmp_path / "config/amp/hub.yaml", text)
    with pytest.raises(ConfigError, match=message):
        module_hub("amp/hub.yaml", [file])


def test_the_same_hub_in_two_places_is_ambiguous(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = write(tmp_path / "config/config.yaml", indented("spice"))
    other = write(tmp_path / "more/config.yaml", indented("twin"))
    with pytest.raises(
        ConfigError, match=r"config/config\.yaml: spice and more/config\.yaml: twin"
    ):
        module_hub(config(first)["spice"], [first, other])


@pytest.mark.parametrize("given", [{}, {"testbenches": {}, "sweeps": {}}])
def test_a_hub_without_a_testbench_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path / "config/config.yaml", "unrelated: 1\n")
    with pytest.raises(ConfigError, match="testbenches"):
        load_project(module_hub(given, [file]))


def test_a_hub_file_that_the_snakefile_names_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r'there is no file "no\.yaml"'):
        module_hub("no.yaml", [])


def test_a_section_with_dates_is_found(tmp_path: Path) -> None:
    text = SECTION.replace("0.10", "2024-01-02").replace("010", "2024-01-02")
    file = write(tmp_path / "config/config.yaml", indented("spice", text))
    hub = module_hub(config(file)["spice"], [file])
    assert hub.section == ("spice",)
    assert cases(hub) == ["2024-01-02", "1.0e-3"]


def test_a_hub_that_explodes_is_not_looked_at(tmp_path: Path) -> None:
    given: Any = {"x": 1}
    for _ in range(9):
        given = {f"k{index}": given for index in range(10)}
    with pytest.raises(ConfigError, match="holds more than 2,000,000 values"):
        module_hub(given, [])
