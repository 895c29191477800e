"""The functions that expressions call, imported: those of the library and of measure files."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from snakespice.expressions.functions import Function, library_functions, read_functions
from snakespice.measures.evaluate import Call


@cache
def library() -> Mapping[str, Call]:
    """Return the functions that come with snakespice, by name."""
    return {name: _bound(_library_module(f), f) for name, f in library_functions().items()}


def with_files(files: Sequence[Path]) -> Mapping[str, Call]:
    """Return the functions of the library and of measure files, which are imported.

    A function of a file takes the place of one of the library with the same name. What a file
    imports from beside it is found. Whatever importing it raises goes through.
    """
    calls = dict(library())
    for path in files:
        module = _imported(path)
        calls |= {name: _bound(module, found) for name, found in read_functions(path).items()}
    return calls


def _bound(module: ModuleType, function: Function) -> Call:
    return function, getattr(module, function.name)


def _library_module(function: Function) -> ModuleType:
    assert function.file
    return importlib.import_module(f"snakespice.measures.library.{function.file.stem}")


def _imported(path: Path) -> ModuleType:
    """Import a file under a name that no other module has."""
    name = f"measure_file:{path}"
    if name in sys.modules:
        return sys.modules[name]
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
