"""The measures by expression of a sweep, taken case by case."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from snakespice.base.quantity import parse_number
from snakespice.expressions.declared import DeclaredExpression
from snakespice.expressions.functions import Kind
from snakespice.expressions.syntax import Expression, parse
from snakespice.measures.bounds import OutOfTime, bounded_memory, bounded_time
from snakespice.measures.evaluate import At, Call, evaluate
from snakespice.measures.functions import library, with_files
from snakespice.measures.signal import Misuse, NotTaken
from snakespice.measures.sources import Sources
from snakespice.measures.store import Place, is_lossy, plots_at
from snakespice.measures.waveforms import Case
from snakespice.verdict.raw import RawError

_VERSION = 1  # rises when expressions are worked out in another way


@dataclass(frozen=True)
class Taken:
    """Numbers by column, None where one could not be taken, and why those could not.

    `wrong` says of the first expression that makes no sense, whatever the case, what is wrong.
    """

    values: dict[str, float | None] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    wrong: str | None = None

    @property
    def warnings(self) -> list[str]:
        """A warning for each that could not be taken."""
        return [f"measure {name} could not be taken: {why}" for name, why in self.reasons.items()]


@dataclass(frozen=True)
class _Measure:
    declared: DeclaredExpression
    expression: Expression
    is_own: bool  # calls a function of a measure file
    needs_case: bool  # calls a function that sees all signals and parameters
    key: str


class Measurer:
    """Takes the measures of a sweep; for all of its cases, and made once.

    `seconds` and `megabytes` are what the measures of one case may take; `sources` are those of the
    measure `files`, where there are any. Raises what importing them raises.
    """

    def __init__(
        self,
        declared: Mapping[str, DeclaredExpression],
        parameters: Collection[str],
        *,
        files: Sequence[Path] = (),
        sources: Sources | None = None,
        seconds: float,
        megabytes: float,
    ) -> None:
        self._calls: Mapping[str, Call] = with_files(files) if files else library()
        self._files = frozenset(str(path) for path in files)
        self._own = frozenset(self._calls) - frozenset(library())
        self._sources = sources.digest if sources else ""
        self._seconds = seconds
        self._megabytes = megabytes
        functions = {name: function for name, (function, _) in self._calls.items()}
        self._measures = {
            name: self._measure(one, parse(one.text, functions, parameters))
            for name, one in declared.items()
        }

    @cached_property
    def vectors(self) -> frozenset[str]:
        """The vectors that the expressions read, as ngspice saves them."""
        return self.vectors_of(column for column in self.columns)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of all measures."""
        return tuple(c for one in self._measures.values() for c in one.declared.columns.values())

    def vectors_of(self, columns: Iterable[str]) -> frozenset[str]:
        """Return the vectors that some columns are made of."""
        wanted = set(columns)
        return frozenset[str]().union(
            *(
                one.expression.vectors
                for one in self._measures.values()
                if wanted & set(one.declared.columns.values())
            )
        )

    def can_take(self, place: Place, columns: Collection[str]) -> bool:
        """Whether waveforms are there, exactly, and have all that the measures in columns read."""
        try:
            there = {name for plot in plots_at(place) for name in plot.columns}
            return not is_lossy(place) and self.vectors_of(columns) <= there
        except RawError:
            return False

    def keys(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Return, by column, what stands for all that makes a number beside the waveforms.

        `parameters` are all those of a case, as written.
        """
        keys: dict[str, str] = {}
        for one in self._measures.values():
            used = parameters.keys() if one.needs_case else one.expression.parameters
            key = one.key
            if used:
                values = {name: parameters[name] for name in sorted(used)}
                key = hashlib.sha256(json.dumps([key, values]).encode()).hexdigest()[:16]
            keys |= dict.fromkeys(one.declared.columns.values(), key)
        return keys

    def take(
        self, place: Place, parameters: Mapping[str, str], columns: Collection[str] | None = None
    ) -> Taken:
        """Take the measures of a case from its waveforms; only those in some columns if named.

        Never raises because of what a function does.
        """
        taken = Taken()
        paths = {
            k: Path(p) for one in self._measures.values() for k, p in one.declared.files.items()
        }
        case = Case(
            partial(plots_at, place),
            {name: _value(text) for name, text in parameters.items()},
            paths,
        )
        deadline = time.monotonic() + self._seconds
        wrong = None
        for name, one in self._measures.items():
            wanted = one.declared.columns
            if columns is not None and not set(columns) & set(wanted.values()):
                continue
            numbers: Mapping[str, float] = {}
            why = ""
            begun = time.monotonic()
            try:
                with self._bounds(one, deadline):
                    numbers = evaluate(one.expression, case, self._calls)
            except NotTaken as fault:
                why = str(fault)
            except RawError as fault:
                why = str(fault)
            except At as fault:
                why, is_wrong = self._explain(fault)
                if is_wrong and not wrong:
                    wrong = f"measure {name}: {why}"
            except MemoryError:
                why = f"it needs more than {self._megabytes:g} MB, the limit (simulator.mem_mb)"
            except OutOfTime:
                which = "it" if begun < deadline else "another measure"
                why = f"{which} took longer than {self._seconds:g} s, the limit (simulator.timeout)"
            for part, column in wanted.items():
                taken.values[column] = numbers.get(part)
                if why:
                    taken.reasons[column] = why
        return Taken(taken.values, taken.reasons, wrong)

    def _measure(self, declared: DeclaredExpression, expression: Expression) -> _Measure:
        called = {name: self._calls[name][0] for name in expression.functions & self._calls.keys()}
        is_own = bool(self._own & called.keys())
        needs_case = is_own and any(
            argument.kind is Kind.CASE for f in called.values() for argument in f.arguments
        )
        parts = [
            *(_VERSION, declared.text),
            {name: function.version for name, function in sorted(called.items())},
            [_digest(path) for path in declared.files.values()],
            self._sources if is_own else "",
        ]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return _Measure(declared, expression, is_own, needs_case, key)

    @contextlib.contextmanager
    def _bounds(self, one: _Measure, deadline: float) -> Iterator[None]:
        """Bound the memory, and the time of what users wrote: the library's own cannot last."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(bounded_memory(self._megabytes))
            if one.is_own:
                stack.enter_context(bounded_time(deadline))
            yield

    def _explain(self, fault: At) -> tuple[str, bool]:
        """Return what went wrong, and whether it is wrong of every case."""
        cause = fault.fault
        if isinstance(cause, RawError):
            return str(cause), False
        places = [
            frame
            for frame in traceback.extract_tb(cause.__traceback__)
            if frame.filename in self._files
        ]
        if places:
            where = f"{Path(places[-1].filename).name}, line {places[-1].lineno}"
            return f"{type(cause).__name__}: {cause} ({where})", False
        return str(fault), isinstance(cause, Misuse)


def _value(text: str) -> float | str:
    try:
        return parse_number(text)
    except ValueError:
        return text


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return "missing"
