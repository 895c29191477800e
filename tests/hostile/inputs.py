"""What is thrown at the readers: sound inputs, and what becomes of them by accident or malice."""

from __future__ import annotations

import json
import math
import string
import struct
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

NASTY = [
    *("", " ", "\n", "\r\n", "\0", "\t", "'", '"', "`", "$", "{{", "}}", "{%", "..", "/", "\\"),
    *("=", "-", "+", ":", ",", ";", "#", "*", "&", "!", "|", ">", "@", "%", "~", "?", "[", "]"),
    *("é", "\u2028", "\u202e", "\ufeff", "\U0001f4a9", "\ud800", "NaN", "nan", "inf", "-inf"),
    *("1e999", "-1", "0", "1k", "null", "true", "on", "010", "1_000", "0x10", "9" * 5000),
    *("!!python/object/apply:os.system [echo]", "&a [*a]", "<<: 1", "../../x", "/etc/passwd"),
    *("A" * 3000, "(" * 300, "[" * 300, "{" * 300, "=cmd|' /C calc'!A0", "1970-01-01"),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(NASTY)
)
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(NASTY), below, max_size=4)
    ),
    max_leaves=8,
)

HUB = {
    "results": "results",
    "dut": {"netlist": "dut.spice"},
    "testbenches": {
        "tb": {
            "template": "tb.spice.j2",
            "parameters": {"R": "1k", "C": "1n", "temp": 27},
            "filename_raw": "results.raw",
            "measures": ["gain"],
        },
        "other": "other.yaml",
    },
    "sweeps": {
        "values": {
            "testbench": "tb",
            "parameters": {
                "R": [100, "1k", 1e4],
                "C": {"type": "logspace", "start": "100p", "stop": "10n", "num": 5},
                "temp": {"type": "step", "start": -40, "stop": 125, "step": 55},
            },
            "exclude": [{"R": "1k", "temp": 15}],
            "seed": 1,
        },
        "table": {"testbench": "tb", "cases": "cases.csv", "zip": []},
        "zipped": {
            "testbench": "tb",
            "parameters": {"R": [1, 2], "C": [3, 4]},
            "zip": [["R", "C"]],
        },
    },
    "simulator": {
        "engine": "auto",
        "timeout": 60,
        "mem_mb": 1000,
        "max_output_mb": 100,
        "threads": 1,
        "spiceinit": None,
        "sandbox": "none",
        "require": {"free_mem_mb": 1, "wait": 5},
    },
    "execution": {"cases_per_job": "auto"},
    "gate": {"max_failed_fraction": 0.5},
}
TABLE = "R,C\n1k,1n\n2k,2n\n3k,3n\n"
LOG = """
Note: No compatibility mode selected!

Circuit: a title

Doing analysis at TEMP = 27.000000 and TNOM = 27.000000
Warning: singular matrix:  check node x
No. of Data Rows : 212

  Measurements for Transient Analysis

vmax                =  9.976881e-01 at=  2.558206e-05
delay               =  8.835575e-07 targ=  1.716892e-06 trig=  8.333343e-07
Error: measure  t1  when(WHEN) : out of interval
 .meas tran t1 when v(out)=5 failed!
a_very_long_name_of_a_measure=  1.0e+00
Error on line 3 :
could not find a valid modelname
doAnalyses: TRAN:  Timestep too small; time = 1.0005e-06, timestep = 1.25e-20: trouble with node "x"
run simulation(s) aborted
snakespice: finished
"""
NETLIST = """a title
V1 in 0 sin(0 1 1meg)
.include "r.inc"
.lib 'models.lib' tt
.param r=1k
+ c=1n
R1 in out {r}
.options reltol=1e-4 seed=7
.save v(out)
.tran 1u 1m
.meas tran vmax max v(out)
.control
run
meas tran vmin min v(out)
write out.raw
if 1
quit
end
.endc
.end
"""
TEMPLATE = """title {{ case_id }}
{% for n in range(3) %}
R{{ n }} a b {{ R * 2 }}
{% endfor %}
{% if temp > 20 %}.temp {{ temp }}{% else %}.temp {{ parameters.temp|float }}{% endif %}
.include {{ dut }}
.end
"""


def damaged(sound: str, pieces: list[str] | None = None) -> st.SearchStrategy[str]:
    """Return texts that begin as `sound` and suffer up to eight cuts, doublings and insertions."""
    junk = st.sampled_from(NASTY + (pieces or [])) | st.text(max_size=12)
    places = st.integers(0, len(sound))
    blow = st.tuples(st.sampled_from(["cut", "double", "insert", "replace", "end"]), places, junk)

    def strike(blows: list[tuple[str, int, str]]) -> str:
        text = sound
        for kind, place, piece in blows:
            place = min(place, len(text))
            end = min(len(text), place + len(piece) + 3)
            if kind == "cut":
                text = text[:place] + text[end:]
            elif kind == "double":
                text = text[:end] + text[place:]
            elif kind == "insert":
                text = text[:place] + piece + text[place:]
            elif kind == "replace":
                text = text[:place] + piece + text[end:]
            else:
                text = text[:place]
        return text

    return st.lists(blow, max_size=8).map(strike)


