"""The results of one case: its record, its netlist and log, its waveforms."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path

from snakespice.base.layout import LOG, NETLIST, case_name
from snakespice.base.quantity import parse_number
from snakespice.expressions.syntax import parse
from snakespice.measures.evaluate import At, evaluate
from snakespice.measures.functions import with_files
from snakespice.measures.signal import Misuse, NotTaken, Signal
from snakespice.measures.store import place_of, plots_at
from snakespice.measures.waveforms import Case, Plot
from snakespice.record.record import Record
from snakespice.sweep.case_record import read_case
from snakespice.sweep.plan import Plan
from snakespice.verdict.raw import RawError


class CaseResults:
    """What is there of a case; all of it is read when it is asked for."""

    def __init__(self, directory: Path, plan: Plan, case_id: int) -> None:
        self.case_id = case_id
        self.directory = directory / case_name(case_id)
        self._sweep = directory
        self._plan = plan

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v}" for k, v in self._plan.space.case(self.case_id).items())
        return f"CaseResults({self._plan.sweep}, case {self.case_id}: {values})"

    @cached_property
    def record(self) -> Record | None:
        """The record, None while the case is pending. Raises UnusableFile for a damaged one."""
        return read_case(self._sweep, self._plan, self.case_id)

    @cached_property
    def parameters(self) -> dict[str, float | str]:
        """All parameters: numbers, or texts where they are none."""
        return {name: _value(text) for name, text in self._plan.parameters(self.case_id).items()}

    @property
    def netlist(self) -> str | None:
        """The netlist, None where it was not kept."""
        return _text(self.directory / NETLIST)

    @property
    def log(self) -> str | None:
        """What ngspice said, None where that was not kept."""
        return _text(self.directory / LOG)

    @property
    def raw(self) -> Path | None:
        """The raw file, None where there is none: not kept, in a store, or the case failed."""
        name = self.record.result_file if self.record else None
        return self.directory / name if name else None

    @property
    def plots(self) -> list[Plot]:
        """The plots of the waveforms, in the order of the analyses. Raises RawError."""
        return self._case.plots

    def v(
        self,
        node: str,
        minus: str | None = None,
        *,
        plot: str | None = None,
        curve: int | None = None,
    ) -> Signal:
        """Return the voltage of a node, or between two. Raises Misuse and RawError."""
        return self._case.v(node, minus, plot=plot, curve=curve)

    def i(self, device: str, *, plot: str | None = None, curve: int | None = None) -> Signal:
        """Return the current of a voltage source or inductor. Raises Misuse and RawError."""
        return self._case.i(device, plot=plot, curve=curve)

    def signal(self, name: str, *, plot: str | None = None, curve: int | None = None) -> Signal:
        """Return any vector: `v(out)`, `@m1[gm]`. Raises Misuse and RawError."""
        return self._case.signal(name, plot=plot, curve=curve)

    def measure(self, expression: str) -> float:
        """Return the number that an expression gives, as in `measures:` of a testbench.

        Raises WrongExpression where it is wrong, NotTaken where it cannot be taken of this case,
        and Misuse where it makes no sense for its waveforms.
        """
        calls = with_files([path for path in self._plan.measure_files if path.exists()])
        functions = {name: function for name, (function, _) in calls.items()}
        try:
            numbers = evaluate(parse(expression, functions, self.parameters), self._case, calls)
        except At as fault:
            if isinstance(fault.fault, (Misuse, RawError)):
                raise Misuse(str(fault)) from None
            raise fault.fault from None
        if list(numbers) != [""]:
            raise Misuse(f"it gives several numbers: {', '.join(numbers)}")
        return numbers[""]

    @cached_property
    def _case(self) -> Case:
        place = place_of(self._sweep, self.record) if self.record else None
        if place is None:
            why = self.record.failure or "they were not kept" if self.record else "it is pending"
            raise NotTaken(f"case {self.case_id} has no waveforms: {why}")
        return Case(partial(plots_at, place), self.parameters)


def _value(text: str) -> float | str:
    try:
        return parse_number(text)
    except ValueError:
        return text


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
