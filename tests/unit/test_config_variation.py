"""Corners and random draws in a sweep: what they mean, and every mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from snakespice.base.problems import ConfigError
from snakespice.config.hub import own_hub
from snakespice.config.project import load_project
from snakespice.config.space import Space

BENCH = "template: tb.j2\nparameters: {R: 1k, C: 1n, temp: 27, corner: tt}\n"


def write(root: Path, *, sweep: str, bench: str = BENCH, **files: str) -> Path:
    """Write a project with this sweep; return its hub."""
    texts = {
        "config.yaml": "testbenches: {ac: ac.yaml}\nsweeps: {rc: sweeps/rc.yaml}\n",
        "ac.yaml": bench,
        "tb.j2": "* {{ R }} {{ C }} {{ temp }} {{ corner }}\n",
        "sweeps/rc.yaml": sweep,
        **files,
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "config.yaml"


def message(hub: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_project(own_hub(yaml.safe_load(hub.read_text()), [hub]))
    return str(caught.value)


def space_of(root: Path, rest: str, **files: str) -> Space:
    hub = write(root, sweep=f"testbench: ac\n{rest}\n", **files)
    project = load_project(own_hub(yaml.safe_load(hub.read_text()), [hub]))
    return project.sweeps["rc"].space


def rows(space: Space) -> list[str]:
    found = space.labelled(range(1, len(space) + 1))
    return [" ".join([*labels.values(), *own.values()]) for _, labels, own in found]


def test_a_corner_has_the_defaults_of_what_it_does_not_set(tmp_path: Path) -> None:
    space = space_of(
        tmp_path, "corners: {typ: {corner: tt}, hot: {temp: 125}}\nparameters: {R: [1, 2]}"
    )
    assert space.names == ("corner", "temp", "R")
    assert rows(space) == ["typ tt 27 1", "typ tt 27 2", "hot tt 125 1", "hot tt 125 2"]


def test_a_group_is_crossed_and_holds_corners_of_the_same_values_once(tmp_path: Path) -> None:
    group = "p: {cross: {corner: [ss, ff], temp: [-40, 125]}, R: 2k}"
    hot = "hot: {corner: ss, temp: 125, R: 2000}"
    space = space_of(tmp_path, f"corners: {{{group}, {hot}}}")
    assert rows(space) == [
        "p[ss,-40] 2k ss -40",
        "p[ff,-40] 2k ff -40",
        "p[ff,125] 2k ff 125",
        "hot 2000 ss 125",
    ]
    assert space.corners is not None
    assert space.corners.groups == {"p": ["p[ss,-40]", "hot", "p[ff,-40]", "p[ff,125]"]}


def test_corners_can_stand_in_a_file(tmp_path: Path) -> None:
    text = "typ: {}\n"
    hub = write(tmp_path, sweep="testbench: ac\ncorners: ../c.yaml\n", **{"c.yaml": text})
    assert "c.yaml: typ: is empty" in message(hub)
    space = space_of(
        tmp_path, "corners: ../c.yaml", **{"c.yaml": "typ: {temp: 27}\nhot: {temp: 99}\n"}
    )
    assert rows(space) == ["typ 27", "hot 99"]


def test_draws_are_crossed_with_everything_and_num_is_rounded_up(tmp_path: Path) -> None:
    variables = "variables: {R: {type: normal, mean: 1k, sigma: 5%}}"
    space = space_of(
        tmp_path, f"random: {{num: 20, method: sobol, {variables}}}\nparameters: {{C: [1, 2]}}"
    )
    assert (space.labels, space.names, len(space)) == (("draw",), ("C", "R"), 2 * 33)
    assert rows(space)[0] == "0 1 1000"
    assert rows(space)[33] == "0 2 1000"


def test_process_is_a_parameter_where_the_testbench_has_it(tmp_path: Path) -> None:
    bench = "template: tb.j2\nparameters: {process: tt, R: 1k, C: 1, temp: 2, corner: 3}\n"
    space = space_of(tmp_path, "corners: {a: {process: ff}}", bench=bench)
    assert rows(space) == ["a ff"]
    space = space_of(tmp_path / "2", "corners: {a: {process: fixed, temp: 1}, b: {temp: 1}}")
    assert space.corners is not None and space.corners.fixed == {"a"}


NORMAL = "{type: normal, mean: 1, sigma: 1}"


def random(*variables: str, rho: str = "") -> str:
    """Text of a `random` with some variables that are normal, and correlations."""
    listed = ", ".join(v if ":" in v else f"{v}: {NORMAL}" for v in variables)
    return f"random: {{num: 1, variables: {{{listed}}}, correlations: [{rho}]}}"


BAD = [
    ("corners: {a b: {temp: 1}}", "corners.a b: cannot be the name of a corner"),
    (
        "corners: {a: {tmp: 1}}",
        'corners.a.tmp: has no default in the testbench (did you mean "temp"?)',
    ),
    ("corners: {a: {}}", "corners.a: is empty"),
    ("corners: {a: {temp: [1, 2]}}", "corners.a.temp: is a list, must be text or a number"),
    (
        "corners: {a: {cross: {temp: 1}}}",
        "corners.a.cross.temp: is the number 1, must be a list (write [1])",
    ),
    ("corners: {a: {cross: {temp: []}}}", "corners.a.cross.temp: is an empty list"),
    (
        "corners: {a: {process: free, temp: 1}}",
        'corners.a.process: is the text "free", must be: fixed',
    ),
    ("corners: {a: {temp: 1}, b: {temp: 1.0}}", 'corners: "a" and "b" are the same corner'),
    ("corners: {a: {temp: 27}, b: {corner: tt}}", 'corners: "a" and "b" are the same corner'),
    (
        "corners: {a: {temp: 1}}\nparameters: {temp: [1]}",
        'corners: "temp" is set by corners, and varies',
    ),
    ("corners: no.yaml", 'corners: there is no file "no.yaml"'),
    ("random: {variables: {}}", 'random: "num" is missing'),
    ("random: {num: 0}", "random.num: is 0, must be 1 or more"),
    ("random: {num: 1, method: halton}", 'random.method: is the text "halton", must be one of'),
    (
        "random: {num: 1, independent: 1}",
        "random.independent: is the number 1, must be true or false",
    ),
    (random("Q"), "random.variables.Q: has no default"),
    (random("R") + "\nparameters: {R: [1]}", "varies in another way"),
    (random("temp") + "\ncorners: {a: {temp: 1}}", "varies in another way"),
    (random("R: {type: nromal, mean: 1, sigma: 1}"), 'did you mean "normal"?'),
    (random("R: {type: normal, mean: 1}"), 'R: "sigma" is missing'),
    (random("R: {type: normal, mean: 1, sigma: -1}"), "R.sigma: must be more than 0"),
    (random("R: {type: uniform, low: 2, high: 1}"), "R: low must be less than high"),
    (random("R: {type: discrete, values: [1, 2], weights: [1]}"), "R.weights: are 1"),
    (random("R", rho="{of: [R, X], rho: 0}"), '[0].of: "X" is no random variable'),
    (random("R", rho="{of: [R], rho: 0}"), "correlations[0].of: has 1 items"),
    (random("R", rho="{of: [R, R], rho: 0}"), "is one variable"),
    (random("R", "C", rho="{of: [R, C], rho: 1.5}"), "[0].rho: is 1.5, must be 1 or less"),
    (
        random(
            *("R", "C", "temp"),
            rho="{of: [R, C], rho: 0.9}, {of: [temp, C], rho: 0.9}, {of: [R, temp], rho: -0.5}",
        ),
        "correlations[1].rho: C and temp: no variables are correlated like this",
    ),
]


@pytest.mark.parametrize(("rest", "words"), BAD)
def test_mistakes(tmp_path: Path, rest: str, words: str) -> None:
    text = message(write(tmp_path, sweep=f"testbench: ac\n{rest}\n"))
    assert words in text
    assert "sweeps/rc.yaml: " in text
    assert text.count("\n") == 1, "one mistake, one line"


def test_a_label_is_reserved_only_where_it_is_used(tmp_path: Path) -> None:
    bench = "template: tb.j2\nparameters: {R: 1k, C: 1, temp: 2, corner: 3, draw: 4}\n"
    space_of(tmp_path, "parameters: {R: [1]}", bench=bench)
    text = message(write(tmp_path, bench=bench, sweep="testbench: ac\nrandom: {num: 1}\n"))
    assert '"draw" is a parameter or a measure of the testbench, and here a column' in text
