"""Where the hub of a project stands, and so what its paths are relative to.

Run by itself, the workflow has the whole configuration for its hub. As a module of another
workflow it is handed one: a section of that workflow's configuration, a mapping that was made in
its Snakefile, or the path of a hub file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

from snakespice.base.problems import ConfigError, Problem, Problems, shown
from snakespice.config.schema import describe, key_path
from snakespice.config.yamlfile import EXPLODES, explodes, load_yaml

CODE_KEY = "__use_yte__"

Source = tuple[Path, Any]  # a file as messages name it, and what it holds, None where it is damaged


@dataclass(frozen=True)
class Hub:
    """What a hub says, as its author wrote it, and where it stands.

    `files` are those that it comes from, none where a Snakefile made it; `section` leads to it in
    them, and its paths are relative to `base`. `sources` is what was read, and `problems` what was
    found wrong in reading it.
    """

    config: Mapping[str, Any]
    files: tuple[Path, ...]
    section: tuple[str, ...]
    base: Path
    sources: tuple[Source, ...] = field(default=(), compare=False, repr=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False, repr=False)


def check_before_snakemake(file: Path) -> None:
    """Refuse a hub that Snakemake should not even read: it would end in a traceback or run code.

    Raises ConfigError. Snakemake reads what `--configfile` names before anything here can look.
    """
    name = shown(Path(os.path.abspath(file)))
    problems = Problems()
    note_code(load_yaml(file, problems, name), name, problems)
    problems.raise_if_any()


def note_code(tree: object, file: Path, problems: Problems) -> None:
    """Note that a configuration has Snakemake run Python as it reads it."""
    if isinstance(tree, dict) and CODE_KEY in tree:
        wrong = "has Snakemake run the Python in the file (YTE); a configuration must not hold code"
        problems.add(file, CODE_KEY, wrong, "write down what it computes")


def own_hub(config: Mapping[str, Any], files: Sequence[Path]) -> Hub:
    """Return the hub of a workflow that runs by itself; its paths are relative to the last file.

    `config` is what Snakemake made of the files and of its command line.
    """
    base = files[-1].parent if files else Path.cwd()
    return _hub(config, files, (), base)


def module_hub(given: object, files: Sequence[Path]) -> Hub:
    """Return the hub that another workflow, configured by `files`, hands to its module.

    A path is that of a hub file. Paths are relative to the file that they stand in, or to the
    working directory where they stand in the Snakefile. Raises ConfigError.
    """
    section, homes = _home(given, files)
    base = homes[-1].parent if homes else Path.cwd()
    if isinstance(given, Mapping):
        return _hub(given, homes, section, base)
    place = (shown(homes[-1]) if homes else None, ".".join(section))
    if not isinstance(given, (str, Path)):
        wrong = f"is {describe(given)}, must be a mapping, or the path of a hub file"
        raise ConfigError([Problem(place[0], place[1] or "config of the module", wrong)])
    file = Path(os.path.normpath(base / given))
    if not file.is_file():
        raise ConfigError([Problem(*place, f'there is no file "{given}"', f"looked for {file}")])
    problems = Problems()
    tree = load_yaml(file, problems, shown(file))
    if tree is not None and not isinstance(tree, dict):
        problems.add(shown(file), "", f"is {describe(tree)}, must be a mapping")
    problems.raise_if_any()
    return Hub(tree or {}, (file,), (), file.parent, ((shown(file), tree),))


def _hub(
    given: Mapping[str, Any], files: Sequence[Path], section: tuple[str, ...], base: Path
) -> Hub:
    """Return a hub with the text of `files` wherever they say the same as what is given."""
    problems = Problems()
    sources = []
    for file in files:
        name = shown(Path(os.path.abspath(file)))
        sources.append((name, load_yaml(file, problems, name)))
    if section:  # what else stands in the files is another workflow's
        here = f"{key_path(section)}."
        problems.found = [problem for problem in problems if problem.key.startswith(here)]
    if explodes(given):
        place = sources[-1][0] if sources else None
        raise ConfigError([Problem(place, ".".join(section), EXPLODES)])
    written: Any = merged(tree for _, tree in sources)
    for key in section:
        written = written[key]
    config = _rewritten(given, written)
    return Hub(config, tuple(files), section, base, tuple(sources), tuple(problems))


def _rewritten(value: Any, written: Any) -> Any:
    """Return `value` with the text as written wherever `written` says the same."""
    if isinstance(value, Mapping):
        keys = written if isinstance(written, dict) else {}
        return {key: _rewritten(item, keys.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        alike = isinstance(written, list) and len(written) == len(value)
        items = written if alike else [None] * len(value)
        return [_rewritten(item, text) for item, text in zip(value, items, strict=True)]
    if isinstance(value, date):  # a date to YAML, and text to us
        return value.isoformat() if written is None else written
    same = not isinstance(value, bool) and isinstance(written, type(value)) and value == written
    return written if same else value


def merged(trees: Iterable[object]) -> dict[str, Any]:
    """Lay files over one another as Snakemake does: mappings merge, all else is replaced."""
    return reduce(_merged, (tree for tree in trees if isinstance(tree, dict)), {})


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(below[key], value)
        for key, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(key), dict)
    }
    return {**below, **above, **both}


def _home(given: object, files: Sequence[Path]) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Return the section that says what is `given`, and the files that have it, if any do."""
    trees = {file: load_yaml(file, Problems()) for file in files}
    scores = {path: _agreement(there, given) for path, there in _nodes(merged(trees.values()), ())}
    best = max(scores.values(), default=0)
    homes = {
        path: tuple(file for file in files if path in dict(_nodes(trees[file], ())))
        for path, score in scores.items()
        if score == best > 0
    }
    if len({found[-1].parent for found in homes.values()}) > 1:
        places = " and ".join(f"{shown(at[-1])}: {'.'.join(path)}" for path, at in homes.items())
        wrong = f"the same stands in {places}, so it is open what its paths are relative to"
        remedy = "put the hub into a file of its own and give its absolute path"
        raise ConfigError([Problem(None, "config of the module", wrong, remedy)])
    return next(iter(homes.items()), ((), ()))


def _nodes(tree: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield every value in nested mappings after what leads to it."""
    yield path, tree
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _nodes(value, (*path, key))


def _agreement(there: object, given: object) -> int:
    """Return how many keys of a hub stand there, or whether its path does; 0: it is not that."""
    if isinstance(there, dict) and isinstance(given, Mapping):
        # As written: Snakemake makes dates of texts that are texts here.
        same = {
            key
            for key, item in given.items()
            if key in there and there[key] == _rewritten(item, there[key])
        }
        return len(same) if same & {"testbenches", "sweeps"} else 0
    return int(isinstance(there, str) and there == str(given))
