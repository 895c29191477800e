"""A workflow that has this one as a module, in a directory of its own, with the real Snakemake."""

from __future__ import annotations

import sys
from pathlib import Path

from project import HUB, REPOSITORY, Project

MODULE = f"""
module {{name}}:
    snakefile: "{REPOSITORY / "Snakefile"}"
    config: {{config}}

use rule * from {{name}} as {{name}}_*
"""
ALL = """
rule all:
    input: {inputs}
"""


class Host(Project):
    """The host workflow: `config/config.yaml` holds the hub as section `spice`."""

    def __init__(self, directory: Path) -> None:
        """Write the host, with the files that the hub names beside its configuration."""
        super().__init__(directory)
        for name in ("config.yaml", "rc.spice.j2", "c.spice"):
            (directory / name).rename(self.write(f"config/{name}", ""))
        self.write("config/config.yaml", f"spice:{HUB.replace(chr(10), chr(10) + '  ')}\n")
        self.snakefile(["results/rc/measures.csv"])

    def snakefile(
        self, inputs: list[str], extra: str = "", spice: str = 'config["spice"]', **modules: str
    ) -> None:
        """Write the Snakefile: its target, and the modules by name with their configuration."""
        modules = {"spice": spice, **modules}
        text = 'configfile: "config/config.yaml"\n' + ALL.format(inputs=inputs)
        for name, config in modules.items():
            text += MODULE.format(name=name, config=config)
        self.write("Snakefile", text + extra)

    def add(self, settings: str) -> None:
        """Add settings to the hub, each on a line of its own."""
        lines = f"results: results\n{settings}".replace("\n", "\n  ")
        self.edit("config/config.yaml", "results: results", lines)

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Return the command line of a run, as one types it."""
        return [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments]