def damaged_bytes(sound: str, pieces: list[str] | None = None) -> st.SearchStrategy[bytes]:
    """Return the same as bytes, now and then such that are no text."""
    whole = damaged(sound, pieces).map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.one_of(whole, whole, whole, st.binary(max_size=200), whole.map(lambda b: b + b"\xff"))


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Return the sound hub with up to three of its parts replaced, removed, renamed or added."""
    hub: dict[str, Any] = json.loads(json.dumps(HUB))
    for _ in range(draw(st.integers(0, 3))):
        tree: Any = hub
        path = draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
        for step in path[:-1]:
            keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
            key = keys[step % len(keys)] if keys else None
            if key is None or not isinstance(tree[key], (dict, list)):
                break
            tree = tree[key]
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            continue
        key = keys[path[-1] % len(keys)]
        kind = draw(st.sampled_from(["replace", "replace", "remove", "rename", "add"]))
        if kind == "replace":
            tree[key] = draw(TREES)
        elif kind == "remove":
            del tree[key]
        elif isinstance(tree, list):
            tree.append(draw(TREES))
        else:
            name = draw(st.sampled_from(NASTY + [str(k)[:-1] for k in keys]) | st.text(max_size=6))
            tree[name] = tree.pop(key) if kind == "rename" else draw(TREES)
    return hub


def as_yaml(tree: Any) -> str:
    """Return a tree as YAML, as far as there is YAML for it."""
    text: str = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    return text


@dataclass(frozen=True)
class Block:
    """One plot of a raw file."""

    name: str
    variables: list[str]
    is_complex: bool
    is_binary: bool
    values: list[list[float]]  # by point

    def encoded(self) -> bytes:
        """Return it as ngspice writes it."""
        flags = "complex" if self.is_complex else "real"
        head = f"Title: t\nDate: now\nPlotname: {self.name}\nFlags: {flags}\n"
        head += f"No. Variables: {len(self.variables)}\nNo. Points: {len(self.values):<8}\n"
        head += "Variables:\n"
        head += "".join(f"\t{n}\t{name}\tvoltage\n" for n, name in enumerate(self.variables))
        if self.is_binary:
            flat = [value for point in self.values for value in point]
            return head.encode() + b"Binary:\n" + struct.pack(f"<{len(flat)}d", *flat)
        lines = []
        for number, point in enumerate(self.values):
            parts = 2 if self.is_complex else 1
            for k in range(0, len(point), parts):
                start = f" {number}" if k == 0 else ""
                lines.append(f"{start}\t{','.join(repr(v) for v in point[k : k + parts])}\n")
        return f"{head}Values:\n{''.join(lines)}\n".encode()

    @property
    def nonfinite(self) -> tuple[str, ...]:
        """The variables that are NaN or inf somewhere, in their order."""
        parts = 2 if self.is_complex else 1
        return tuple(
            name
            for index, name in enumerate(self.variables)
            if not all(
                math.isfinite(value)
                for point in self.values
                for value in point[index * parts : (index + 1) * parts]
            )
        )


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Return any sound plot."""
    width = draw(st.integers(1, 4))
    is_complex = draw(st.booleans())
    numbers = st.floats(width=64) if draw(st.booleans()) else st.floats(-1e3, 1e3)
    point = st.lists(numbers, min_size=width * (1 + is_complex), max_size=width * (1 + is_complex))
    names = st.text(string.ascii_letters + "()#_.", min_size=1, max_size=8)
    return Block(
        name=draw(st.sampled_from(["Transient Analysis", "AC Analysis", "constants"])),
        variables=draw(st.lists(names, min_size=width, max_size=width)),
        is_complex=is_complex,
        is_binary=draw(st.booleans()),
        values=draw(st.lists(point, min_size=1, max_size=5)),
    )


RAW_FILES = st.lists(blocks(), min_size=1, max_size=3)


@st.composite
def damaged_raw_files(draw: st.DrawFn) -> bytes:
    """Return a raw file with bytes changed, cut out or put in, or with another header."""
    data = bytearray(b"".join(block.encoded() for block in draw(RAW_FILES)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["change", "cut", "insert", "end", "number"]))
        if kind == "change" and place < len(data):
            data[place] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[place : place + draw(st.integers(1, 40))]
        elif kind == "insert":
            data[place:place] = draw(st.binary(max_size=20) | st.sampled_from(_HEADERS))
        elif kind == "end":
            del data[place:]
        else:
            number = draw(st.sampled_from([b"0", b"-1", b"99999999999999", b"1e3", b"9" * 5000]))
            key = draw(st.sampled_from([b"No. Points: ", b"No. Variables: "]))
            at = data.find(key)
            if at >= 0:
                data[at + len(key) : data.find(b"\n", at)] = number
    return bytes(data)


_HEADERS = [b"Binary:\n", b"Values:\n", b"Variables:\n", b"Flags: complex\n", b"\n\n\n", b"\0" * 64]
