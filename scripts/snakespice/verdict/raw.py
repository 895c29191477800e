"""Raw files: read what the header promises and check that the data are all there and finite.

Format: the ngspice manual, chapter "Rawfile"; ngspice 39 writes one block a plot, each a text
header followed by `Binary:` (float64, little endian; complex plots 16 bytes a value) or `Values:`.
"""

from __future__ import annotations

import math
import os
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from snakespice.base.plainfile import StrPath, open_regular

CHUNK_VALUES = 1 << 17
HEADER_LIMIT = 1 << 20
LINE_LIMIT = 1 << 12
# Of a float64: it holds the sign and seven bits of the exponent.
_FIRST_BYTE = 7 if sys.byteorder == "little" else 0
HUGE = 1e30
# Those of numbers below 2**97, which is a sixth of that.
_ORDINARY = bytes(sign | exponent for sign in (0, 0x80) for exponent in range(0x46))


class RawError(Exception):
    """The file is not a whole raw file; the message says where it breaks off."""


@dataclass(frozen=True)
class Plot:
    """One block of a raw file.

    `nonfinite` names the variables that hold NaN or inf, in order; `huge` says of the
    first number of 1e30 or more which it is and where; `is_silent` is true of an AC analysis that
    is zero throughout.
    """

    name: str
    variables: tuple[str, ...]
    points: int
    is_complex: bool
    nonfinite: tuple[str, ...]
    huge: str | None
    is_silent: bool


@dataclass(frozen=True)
class Block:
    """One plot as it stands in a file; `values` are those of whole points, real and imaginary."""

    name: str
    variables: tuple[str, ...]
    points: int
    is_complex: bool
    is_binary: bool
    values: Iterator[array[float]]

    @property
    def width(self) -> int:
        """The number of values of a point."""
        return len(self.variables) * (2 if self.is_complex else 1)


def check_raw(path: StrPath) -> list[Plot]:
    """Read every block of the raw file at `path` and return what it holds.

    Raises RawError when the file is missing, empty, cut short, or not a raw file.
    """
    return [_checked(block) for block in read_raw(path)]


