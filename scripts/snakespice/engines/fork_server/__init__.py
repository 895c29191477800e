"""The fork server: a program that reads a group's netlist once; from it, all cases are forked.

    unit (scripts/simulate.py)      starts the fork server and tells it what to load
     +- fork server (server.py)     loads libngspice and the netlist, forks a launcher a worker
         +- launcher (launcher.py)  forks a child a case, when its worker asks it to
             +- child (child.py)    makes the circuit that of its case, runs it, and exits

All three are one program, and so have one memory: with each fork the kernel copies the page tables
of all of it, and later every page that is written to, which takes longer than a small simulation.
So there has to be little. The fork server is not a fork of the unit but executed, without site
packages (`python -S -E -s`), and imports nothing but what is written in C, the modules beside this
one, and a few small ones of ours (a test holds that). This is why these modules have no pathlib, no
dataclasses, no context managers, and import what is only for types under `TYPE_CHECKING = False`.
"""
