"""Why a unit cannot go on: faults that are no case's own, and so are in no record."""

from __future__ import annotations


class InputChanged(Exception):
    """A netlist or ngspice itself changed since the run began; the message says which."""


class MachineFault(Exception):
    """The machine failed, so nothing was learnt about the circuit; the message says how."""
