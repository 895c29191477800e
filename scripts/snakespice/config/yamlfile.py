"""YAML as the user wrote it: numbers keep their text, and every fault is a Problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from snakespice.base.problems import Problems

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT = "tag:yaml.org,2002:str"
_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
# Values that a file may hold once its aliases are expanded. Aliases of aliases make a short file
# hold billions: loading shares them and costs nothing, but whoever looks at every value never ends.
MAX_VALUES = 2_000_000
EXPLODES = f"holds more than {MAX_VALUES:,} values, with its aliases expanded, or contains itself"


class WrittenInt(int):
    """A YAML integer that keeps its text (`010` is 8 to YAML, and still `010`)."""

    text: str


class WrittenFloat(float):
    """A YAML float that keeps its text (`0.10`, `1.0e-9`)."""

    text: str


def as_written(value: object) -> str:
    """Return a scalar as its author wrote it, as far as it is known (else as Python prints it)."""
    return value.text if isinstance(value, (WrittenInt, WrittenFloat)) else str(value)


class _WrittenLoader(_Loader):  # type: ignore[misc, valid-type]
    """The safe loader, with numbers that keep their text and dates that stay text."""


def _keep_text(
    kind: type[WrittenInt] | type[WrittenFloat], tag: str
) -> Callable[[Any, yaml.ScalarNode], WrittenInt | WrittenFloat]:
    construct = _Loader.yaml_constructors[tag]

    def constructor(loader: Any, node: yaml.ScalarNode) -> WrittenInt | WrittenFloat:
        value = kind(construct(loader, node))
        value.text = node.value
        return value

    return constructor


for _kind, _tag in ((WrittenInt, "int"), (WrittenFloat, "float")):
    _tag = f"tag:yaml.org,2002:{_tag}"
    _WrittenLoader.add_constructor(_tag, _keep_text(_kind, _tag))


def _keep_date(loader: Any, node: yaml.ScalarNode) -> str:
    """Return a date as its text; refuse what only looks like one, as others who read it fail."""
    try:
        loader.construct_yaml_timestamp(node)
    except ValueError as error:
        wrong = f"{node.value} looks like a date and is none ({error}): quote it"
        raise yaml.constructor.ConstructorError(None, None, wrong, node.start_mark) from None
    return str(node.value)


_WrittenLoader.add_constructor("tag:yaml.org,2002:timestamp", _keep_date)


def load_yaml(path: Path, problems: Problems, shown: Path | None = None) -> Any | None:
    """Return the content of a YAML file; None after noting in `problems` why there is none.

    Noted are: a file that is missing, unreadable, empty, not UTF-8 or not YAML (with line and
    column), and values that contain themselves; and, though the content is returned, keys that
    stand twice. `shown` is the name by which the problems call the file.
    """
    shown = shown or path
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(shown, "", f"is not UTF-8 text (byte {error.start + 1})", "save it as UTF-8")
        return None
    except OSError as error:
        problems.add(shown, "", f"cannot be read: {(error.strerror or str(error)).lower()}")
        return None
    loader = _WrittenLoader(text)
    try:
        root = loader.get_single_node()
        if root is None or root.tag == _NULL:
            problems.add(shown, "", "is empty")
            return None
        if _size(root, shown, problems, "", {}) > MAX_VALUES:
            problems.add(shown, "", EXPLODES)
            return None
        return loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        wrong = "; ".join(part for part in (error.context, error.problem) if part)
        line = (text.split("\n")[mark.line :] or [""])[0] if mark else ""
        remedy = "indent with spaces, not tabs" if line.lstrip(" ").startswith("\t") else ""
        if "unhashable key" in wrong:  # what YAML makes of an unquoted {{ name }}
            remedy = "a value that begins with a brace needs quotes"
        problems.add(shown, place, f"is not valid YAML: {wrong}", remedy)
    except (yaml.YAMLError, ValueError) as error:
        problems.add(shown, "", f"is not valid YAML: {' '.join(str(error).split())}")
    except RecursionError:
        problems.add(shown, "", "is nested too deeply")
    finally:
        loader.dispose()
    return None


def explodes(value: object) -> bool:
    """Tell whether a value contains itself, or more than MAX_VALUES where what is shared is not.

    Takes as long as there are different values.
    """
    return _expanded(value, {}) > MAX_VALUES


def _expanded(value: object, sizes: dict[int, int]) -> int:
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) not in sizes:
        sizes[id(value)] = MAX_VALUES + 1  # for as long as it is being counted: it contains itself
        below = value.values() if isinstance(value, dict) else value
        sizes[id(value)] = 1 + sum(_expanded(item, sizes) for item in below)
    return sizes[id(value)]


def _size(node: yaml.Node, file: Path, problems: Problems, key: str, sizes: dict[int, int]) -> int:
    """Count the values below a node, aliases expanded; note keys that stand twice.

    `sizes` holds what is known by node identity; a node that contains itself counts as endless.
    """
    if id(node) in sizes:
        return sizes[id(node)]
    sizes[id(node)] = MAX_VALUES + 1
    size = 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            size += _size(item, file, problems, f"{key}[{index}]", sizes)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for name, value in node.value:
            below = f"{key}.{name.value}" if key else str(name.value)
            _check_key(name, below, lines, file, problems)
            size += _size(value, file, problems, below, sizes)
    sizes[id(node)] = size
    return size


def _check_key(
    name: yaml.Node, key: str, lines: dict[str, int], file: Path, problems: Problems
) -> None:
    """Note a key that stands twice in its mapping; `lines` holds the keys before it."""
    line = name.start_mark.line + 1
    if isinstance(name, yaml.ScalarNode) and name.tag != _MERGE:
        name.tag = _TEXT  # a name stays as written, where YAML would read `on` as true
        if first := lines.get(name.value):
            problems.add(file, key, f"stands twice, in lines {first} and {line}", "keep one")
        lines.setdefault(name.value, line)
