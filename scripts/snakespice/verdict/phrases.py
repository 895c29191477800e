"""What ngspice prints: the one place for its phrases.

From the sources of ngspice 39 and from what 39, 44 and 47 print; where a phrase is of some versions
only, it says so. The fork server has this, too: nothing is compiled here, and nothing imported.
The patterns are of a line in which every number is `0`; none may hold another digit.
"""

from __future__ import annotations

# --- for the engines
CIRCUIT = "Circuit: "
MODEL_ISSUE = "Warning: Model issue on line "
ERROR_ON_LINE = "Error on line"
FATAL = "ERROR: fatal error in ngspice"
INTERRUPTED = "Simulation interrupted due to error"
# A device is made of a code model, and ngspice was started without them.
CODE_MODEL_MISSING = "MIF-ERROR - unable to find definition of model"
# Ends what it prints past its log when it starts.
BANNER_END = "Comments and warnings go to log-file"

# --- progress
RUNNING = r"^Doing analysis at TEMP"
ROWS = r"^No\. of Data Rows : "
PAUSED = (r"pause requested$", r"simulation interrupted$")
SINGULAR = r"singular matrix:\s+check nodes? (\S+)"

# Nodes and measures are in lower case, and may have the name.
ERROR = r"^\s*(?:Error|ERROR)\b|^\s*error[:!]"

# --- of programs that a netlist starts, and of its own opening of files
OF_A_PROGRAM = (
    r"^sh: 0: |^(?:\S.*: )?(?:No such file or directory|Permission denied|Is a directory)$"
)

# What quotes a netlist: its title, and the lines of a listing.
QUOTED = r"Circuit: |\s*0 : "

# --- failures, by kind. Order is priority: a line that is of two kinds is of the first.
FAILURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "out_of_memory",
        (
            r"can't allocate 0 bytes",  # never less than none: that is a fault of ngspice
            r"bad_alloc",
            r"error while loading shared libraries",
            r"failed to map segment from shared object",
            r"[Cc]annot allocate (?:memory|0 X 0 bytes)",
            r"Not enough memory or heap corruption",  # from 44 on
        ),
    ),
    (
        "output_error",
        (
            r"^Warning: rawfile write error",
            r"No space left on device",
        ),
    ),
    (
        "netlist_error",
        (
            r"^could not find a valid modelname",
            r"[Uu]nable to find definition of model",
            r"^\s*Error: unknown subckt:",
            r"^Too (?:few|many) parameters for subcircuit",
            r"^Error: Could not find (?:include|library) file",
            r"^ERROR, library file .* not found",
            r"^\s*Undefined parameter \[",
            r"^\s*Formula\(\) error",
            r"^ERROR: A level depth greater",
            r"^\s*unknown parameter \(",
            r"^\s*unimplemented (?:control card - error|dot command)",  # the second from 44 on
            r"^device already exists, ",
            r"UTF-0 syntax error in ",
            r"^YYparse error",  # from 44 on
            r"^Error in line ",  # from 44 on
            r"^Warning, ngspice assumes default parameter",  # from 44 on: other limits than asked
            r"\bRF Port is (?:present|found)",
            r"^Error: no such function '",
            r"^Encountered end of line before all",
            r"^\s*T\w+ is invalid",
            r"^Fatal error: ",
            r"^ERROR: AC \w+ ",
            r"^\s*(?:Error: )?Frequency of .* is invalid",
            r"^Error: Mismatch of \.subckt",
            r"^Mismatch: \d formal but \d actual params",
            r"^parameter value out of range or the wrong type",
            r"^Error: title line is missing",
            r"^Warning: (?:Noise|Transfer function) \w+ .* not in circuit",
            r"^Warning: (?:Noise|Transfer function) .* (?:not in|is not|not found)",
            r"^\s*MIF-ERROR",
            r"^Error: incomplete or empty netlist",  # from 45 on
            r"^Warning: Could not set temperature to ",
            r"is not a valid \w+ instance line, ignored",  # from 44 on: it is left out
            # Of code models: their files are missing or broken, and they do without.
            r"^Instance: .* Message: .*(?:cannot open|not read|[Uu]nable|failure|not be read)",
            r"^Instance: .* Message: .*(?:[Nn]ot enough|[Tt]oo many|too big|is not a|differ)",
            r"^\s*(?:D_STATE|D_SOURCE|PWL|CORE|S_XFER|PSWITCH|ASWITCH): ",
        ),
    ),
    (
        "script_error",
        (
            r": no such command available in ngspice",
            r"^Command '\w+' failed",
            r"^Warning from checkvalid: ",
            r"^Error: TS\w+ is invalid",
            r"^Error opening (?:code model|osdi lib)",
            OF_A_PROGRAM,
            r"^(?:\S.*: )?(?:Not a directory|File exists|Read-only file system)$",
            r"^Warning: Missing \.(?:endc|control) statement",
            r"^(?:Error|ERROR|Warning): .*(?:, ignored$|\bskipped$|\bnot executed\b)",
            r"^Warning: (?:no such|Could not open|EOF before block terminated|there is no circuit)",
            r"^\s+[Cc]ommand '.*' (?:is )?(?:ignored|skipped)",
            r"^\s*command '.*' skipped",
            r"^Cannot alter parameters",
            r"^(?:Invalid text was found|Complex data cannot be used|Syntax error )",
            r"^\S+: event not found",
            r"^'.*' dimensions vector not found|^dimensions don't fit",
            r"^PPerror: ",
            r"^\w+: too (?:few|many) args",
            r"^When creating a new vector, it cannot be indexed",
            r"^No matching instances or models",
            r"^usage: alter ",
        ),
    ),
    (
        "simulation_aborted",
        (
            r"^doAnalyses:",
            r"^\w+ simulation\(s\) aborted",
            r"^\w+ simulation not started",
            r"^Error: no data saved for .*; analysis not run",
            r"^(?:\w+ )?simulation interrupted$",
        ),
    ),
)
# Said after a cause that mostly stands before it; decisive only where none was recognised.
NOT_LOADED = (
    r"^Error on line",
    r"^\s*Simulation interrupted due to error!",
    r"^Error: circuit not parsed",
    r"^Error: there aren't any circuits loaded",
    r"^\s*Numparam expansion errors",
    r"^ERROR: fatal error in ngspice",
    r"^ngspice stopped due to error, no simulation run",
)
# Said of a measure, too, while the simulation runs; it then fails no case.
OF_EXPRESSIONS = (r"^\s*Undefined parameter \[", r"^\s*Formula\(\) error")

