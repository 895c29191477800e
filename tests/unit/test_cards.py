"""How the text of a netlist is cut into cards and commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from snakespice.netlist.analyses import in_order, listed
from snakespice.netlist.cards import commands_of, one_line, split_cards
from snakespice.netlist.control import directories_written_to, has_open_block
from snakespice.netlist.instrument import instrumented
from snakespice.netlist.marks import SAID, SAYS, SECTION
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.seeds import effective_seed
from snakespice.netlist.sourcepath import source_path

TEXT = """R1 1 0 1k
* a comment

+ tc1=1m
C1 1 0 1n ; its comment
# another
$ and one more
L1 1 0 1u"""


def test_cards_are_whole_and_nothing_is_lost() -> None:
    cards = split_cards(TEXT)
    assert "".join(cards) == TEXT
    assert [" ".join(one_line(card).split()) for card in cards] == [
        "R1 1 0 1k tc1=1m",
        "C1 1 0 1n",
        "L1 1 0 1u",
    ]


@pytest.mark.parametrize("text", ["", "\n", "+ 1\n", "\n\n* x", "a\n+", "a\r\n+ b\r\n", "* x\n+ y"])
def test_nothing_is_lost_of_odd_texts(text: str) -> None:
    assert "".join(split_cards(text)) == text


def test_commands() -> None:
    body = "\n* no\ntran 1n\n+ 1u ; that is all\necho $&v $ no more\nset x = $y\n"
    assert list(commands_of(body)) == ["tran 1n 1u", "echo $&v", "set x = $y"]


@pytest.mark.parametrize(
    ("written", "seed"),
    [
        ("5", "5"),
        ("+5", "5"),
        ("2147483647", "2147483647"),
        ("1k", "1"),
        ("0", None),
        ("-3", None),
        ("2147483648", None),
        ("9" * 30, None),
        ("0x1f", None),
        ("random", None),
        ("{s}", None),
    ],
)
def test_what_is_a_seed_to_ngspice(written: str, seed: str | None) -> None:
    assert effective_seed(written) == seed


def test_order_of_analyses() -> None:
    cards = ["sens v(out)", "noise v(out) v1 dec 1 1 1k", "ac dec 1 1 1k", "TRAN 1n 1u", "op"]
    assert [card.split()[0].lower() for card in in_order(cards)] == [
        "op",
        "tran",
        "noise",
        "ac",
        "sens",
    ]


def test_the_branches_that_are_taken_are_listed() -> None:
    listing = "  1 : t\n  2 : .tran 1n 1u\n  3 : * .dc v1 0 1 1\n  4 : .op\n"
    assert listed(listing, ()) == ("op", "tran 1n 1u")
    assert listed(listing, ["op", "dc"]) == ("run",)


@pytest.mark.parametrize(
    ("commands", "directories"),
    [
        (["wrdata data/x.csv v(out)"], {"data"}),
        (["echo x > log/a/b", "print v(1) >> other/c"], {"log/a", "other"}),
        (["cd sub", 'write "raw/x.raw"'], {"sub", "raw"}),
        (["write /tmp/x", "write ../x", "write ~/x", "write $d/x", "write x.raw"], set()),
    ],
)
def test_directories_that_are_made(commands: list[str], directories: set[str]) -> None:
    assert directories_written_to(commands) == directories


@pytest.mark.parametrize(
    ("commands", "is_open"),
    [
        (["if 1", "end"], False),
        (["if 1", "endif"], False),
        (["foreach x 1 2", "if $x", "endif", "endforeach"], False),
        (["while 1", "op"], True),
    ],
)
def test_open_blocks(commands: list[str], is_open: bool) -> None:
    assert has_open_block(commands) is is_open


def test_the_lines_of_the_circuit_keep_their_numbers(tmp_path: Path) -> None:
    text = "t\n.control\nop\necho hello\n.endc\nV1 1 0 1\nR1 1 0 1k\n.end\n"
    facts = ResolvedNetlist(text, tmp_path).facts
    run = instrumented(text, tmp_path, facts, "r.raw", [])
    assert run is not None
    assert run.splitlines()[5:7] == ["V1 1 0 1", "R1 1 0 1k"]
    commands = run.splitlines()[run.splitlines().index(".control") :]
    assert commands == [
        ".control",
        f"echo {SECTION}",
        "echo snakespice: card op",
        "op",
        f"echo {SAYS}",
        "echo hello",
        f"echo {SAID}",
        ".endc",
        ".end",
    ]


def test_a_section_without_an_end_is_run_as_it_stands(tmp_path: Path) -> None:
    text = "t\nV1 1 0 1\n.control\nop\n"
    facts = ResolvedNetlist(text, tmp_path).facts
    assert instrumented(text, tmp_path, facts, "r.raw", []) is None


def test_directories_of_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PDK", "/pdk")
    monkeypatch.delenv("NOWHERE", raising=False)
    commands = "set ngbehavior=hsa\nsetcs sourcepath = ( $sourcepath $PDK/libs $NOWHERE/x own )\n"
    assert source_path(commands) == ("/pdk/libs",)
    assert source_path("set ngbehavior=hsa") == ()
