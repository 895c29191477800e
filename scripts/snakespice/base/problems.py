"""Problems found in what the user wrote, gathered so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One mistake: the file and key it stands in, what is wrong, and what to do."""

    file: Path | None
    key: str
    wrong: str
    remedy: str = ""

    def __str__(self) -> str:
        place = ": ".join(str(part) for part in (self.file, self.key) if part)
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{place}: {self.wrong}{remedy}" if place else f"{self.wrong}{remedy}"


class ConfigError(Exception):
    """The configuration is refused; the message lists every problem on a line of its own."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{count} in the configuration; nothing was run.\n{lines}")


@dataclass
class Problems:
    """Collects problems; `raise_if_any` turns them into one ConfigError.

    `notes` are what may be meant, and is told without refusing anything.
    """

    found: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def add(self, file: Path | None, key: str, wrong: str, remedy: str = "") -> None:
        """Note one problem."""
        self.found.append(Problem(file, key, wrong, remedy))

    def __bool__(self) -> bool:
        return bool(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def raise_if_any(self) -> None:
        """Raise ConfigError with all problems found so far; do nothing when there are none."""
        if self.found:
            raise ConfigError(self.found)


def shown(path: Path) -> Path:
    """Return a path as messages name it: relative to the working directory where it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def nearest(name: str, known: list[str]) -> str:
    """Return `did you mean "x"?` for the known name closest to `name`, or what is allowed."""
    if close := get_close_matches(name, known, n=1, cutoff=0.6):
        return f'did you mean "{close[0]}"?'
    return f"known here: {', '.join(known)}" if known else ""