def read_raw(path: StrPath) -> Iterator[Block]:
    """Yield every block of the raw file at `path`; its values have to be read before the next.

    Raises RawError when the file is missing, empty, cut short, or not a raw file.
    """
    name = os.path.basename(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if not size:
                raise RawError(f"{name} is empty")
            start = 0
            while start < size:
                yield read_block(file, size, start)
                start = file.tell()
    except OSError as fault:
        raise RawError(f"{name}: {fault.strerror}") from fault


def _checked(block: Block) -> Plot:
    nonfinite: set[int] = set()
    huge = None
    is_silent = block.name.startswith("AC Analysis")
    parts = 2 if block.is_complex else 1
    for values in block.values:
        if values.tobytes()[_FIRST_BYTE::8].translate(None, _ORDINARY):
            nonfinite |= _nonfinite(block, values)
            huge = huge or _first_huge(block, values)
        # The scale comes first and is never zero.
        is_silent = is_silent and not any(
            any(values[k :: block.width]) for k in range(parts, block.width)
        )
    bad = tuple(block.variables[column] for column in sorted(nonfinite))
    return Plot(block.name, block.variables, block.points, block.is_complex, bad, huge, is_silent)


def _nonfinite(block: Block, values: array[float]) -> set[int]:
    """Return which variables hold NaN or inf."""
    parts = 2 if block.is_complex else 1
    bad = (index for index, value in enumerate(values) if not math.isfinite(value))
    return {index % block.width // parts for index in bad}


def _first_huge(block: Block, values: array[float]) -> str | None:
    large = (index for index, value in enumerate(values) if HUGE <= abs(value) < math.inf)
    if (first := next(large, None)) is None:
        return None
    name, scale = _variable(block, first), block.variables[0]
    place = values[first - first % block.width]
    at = f" at {scale} = {place:g}" if block.points > 1 and name != scale else ""
    return f'{name} is {values[first]:g}{at} in plot "{block.name}"'


def _variable(block: Block, index: int) -> str:
    return block.variables[index % block.width // (2 if block.is_complex else 1)]


def read_block(file: IO[bytes], size: int, start: int) -> Block:
    """Read the header at `start` of a file of `size` bytes; leave the file where the values begin.

    Raises RawError when it is none.
    """
    header, variables, binary = _read_header(file, start)
    try:
        width, points = int(header["no. variables"]), int(header["no. points"])
        is_complex = "complex" in header["flags"].split()
    except (KeyError, ValueError) as fault:
        raise RawError(f"the header at byte {start} is damaged ({fault})") from fault
    name = header.get("plotname", "")
    if width < 1 or points < 0 or len(variables) != width:
        raise RawError(f'plot "{name}": {len(variables)} variables are named, {width} announced')
    if points == 0:
        raise RawError(f'plot "{name}" has no points: it was never finished')
    parts = 2 if is_complex else 1
    values = (
        _binary(file, size, name, points, width * parts)
        if binary
        else _ascii(file, name, points, width, parts)
    )
    return Block(name, tuple(variables), points, is_complex, binary, values)


def _read_header(file: IO[bytes], start: int) -> tuple[dict[str, str], list[str], bool]:
    """Return the header's fields by lower-case key, the variables, and whether it is binary."""
    header: dict[str, str] = {}
    variables: list[str] = []
    in_variables = False
    length = 0
    while line := file.readline(HEADER_LIMIT):
        length += len(line)
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text in ("Binary:", "Values:"):
            return header, variables, text == "Binary:"
        if in_variables and text[:1].isspace():
            fields = text.split()
            variables.append(fields[1] if len(fields) > 1 else "")
            continue
        key, colon, value = text.partition(":")
        if text and not colon:
            break
        in_variables = key.lower() == "variables"
        header[key.strip().lower()] = value.strip()
        if length > HEADER_LIMIT:
            break
    raise RawError(f"at byte {start} stands no complete header")


def _binary(
    file: IO[bytes], size: int, name: str, points: int, values_per_point: int
) -> Iterator[array[float]]:
    """Yield the values of `points` points, several whole points at a time."""
    bytes_per_point = values_per_point * 8
    there = size - file.tell()
    if there < points * bytes_per_point:
        raise RawError(
            f'plot "{name}" is cut short: {there} of {points * bytes_per_point} bytes are there'
        )
    step = max(1, CHUNK_VALUES // values_per_point)
    for start in range(0, points, step):
        values = array("d")
        values.frombytes(file.read(min(step, points - start) * bytes_per_point))
        if sys.byteorder == "big":
            values.byteswap()
        yield values


def _ascii(
    file: IO[bytes], name: str, points: int, width: int, parts: int
) -> Iterator[array[float]]:
    """Yield the values of `points` points, one point at a time."""
    for point in range(points):
        values = array("d")
        while len(values) < width * parts:
            if not (line := file.readline(LINE_LIMIT)).endswith(b"\n"):
                raise RawError(f'plot "{name}" is cut short after {point} of {points} points')
            if not (fields := line.split()):
                continue
            try:
                numbers = [float(number) for number in fields[-1].split(b",")]
            except ValueError as fault:
                raise RawError(f'plot "{name}", point {point}: {fault}') from fault
            if len(numbers) != parts:
                raise RawError(f'plot "{name}", point {point}: {len(numbers)} numbers, not {parts}')
            values.extend(numbers)
        yield values
    _skip_blank_lines(file)


def _skip_blank_lines(file: IO[bytes]) -> None:
    """Leave the file at the next header, as the blank lines behind ASCII values belong to none."""
    while True:
        position = file.tell()
        line = file.readline()
        if not line or line.strip():
            file.seek(position)
            return
