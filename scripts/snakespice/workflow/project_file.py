"""Which configuration is read where the command line names none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

OWN = Path("config", "config.yaml")


class NothingToSimulate(Exception):
    """No configuration says what to simulate; the message says where it was looked for."""


def project_file(home: Path, named: Sequence[Path]) -> Path:
    """Return the configuration of the working directory, as the files `named` hold no sweeps.

    The one that comes with the workflow, in `home`, is for who tries it there. Raises
    NothingToSimulate.
    """
    here = Path.cwd()
    if not named and (OWN.exists() or here.resolve() == home.resolve()):
        return OWN
    said = " and ".join(map(str, named))
    lacking = f"{said} has no `sweeps`" if named else f"there is no {here / OWN}"
    beside = [name for name in ("config.yaml", "hub.yaml") if Path(name).is_file()]
    advice = f" Here is a {beside[0]}: --configfile {beside[0]}?" if beside and not named else ""
    raise NothingToSimulate(
        f"Nothing says what to simulate: {lacking}. The configuration with `testbenches` and"
        " `sweeps` is config/config.yaml in the working directory, or what --configfile names."
        f"{advice} (The default project runs in {home} alone.)"
    )
