"""Without code models ngspice gives the same, byte for byte; where it needs one it gets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sameness import without_dates
from single import case_of, one_runner

from snakespice.base.layout import LOG
from snakespice.engines import code_models
from snakespice.engines.cold import ColdEngine
from snakespice.engines.ngspice import find_ngspice
from snakespice.engines.settings import EngineSettings
from snakespice.netlist.netlist import ResolvedNetlist
from snakespice.netlist.rewrite import finalise
from snakespice.processes.limits import Limits

RAW = "case_1_results.raw"
NETLISTS = Path(__file__).resolve().parent.parent / "netlists"
DEVICES = """every device of a circuit that has no code model
V1 in 0 dc 1 ac 1 sin(0 1 10k)
R1 in a 1k tc1=1m
C1 a 0 1n ic=0
L1 a b 1m
L2 c 0 1m
K1 L1 L2 0.5
R2 b 0 1k
R3 c 0 1k
D1 a d dd
Q1 e a f qq
M1 g a 0 0 mm w=2u l=1u
J1 e a 0 jj
S1 a h c 0 ss
W1 h 0 V1 ww
B1 i 0 v={pwl(v(a),0,0,1,2)*v(b)}
E1 j 0 a b 2
G1 0 j a b 1m
F1 0 j V1 2
H1 k 0 V1 2
T1 j 0 l 0 z0=50 td=1n
R4 d 0 1k
R5 e in 10k
R6 f 0 1k
R7 g in 10k
R8 h 0 1k
R9 k 0 1k
R10 l 0 50
X1 a m sub r=2k
R11 m 0 1k
.subckt sub p n r=1k
R1 p n {r}
.ends
.model dd d(is=1e-14)
.model qq npn(bf=100)
.model mm nmos(level=1 vto=0.5)
.model jj njf
.model ss sw(vt=0.1)
.model ww csw(it=1u)
.tran 1u 300u
.ac dec 5 1 1meg
.meas tran vmax max v(a)
.end
"""
DECKS = {
    "devices": DEVICES,
    **{
        path.stem: path.read_text()
        for path in sorted(NETLISTS.glob("0[0-3]*.spice"))
        if not re.search(r"^\s*\.(?:control|inc|lib)", path.read_text(), re.M | re.I)
    },
}


def simulate(
    place: Path, deck: str, lean_start: Path | None
) -> tuple[int | None, bytes, list[str]]:
    """Return the exit code, the waveforms and the log's lines without those of its own."""
    place.mkdir()
    text, _ = finalise(deck, directory=place, case_dir=place, near=place, seed=17)
    settings = EngineSettings(find_ngspice(), Limits(20, 1000), 1, "", lean_start=lean_start)
    with one_runner() as runner:
        ended = ColdEngine(settings).simulate(runner, case_of(place, text, result_file=RAW))
    raw = (place / RAW).read_bytes() if (place / RAW).exists() else b""
    return ended.exit_code, without_dates(raw), (place / LOG).read_text().splitlines()


@pytest.fixture
def lean() -> Path:
    start = code_models.lean_start(find_ngspice().path)
    if start is None:
        pytest.skip("the start-up file of this ngspice is not one that is known")
    return start


@pytest.mark.parametrize("name", DECKS)
def test_the_same_without_code_models(tmp_path: Path, lean: Path, name: str) -> None:
    full = simulate(tmp_path / "full", DECKS[name], None)
    assert simulate(tmp_path / "lean", DECKS[name], lean) == full


def test_some_of_these_decks_complete(tmp_path: Path, lean: Path) -> None:
    code, raw, log = simulate(tmp_path / "devices", DEVICES, lean)
    assert code == 0 and raw.count(b"Plotname:") == 2
    assert any(line.startswith("vmax") for line in log)


@pytest.mark.parametrize("source", ["E1 2 0 POLY(1) 1 0 0 2", "E1 2 0\n+ POLY(1) 1 0 0 2"])
def test_a_netlist_that_needs_a_code_model_gets_it(tmp_path: Path, lean: Path, source: str) -> None:
    deck = f"t\nV1 1 0 1\n{source}\nR1 2 0 1k\n.op\n.end\n"
    # Over two lines it does not look like one, and ngspice is the one to say so.
    assert ResolvedNetlist(deck, tmp_path).facts.has_code_models is ("\n" not in source)
    code, raw, _ = simulate(tmp_path / "lean", deck, lean)
    assert code == 0 and raw
    assert (code, raw) == simulate(tmp_path / "full", deck, None)[:2]


@pytest.mark.parametrize(
    ("line", "is_known"),
    [
        ("codemodel /usr/lib/ngspice/own.cm", True),
        ("* a comment", True),
        ("set ngbehavior=ltps", False),
        ("source /etc/ngspice/site", False),
    ],
)
def test_a_start_up_file_that_does_more_is_left_alone(
    tmp_path: Path, lean: Path, monkeypatch: pytest.MonkeyPatch, line: str, is_known: bool
) -> None:
    spinit = tmp_path / "share/ngspice/scripts/spinit"
    spinit.parent.mkdir(parents=True)
    spinit.write_text(f"{(lean / 'spinit').read_text()}{line}\n")
    program = tmp_path / "bin/ngspice"
    program.parent.mkdir()
    program.touch()
    assert code_models.lean_start(str(program)) == (lean if is_known else None)
    monkeypatch.setenv(code_models.VARIABLE, str(tmp_path))
    assert code_models.lean_start(str(program)) is None
