"""Why a unit cannot go on: faults that are no case's own, and so are in no record."""

from __future__ import annotations


class WrongMeasure(Exception):
    """A measure makes no sense, whatever the case; the message says which, why, and what does."""


class MachineFault(Exception):
    """The machine failed, so nothing was learnt about the circuit; the message says how."""
