# Ends the ngspice that has started this: dollars are its own in a netlist.
kill -$1 $PPID
