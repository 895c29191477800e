"""How ngspice is driven: one module an engine."""