# --- of measures: they are read there, and fail no case
MEASURE_FAILED = r"^\s*\.?meas(?:ure)? +\w+ +(\S+) .*failed!"
# With two blanks behind the `=`, where `print` has one.
MEASURE_OUTCOME = r"^[a-z_@]\S* *= {2}"
MEASURE_TAKEN = r"^([a-z_@][\w.#\[\]@()]*) *= +(\S+)"
OF_MEASURES = (
    MEASURE_FAILED,
    r"^\s*(?:Error: )?measure\s",
    r"^Error: syntax error for measure statement",
    r"^Error: Bad value\.",
    r"^Error: improper min/max/avg call",
    r"^Error: no such vector time, frequency or dc",
    r"^Error: measure limited to",
    r"^Error: scale vector .* has no data",  # from 44 on
    r"^Error: no real data available for measurement",  # 47
    r"^Error: meas ",
    r"^\s*no such scale vector as",
    r"^Warning: Incomplete measurement statement",
    r"^(?:Error: )?Syntax error in meas line",
    r"^Error: unrecognized analysis type '.*' for the following \.meas",
    r"^\s+\.?meas(?:ure)? ",
)
# These only where a measure fails next; commands say them, too.
PERHAPS_OF_MEASURES = (
    r"^Error: no such (?:vector|analysis type|function) as",
    r"^Error: no scale vector",
    r"^Error in netlist line no",  # 47
    r"^Error: no vectors available",
    r"^Error: no assignment found",
)

# --- what ngspice calls a warning or an error, or does otherwise than asked
WARNING = (
    ERROR,
    r"^\s*Fatal [Ee]rror\b",
    r"^\s*(?:Warning|WARNING)\b|^\s*warning[,(:]|\bWarning: singular matrix",
    r"unrecognized parameter",
    r"resistance to low",
    r"\b(?:ignored|ingnored|skipped|not yet implemented|is obsolete|unsupported)\b",
    r"\binstead\b|\busing default\b|\bSet(?:ting)? (?:it )?to\b.*\bdefault\b",
    r"^OSDI\(\w+\) ",
    r"^Instance: .* Message: \s*\S",
    r"^\w*-ERROR\b",
)
# --- but these harm nobody, each for its reason
HARMLESS: tuple[tuple[str, str], ...] = (
    (r"^Note: ", "it tells how ngspice goes about it"),
    (r"\bgmin step", "a step on the way to the operating point; a failure is said elsewhere"),
    (r"\bgmin increment", "as the steps"),
    (r"\bgmin stepping (?:failed|completed)", "another way to the operating point follows"),
    (r"\bsource step(?:ping)?\b", "another way to the operating point follows"),
    (r"out of range for \w+", "of one iteration on the way to a solution"),
    (r"^Error: Transient op failed", "what follows from it is told"),
    (r"operating point could not be simulated succ", "what follows from it is told (from 44 on)"),
    (r"^\s*Any of the following steps may fail", "what follows from it is told (from 44 on)"),
    (r"Finding the operating point for transient", "what follows from it is told (47)"),
    (r"operating point failed -", "what follows from it is told"),
    (r"no writable vector found", "what is missing is told (from 44 on)"),
    (r"'plot' is not available during batch|You may use Gnuplot instead", "there is no screen"),
    (r"^Warning: non-convergence, node", "of one iteration on the way to a solution"),
    (r"has no value, DC 0 assumed", "what is asked for: a source without a DC value has none"),
    (r"simulation skipped by 'uic'", "the netlist asks for it"),
    (r"no DC value, transient time 0 value used", "the operating point at the beginning"),
    (r"no graphics interface|not defined for display type", "there is no screen"),
    (r"initialize display device", "there is no screen"),
    (r"^Can't open viewport", "there is no screen"),
    (r"\.\.\. plot of |hardcopy cannot be executed", "there is no screen"),
    (
        r"^sh: 0: (?:gnuplot|xterm|gv|evince|okular|xdg-open|display|feh|eog|firefox|\w*view\w*): ",
        "there is no screen",
    ),
    (r"not monotonic", "of a plot on a screen"),
    (r"x axis seems to have one data point", "of a plot on a screen"),
    (r"No compatibility mode", "said at each start"),
    (r"Interpolated raw file data", "the netlist asks for it (.options interp)"),
    (r"Cannot use .* as seed!|Command 'setseed", "told elsewhere: the case's seed takes its place"),
    (r"^Warning: Missing \.end card", "it is the end all the same"),
    (r"print line ignored since rawfile", "the raw file has it"),
    (r"No \.measure possible in batch mode", "measures are taken in another way"),
)

# --- lines that go on with the line above
GOES_ON = (
    r"^\s*Set to default",
    r"^\s*Using level 0",
    r"^\s*[Cc]ommand '.*' (?:is )?(?:ignored|skipped)",
    r"^\s*\.probe .* will be ignored",
    r"^\s*This (?:may|will) cause subsequent errors",
    r"^\s*Option autostop is not available",
    r"^\s*in term: ",
    r"^\s*perhaps you want to 'set interactive'",
    r"^\s*type given was ",
    r"^\s*replaced with ",
    r"^\s*Check your input line '",
    r"^\s*Use 'option sparse' instead",
    r"^\s*(?:in )?line no\.? 0[, ]",
    r"^\s*from file\b",
    r"^\s*Not enough parameters",
    r"^\s*compilation with preprocessor flag",
    r"^: \S+: cannot open shared object",
    r"^\s*input file ",
    r"^\s*line 0 at token",
)

# --- lines that say what another is about
CONTEXT = (r"^Error on line", r"^Netlist line no", r"^Error in netlist line no", MODEL_ISSUE)
# --- of commands
# What the shell-like parser refuses, whatever the command.
REDIRECTION = (
    r"^Error: (?:ambiguous \w+ redirect|missing name for|`<<' redirection|\S+: file exists)"
)
UNKNOWN_VARIABLE = r"^Error: (\S+): no such variable"
